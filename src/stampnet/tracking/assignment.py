"""Groups of tracks and people that concern each other to pairs, as trackpy's linker wants them."""

from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.optimize import linear_sum_assignment


def least_squares(
    sources: set[Any],
    targets: set[Any],
    search_range: float,
    *,
    weight: Float64[np.ndarray, " L"] | None = None,
    more: Float64[np.ndarray, "L K"] | None = None,
    **_: object,
) -> tuple[list[Any], list[Any]]:
    """trackpy's `link_strategy`: pairs of one group; None where a track has no person, or a person no track.

    A track without a person costs as much as one at the end of the range, as in trackpy, times the weight of the track
    if there are weights; `more` is what a pair costs beside its squared distance. Both are in the order that the linker
    was given tracks and people, one after the other. trackpy's own search is exponential in the size of the group, and
    of equal costs it takes what is first in memory.
    """
    tracks, people = (sorted(points, key=lambda point: point.uuid) for points in (sources, targets))
    if not tracks:
        return [None] * len(people), people
    if len(tracks) == len(people) == 1:
        return tracks, people
    place = {person: column for column, person in enumerate(people)}
    cost = np.full((len(tracks), len(people) + len(tracks)), np.inf)
    cost[np.arange(len(tracks)), len(people) + np.arange(len(tracks))] = search_range**2 * (
        1.0 if weight is None else weight[[track.uuid for track in tracks]]
    )
    for row, track in enumerate(tracks):
        for person, distance in track.forward_cands:
            extra = 0.0 if more is None else more[track.uuid, person.uuid - len(more)]
            cost[row, place[person]] = distance**2 + extra
    rows, columns = linear_sum_assignment(cost)
    pairs = [
        (tracks[row], people[column] if column < len(people) else None)
        for row, column in zip(rows, columns, strict=True)
    ]
    taken = {column for column in columns.tolist() if column < len(people)}
    pairs += [(None, person) for column, person in enumerate(people) if column not in taken]
    return [track for track, _ in pairs], [person for _, person in pairs]
