"""What a recording is like to how its people are tracked."""

from dataclasses import dataclass, field
from math import floor

from stampnet.errors import InputError
from stampnet.tracking.linking import MOST_MISSED, LinkingConfig
from stampnet.tracking.smoothing import LONGEST, SmoothingConfig

MEMORY_S, MEMORY_AT_MOST = 0.2, 3
"""People are missed for no longer, and for no more frames, and are still known: so long stays the ghost of who has
left."""
REIDENTIFY_S = 2.0
"""People who were lost for no longer are known again by how they walk and how tall they are: they were behind an
umbrella, or too close to somebody else."""
WINDOW_S = 0.5
"""Half a stride: of two steps, the sway is kept."""
LEAST_S = 0.3
"""Tracks that are shorter are chance finds."""


@dataclass(frozen=True, kw_only=True)
class TrackingConfig:
    """How people become trajectories."""

    linking: LinkingConfig
    smoothing: SmoothingConfig = field(default_factory=SmoothingConfig)
    least_rows: int = 1
    """People who were found less often are left out: chance finds."""
    fill_gaps: bool = False
    """Whether frames in which a person was missed get a row, on a straight line, with score 0 and stamp -1."""

    def __post_init__(self) -> None:
        if self.least_rows < 1:
            raise InputError(f"a track has at least one row, got {self.least_rows}; give a positive number")


def tracking_for(
    fps: float,
    *,
    max_speed_m_s: float = 3.0,
    memory: int | None = None,
    reidentify: int | None = None,
    window: int | None = None,
    least_rows: int | None = None,
    fill_gaps: bool = False,
) -> TrackingConfig:
    """What suits a frame rate, but for what is given.

    >>> config = tracking_for(15.0)
    >>> config.linking.memory, config.linking.reidentify, config.smoothing.window, config.least_rows
    (3, 30, 7, 4)

    Raises InputError where a value cannot be.
    """
    linking = LinkingConfig(
        fps=fps,
        max_speed_m_s=max_speed_m_s,
        memory=min(MEMORY_AT_MOST, floor(MEMORY_S * fps)) if memory is None else memory,
        reidentify=min(MOST_MISSED, floor(REIDENTIFY_S * fps)) if reidentify is None else reidentify,
    )
    if window is None:
        window = min(LONGEST, max(3, 2 * floor(WINDOW_S * fps / 2) + 1))
    if least_rows is None:
        least_rows = max(1, floor(LEAST_S * fps))
    smoothing = SmoothingConfig(window=window)
    return TrackingConfig(linking=linking, smoothing=smoothing, least_rows=least_rows, fill_gaps=fill_gaps)
