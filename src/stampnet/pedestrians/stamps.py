"""Stamps on maps of heights to which of them show people."""

import numpy as np
from jaxtyping import Bool, Float32

from stampnet.pedestrians.points import Ground

LEAST_HEIGHT_M = 0.9
"""Nobody's head is lower: who is smaller is carried."""
LEAST_AREA_M2, LARGEST_AREA_M2 = 0.07, 0.6
"""Of a person seen from above, clothes and bags included: from a child to a man with a rucksack; less is a leftover or
a hand, more is furniture or a pram with who pushes it."""
VISIBLE = 0.5
"""The part of its largest value from which on a pixel belongs to a stamp."""


def show_people(stamps: Float32[np.ndarray, "N h w"], ground: Ground) -> Bool[np.ndarray, " N"]:
    """Which stamps are as high and as large as people: no label is needed to tell."""
    highest = stamps.max(axis=(1, 2))
    height = ground.cut_m + highest * (ground.top_m - ground.cut_m)
    area = (stamps > VISIBLE * highest[:, None, None]).sum(axis=(1, 2)) * ground.cell_m**2
    return (height >= LEAST_HEIGHT_M) & (area >= LEAST_AREA_M2) & (area <= LARGEST_AREA_M2)
