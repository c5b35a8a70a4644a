"""Ways of linking, by density and frame rate: how well people are followed, and how fast that is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64

from stampnet.benchmarks.record import Measured
from stampnet.benchmarks.walkers import FALSE, MISSED, NOISE_M, SIDE_M, TALL_SPREAD_M, make_walkers
from stampnet.report.page import Table
from stampnet.tracking.assignment import least_squares
from stampnet.tracking.config import tracking_for
from stampnet.tracking.linking import LinkingConfig, link
from stampnet.tracking.people import People
from stampnet.tracking.scores import score_tracks
from stampnet.tracking.truth_file import Heads

DENSITIES, RATES = (0.5, 1.0, 2.0, 3.0), (15.0, 30.0)
SECONDS = 8.0
SEED = 0
ADAPTIVE_STOP_M = 0.05
"""Where trackpy gives up on a group that it cannot solve."""

Way = Callable[[People, LinkingConfig], Int64[np.ndarray, " P"]]


@dataclass(frozen=True)
class Quality:
    """Of one way on one scene."""

    motp_m: float
    switches_per_100_tracks: float
    idf1: float
    rows_per_second: float


def by_trackpy(people: People, config: LinkingConfig) -> Int64[np.ndarray, " P"]:
    """trackpy's own search, which narrows the range where a group is too large."""
    return _of_trackpy(people, config, None, link_strategy="recursive", adaptive_stop=ADAPTIVE_STOP_M)


def by_trackpy_velocity(people: People, config: LinkingConfig) -> Int64[np.ndarray, " P"]:
    """trackpy with the velocity of the nearest track as prediction."""
    from trackpy.predict import NearestVelocityPredict

    strategy: dict[str, Any] = {"link_strategy": "recursive", "adaptive_stop": ADAPTIVE_STOP_M}
    return _of_trackpy(people, config, NearestVelocityPredict(), **strategy)


def by_position(people: People, config: LinkingConfig) -> Int64[np.ndarray, " P"]:
    """trackpy with the assignment of this package."""
    return _of_trackpy(people, config, None, link_strategy=least_squares)


WAYS: dict[str, Way] = {
    "trackpy, adaptive": by_trackpy,
    "trackpy, nearest velocity": by_trackpy_velocity,
    "exact, last position": by_position,
    "exact, expected position (chosen)": link,
}


def measure(way: Way, people: People, true: Heads, config: LinkingConfig) -> Quality:
    """Links and scores; time is that of the processor."""
    start = time.process_time()
    number = way(people, config)
    seconds = time.process_time() - start
    found = Heads(people.frame, np.stack([people.x_m, people.y_m], axis=1), number)
    scores = score_tracks(true, found)
    return Quality(scores.motp_m, scores.switches_per_100_tracks, scores.idf1, len(people) / seconds)


def linking_table(
    densities: tuple[float, ...] = DENSITIES, rates: tuple[float, ...] = RATES, seconds: float = SECONDS
) -> Measured:
    """All ways at all densities and frame rates."""
    rows = []
    for fps in rates:
        config = tracking_for(fps).linking
        for density in densities:
            scene = make_walkers(density, fps, seconds, np.random.default_rng(SEED))
            for name, way in WAYS.items():
                quality = measure(way, scene.people, scene.true, config)
                rows.append(
                    (
                        f"{density:g} per square metre, {fps:g} fps",
                        name,
                        f"{100 * quality.motp_m:.2f}",
                        f"{quality.switches_per_100_tracks:.1f}",
                        f"{quality.idf1:.4f}",
                        f"{quality.rows_per_second:.0f}",
                    )
                )
    header = ("scene", "linking", "MOTP, cm", "switches per 100 tracks", "IDF1", "rows per second")
    return Measured(
        Table("Linking of people who walk", header, tuple(rows)),
        (
            (
                f"People who walk in a square of {SIDE_M:g} m for {seconds:g} s, heads at least 0.35 m apart; found "
                f"with {100 * NOISE_M:g} cm of noise along each axis, {MISSED:.1%} missed, {FALSE:.1%} false, and with "
                f"heights that differ by {100 * TALL_SPREAD_M:g} cm (standard deviation) between people. Who leaves is "
                "somebody else on the other side. MOTP is of what was found, before smoothing. Rows per second of "
                "processor time, one thread."
            ),
            f"The defaults of the chosen way were set with an eye on these scenes (seed {SEED}): others may be harder.",
        ),
    )


def _of_trackpy(people: People, config: LinkingConfig, predictor: Any, **strategy: Any) -> Int64[np.ndarray, " P"]:
    import trackpy

    trackpy.quiet()
    # Frames without anybody would be passed over: there are none here.
    tables = (table for _, table in people.to_frame(config.fps).groupby("frame"))
    linker = trackpy.link_df_iter if predictor is None else predictor.link_df_iter
    linked = linker(
        tables,
        config.search_range_m,
        pos_columns=["x", "y"],
        memory=config.memory,
        **strategy,
    )
    return np.concatenate([table["particle"].to_numpy(np.int64) for table in linked])
