"""A recipe to crops of 80 x 80 pixels: people at a placement, before a wall, as in the images of the paper."""

from dataclasses import dataclass
from functools import partial

from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.data.overhead_depth.presets import preset
from stampnet.data.overhead_depth.site import crop_site
from stampnet.data.overhead_depth.still import StillRecipe, make_stills


@dataclass(frozen=True, kw_only=True)
class CropRecipe(StillRecipe):
    """Which crops."""

    placement: str = "glow"


def make_crops(recipe: CropRecipe) -> Pictures:
    """The crops of a recipe."""
    return make_stills(recipe, partial(crop_site, preset=preset(recipe.camera), is_glow=recipe.placement == "glow"))
