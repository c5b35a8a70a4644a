"""Explained images to the windows of single objects."""

from jaxtyping import Int64
from torch import Tensor

from stampnet.matching.clutter import least_visible, reached
from stampnet.matching.explanation import Explanation, Limits
from stampnet.matching.placements import cut
from stampnet.matching.poses import Frames, unposed
from stampnet.notation import Windows


def explained_windows(state: Explanation, m: int, which: Int64[Tensor, " K"]) -> tuple[Windows, Windows]:
    """The windows of slot `m` of some images without other stamps, and what its own leaves open of them."""
    size = (state.printed.shape[3], state.printed.shape[4])
    one = state.placements.slot(m).of(which)
    place = (which, one.row, one.column, size)
    left = cut(state.images, *place) - cut(state.explained, *place)
    own = state.printed[which, m]
    # Where a pixel is as bright as can be and the stamps overshoot, it says nothing against them.
    clipped = (cut(state.saturation, *place) != 0) & (left * own < 0)
    left = left.masked_fill(clipped, 0.0)
    return own + left, left


def occupied(state: Explanation, m: int) -> Int64[Tensor, " K"]:
    """The images in which slot `m` is not empty."""
    return state.placements.present[:, m].nonzero()[:, 0]


def objects(state: Explanation, m: int, which: Int64[Tensor, " K"], size: tuple[int, int], limits: Limits) -> Windows:
    """`explained_windows` of slot `m` without clutter that does not touch the object, as stamps of this size would show
    them: not turned, not scaled."""
    frames, _ = explained_windows(state, m, which)
    visible = frames.abs().amax(dim=1, keepdim=True) > least_visible(limits)
    frames = frames * reached(visible, state.printed[which, m].abs().sum(dim=1, keepdim=True))
    return upright(state, m, which, frames, size)


def upright(state: Explanation, m: int, which: Int64[Tensor, " K"], frames: Frames, size: tuple[int, int]) -> Windows:
    """Frames of slot `m` as their stamp would show them."""
    poses = state.poses_of(m, which)
    return frames if poses is None else unposed(frames, poses, size)
