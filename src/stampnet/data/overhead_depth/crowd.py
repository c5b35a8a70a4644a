"""A mode and a density to where people stand and whither they go: side by side, or in a crowd with a hard core."""

from dataclasses import dataclass
from math import pi

import numpy as np
from jaxtyping import Float64

from stampnet.data.overhead_depth.site import Site

HARD_CORE = 0.36
"""Metres between the middles of two heads, at least: their vertices are then 0.35 m apart."""
ABREAST = (0.6, 0.1)
"""Metres between neighbours in a group: mean and standard deviation."""
GROUP_SIZES = {2: 0.7, 3: 0.2, 4: 0.1}
ALONG, ALONG_SD = 0.8, np.radians(15)
"""Share of people who walk along the corridor, and by how much they deviate; the others walk anywhere."""
DENSITY = (0.5, 3.0)
"""Persons per square metre in a crowd."""
TRIES = 30
"""For each person of a crowd that finds no room; then they are left out."""


@dataclass(frozen=True)
class Standing:
    """P people: heads on the ground, and directions in radians."""

    xy: Float64[np.ndarray, "P 2"]
    heading: Float64[np.ndarray, " P"]


def headings(rng: np.random.Generator, number: int, corridor: float, along: float = ALONG) -> Float64[np.ndarray, " P"]:
    """To one of the corridor's ends, or anywhere."""
    way = corridor + pi * rng.integers(0, 2, number) + rng.normal(0, ALONG_SD, number)
    return np.where(rng.random(number) < along, way, rng.uniform(-pi, pi, number))


def group(rng: np.random.Generator, first: Standing, site: Site) -> Standing:
    """A person with others at their side, who share the heading."""
    number = rng.choice(list(GROUP_SIZES), p=list(GROUP_SIZES.values()))
    across = np.array([np.sin(first.heading[0]), -np.cos(first.heading[0])])
    steps = np.maximum(rng.normal(*ABREAST, number), HARD_CORE).cumsum()
    places = steps - steps[rng.integers(number)]
    xy = first.xy + places[places != 0, None] * across
    xy += rng.uniform(-0.1, 0.1, (len(xy), 1)) * [-across[1], across[0]]
    xy = np.concatenate([first.xy, xy[site.is_free(xy)]])
    return Standing(xy, np.resize(first.heading, len(xy)))


def crowd(
    rng: np.random.Generator,
    first: Standing,
    site: Site,
    density: float,
    low: Float64[np.ndarray, "2"],
    high: Float64[np.ndarray, "2"],
) -> Standing:
    """Those who stand there already and others, one after the other, where there is room in a rectangle."""
    xy = first.xy
    wanted = rng.poisson(density * np.prod(high - low))
    for _ in range(wanted - len(xy)):
        tries = rng.uniform(low, high, (TRIES, 2))
        apart = np.linalg.norm(tries[:, None] - xy, axis=-1).min(1, initial=np.inf) >= HARD_CORE
        free = np.flatnonzero(apart & site.is_free(tries))
        if len(free):
            xy = np.concatenate([xy, tries[free[:1]]])
    more = headings(rng, len(xy) - len(first.xy), site.corridor)
    return Standing(xy, np.concatenate([first.heading, more]))
