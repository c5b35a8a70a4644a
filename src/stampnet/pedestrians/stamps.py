"""Stamps on reliefs to which of them show people."""

import numpy as np
from jaxtyping import Bool, Float32

from stampnet.pedestrians.points import Ground

LEAST_AREA_M2, LARGEST_AREA_M2 = 0.015, 0.2
"""Of a head, cut by the border of an image or not; less is a hand or what is left over, more is furniture."""
VISIBLE = 0.5
"""The part of its largest value from which on a pixel belongs to a head."""


def show_people(stamps: Float32[np.ndarray, "N h w"], ground: Ground) -> Bool[np.ndarray, " N"]:
    """Which stamps show something as large as a head that stands out of what is around it: no label is needed."""
    highest = stamps.max(axis=(1, 2))
    area = (stamps > VISIBLE * highest[:, None, None]).sum(axis=(1, 2)) * ground.cell_m**2
    return (highest > VISIBLE) & (area >= LEAST_AREA_M2) & (area <= LARGEST_AREA_M2)
