"""The tracks that may go on; each follows its person by a Kalman filter of constant velocity, alike along both axes."""

from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64

NOISE_M = 0.03
"""Of where a head is found, along each axis; of the same order as the sway of a head from step to step."""
WANDER_M2_S3 = 0.15
"""Spectral density of acceleration along each axis: people sway, turn and stop, so that after a second their pace is
another by 0.4 m/s."""
START_SPEED_M_S = 1.0
"""Along each axis, of a person who has just been seen for the first time."""
AS_TALL_M = 0.06
"""Heads bob by less from step to step, and two people differ by more in two cases of three."""
NEW_HEIGHT = 0.2
"""The part that the latest height has in what is known of a person's height; more while little is known."""
TALLER_M = 0.3
"""Heights differ by no more than counts: a head that is half hidden is seen lower."""


@dataclass(frozen=True)
class Live:
    """The L tracks that may go on, in the order of their numbers, and what is known of each. Lengths are metres, time
    is in frames."""

    number: Int64[np.ndarray, " L"]
    last_frame: Int64[np.ndarray, " L"]
    """In which it was last seen."""
    last_sure: Int64[np.ndarray, " L"]
    """In which it was last seen surely, see `People`."""
    since: Int64[np.ndarray, " L"]
    """The frame in which it was first seen."""
    num_seen: Int64[np.ndarray, " L"]
    """How often it was seen."""
    position: Float64[np.ndarray, "L 2"]
    velocity: Float64[np.ndarray, "L 2"]
    """Estimates at that frame."""
    height: Float64[np.ndarray, " L"]
    """Of the head."""
    covariance: Float64[np.ndarray, "L 3"]
    """Of position, of position with velocity, of velocity: the same along both axes."""

    def __len__(self) -> int:
        return len(self.number)

    def where(self, chosen: Bool[np.ndarray, " L"]) -> "Live":
        """Some of the tracks."""
        return Live(*(getattr(self, one.name)[chosen] for one in fields(self)))


def nothing_live() -> Live:
    """What is known before the first frame."""
    none = np.zeros(0, np.int64)
    return Live(none, none, none, none, none, np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros((0, 3)))


def expected_at(live: Live, frame: int, fps: float) -> Live:
    """The tracks at a frame, before it is seen."""
    step = (frame - live.last_frame).astype(float)
    a, b, c = live.covariance.T
    wander = WANDER_M2_S3 / fps**3
    covariance = np.stack(
        [a + 2 * step * b + step**2 * c + wander * step**3 / 3, b + step * c + wander * step**2 / 2, c + wander * step],
        axis=1,
    )
    return replace(live, position=live.position + step[:, None] * live.velocity, covariance=covariance)


def corrected(
    expected: Live,
    track: Int64[np.ndarray, " S"],
    xyz_m: Float64[np.ndarray, "S 3"],
    sure: Bool[np.ndarray, " S"],
    frame: int,
) -> Live:
    """The tracks that were seen, after they were."""
    a, b, c = expected.covariance[track].T
    gain, drift = a / (a + NOISE_M**2), b / (a + NOISE_M**2)
    off = xyz_m[:, :2] - expected.position[track]
    # Of a head that is half hidden something lower is seen, which does not tell how tall the person is.
    part = np.where(sure, np.maximum(NEW_HEIGHT, 1 / (expected.num_seen[track] + 1)), 0.0)
    taller = (xyz_m[:, 2] - expected.height[track]).clip(-AS_TALL_M, TALLER_M)
    return Live(
        expected.number[track],
        np.full(len(track), frame, np.int64),
        np.where(sure, frame, expected.last_sure[track]),
        expected.since[track],
        expected.num_seen[track] + 1,
        expected.position[track] + gain[:, None] * off,
        expected.velocity[track] + drift[:, None] * off,
        expected.height[track] + part * taller,
        np.stack([(1 - gain) * a, (1 - gain) * b, c - drift * b], axis=1),
    )


def begun(number: Int64[np.ndarray, " S"], xyz_m: Float64[np.ndarray, "S 3"], frame: int, fps: float) -> Live:
    """Tracks that were seen for the first time."""
    known = [NOISE_M**2, 0.0, (START_SPEED_M_S / fps) ** 2]
    now, once = np.full(len(number), frame, np.int64), np.ones(len(number), np.int64)
    at, covariance = xyz_m[:, :2], np.tile(known, (len(number), 1))
    return Live(number, now, now, now, once, at, np.zeros_like(at), xyz_m[:, 2], covariance)


def joined(parts: list[Live]) -> Live:
    """All of them, in the order of their numbers."""
    columns = [np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Live)]
    order = np.argsort(columns[0])
    return Live(*(column[order] for column in columns))
