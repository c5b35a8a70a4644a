"""True and found heads to scores: how many are found and how well they lie, and whether tracks keep to one person."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, Int64
from scipy.optimize import linear_sum_assignment

from stampnet.errors import InputError
from stampnet.tracking.truth_file import Heads

GATE_M = 0.35
"""A head that is found further from the true one is another."""


class DetectionScores(NamedTuple):
    """How well heads are found. Distances are on the ground; NaN where nothing was matched."""

    recall: float
    precision: float
    false_per_person: float
    """Unmatched finds, as a part of the true heads."""
    rmse_m: float
    median_m: float
    within_95_m: float
    """The distance that 95 % of the matched heads keep."""
    outward_m: float
    """Mean error away from the centre: perspective shifts bodies inwards."""
    count_error: float
    """Mean absolute error of the number of people in a frame."""


class TrackScores(NamedTuple):
    """How well people are followed, by motmetrics."""

    motp_m: float
    """Mean distance of matched pairs in metres: lower is better."""
    mota: float
    switches_per_100_tracks: float
    """Changes of the number that a person goes by, for each hundred true people."""
    fragmentations: int
    idf1: float
    mostly_tracked: float
    """Share of the true people that are followed for 80 % of their way."""


class Matched(NamedTuple):
    """Rows of true heads and of found ones that belong together."""

    true_row: Int64[np.ndarray, " S"]
    found_row: Int64[np.ndarray, " S"]
    distance_m: Float64[np.ndarray, " S"]


def match_heads(true: Heads, found: Heads, gate_m: float = GATE_M) -> Matched:
    """In each frame, as many pairs within the gate as can be, of the least sum of distances (Hungarian)."""
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for _, rows, others in _by_frame(true, found):
        distance = _distances(true.xy_m[rows], found.xy_m[others])
        # One pair more is worth more than any distance.
        cost = np.where(distance <= gate_m, distance, (len(rows) + 1) * (gate_m + 1))
        chosen, partner = linear_sum_assignment(cost)
        near = distance[chosen, partner] <= gate_m
        chosen, partner = chosen[near], partner[near]
        parts.append((rows[chosen], others[partner], distance[chosen, partner]))
    return Matched(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def score_detection(
    true: Heads, found: Heads, gate_m: float = GATE_M, centre_m: tuple[float, float] = (0.0, 0.0)
) -> DetectionScores:
    """Scores of all frames in which somebody is, or is found; `centre_m` is where the camera stands."""
    matched = match_heads(true, found, gate_m)
    number, distance = len(matched.distance_m), matched.distance_m
    from_centre = true.xy_m[matched.true_row] - centre_m
    outwards = from_centre / np.linalg.norm(from_centre, axis=1, keepdims=True).clip(1e-9)
    error = found.xy_m[matched.found_row] - true.xy_m[matched.true_row]
    counts = [abs(len(rows) - len(others)) for _, rows, others in _by_frame(true, found)]
    return DetectionScores(
        _ratio(number, len(true)),
        _ratio(number, len(found)),
        _ratio(len(found) - number, len(true)),
        float(np.sqrt((distance**2).mean())) if number else float("nan"),
        float(np.median(distance)) if number else float("nan"),
        float(np.quantile(distance, 0.95)) if number else float("nan"),
        float((error * outwards).sum(axis=1).mean()) if number else float("nan"),
        float(np.mean(counts)) if counts else float("nan"),
    )


def score_tracks(true: Heads, found: Heads, gate_m: float = GATE_M, ignored: Heads | None = None) -> TrackScores:
    """Scores of tracks; both tables say who is who.

    `ignored` are true heads that do not count, such as of people who are hardly seen: what is found of them is left out
    before anything is scored, as in the MOTChallenge benchmarks, or it would be taken for whoever stands beside them.

    Raises InputError where one does not, or motmetrics is not installed.
    """
    if ignored is not None:
        found = without(found, true, ignored, gate_m)
    if true.id is None or found.id is None:
        raise InputError("tracks are scored by who is who; give a table with a column id")
    motmetrics = motmetrics_package()
    book: Any = motmetrics.MOTAccumulator(auto_id=True)
    for _, rows, others in _by_frame(true, found):
        distance = _distances(true.xy_m[rows], found.xy_m[others])
        # Any number, however large, would count as a match.
        book.update(true.id[rows], found.id[others], np.where(distance <= gate_m, distance, np.nan))
    names = ["motp", "mota", "num_switches", "num_fragmentations", "idf1", "mostly_tracked", "num_unique_objects"]
    table = motmetrics.metrics.create().compute(book, metrics=names, return_dataframe=False)
    people = max(int(table["num_unique_objects"]), 1)
    return TrackScores(
        float(table["motp"]),
        float(table["mota"]),
        100 * float(table["num_switches"]) / people,
        int(table["num_fragmentations"]),
        float(table["idf1"]),
        float(table["mostly_tracked"]) / people,
    )


def motmetrics_package() -> Any:
    """Raises InputError where it is not installed."""
    try:
        import motmetrics
    except ImportError as error:
        raise InputError("motmetrics is not installed; pip install motmetrics") from error
    return motmetrics


def without(found: Heads, true: Heads, ignored: Heads, gate_m: float = GATE_M) -> Heads:
    """The found heads but for those that are matched to ignored ones when all are there."""
    everyone = Heads(np.append(true.frame, ignored.frame), np.concatenate([true.xy_m, ignored.xy_m]), None)
    matched = match_heads(everyone, found, gate_m)
    kept = np.ones(len(found), bool)
    kept[matched.found_row[matched.true_row >= len(true)]] = False
    return found.where(kept)


def _by_frame(true: Heads, found: Heads) -> Iterator[tuple[int, Int64[np.ndarray, " G"], Int64[np.ndarray, " K"]]]:
    """Each frame in which somebody is, or is found, with the rows of both tables."""
    order, other_order = (np.argsort(heads.frame, kind="stable") for heads in (true, found))
    frames = np.union1d(true.frame, found.frame)
    edges = [
        np.searchsorted(heads.frame[by], np.append(frames, frames[-1:] + 1))
        for heads, by in ((true, order), (found, other_order))
    ]
    for place, frame in enumerate(frames.tolist()):
        yield frame, order[edges[0][place] : edges[0][place + 1]], other_order[edges[1][place] : edges[1][place + 1]]


def _distances(first: Float64[np.ndarray, "G 2"], second: Float64[np.ndarray, "K 2"]) -> Float64[np.ndarray, "G K"]:
    return np.linalg.norm(first[:, None] - second[None], axis=2)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
