"""A recipe to whole frames that have nothing to do with one another."""

from dataclasses import dataclass
from functools import partial

from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.data.overhead_depth.presets import preset
from stampnet.data.overhead_depth.site import frame_site
from stampnet.data.overhead_depth.still import StillRecipe, make_stills


@dataclass(frozen=True, kw_only=True)
class FrameRecipe(StillRecipe):
    """Which frames."""

    placement: str = "uniform"


def make_frames(recipe: FrameRecipe) -> Pictures:
    """The frames of a recipe."""
    return make_stills(recipe, partial(frame_site, preset=preset(recipe.camera)))
