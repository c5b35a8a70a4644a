"""Chance to bodies: measures of people as surveys found them, in metres, with shoes, hair, hats and coats."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

MEASURES = ("stature", "shoulder breadth", "chest depth", "head breadth", "head length", "stature less acromion height")
MEAN_MM = np.array([[1756.0, 510, 254, 154, 200, 316], [1629, 450, 247, 148, 190, 293]])
"""Of 4082 men and 1986 women of the ANSUR II survey, by measure; the breadth of the shoulders is the bideltoid one."""
SD_MM = np.array([[69, 33, 26, 5.5, 7.0, 18], [64, 29, 27, 5.2, 7.4, 16]])
CORRELATION = np.array(
    [
        [
            [1, 0.31, 0.22, 0.08, 0.37, 0.41],
            [0.31, 1, 0.77, 0.33, 0.32, -0.09],
            [0.22, 0.77, 1, 0.29, 0.27, -0.20],
            [0.08, 0.33, 0.29, 1, 0.18, -0.03],
            [0.37, 0.32, 0.27, 0.18, 1, 0.19],
            [0.41, -0.09, -0.20, -0.03, 0.19, 1],
        ],
        [
            [1, 0.36, 0.23, 0.16, 0.36, 0.49],
            [0.36, 1, 0.75, 0.22, 0.29, 0.05],
            [0.23, 0.75, 1, 0.16, 0.17, -0.07],
            [0.16, 0.22, 0.16, 1, 0.22, 0.10],
            [0.36, 0.29, 0.17, 0.22, 1, 0.23],
            [0.49, 0.05, -0.07, 0.10, 0.23, 1],
        ],
    ]
)
FACTOR = np.linalg.cholesky(CORRELATION)

SURVEY_TO_DUTCH_MM = 70
"""The Dutch are taller than the survey by up to this."""
SHOE_MM = 25
COAT_MM = (60, 100)
"""Clothes add up to this to the breadth of the shoulders and to the depth of the chest."""
HAIR_MM, HAT_MM, HATTED = 20, (20, 60), 0.15
"""What hair adds to the radii of the head at most; a hat or hood; the share of people who wear one."""
DARK_HAIRED, DARK_HAIR = 0.1, (0.05, 0.3)
CHILDREN = 0.08
CHILD_STATURE_MM, CHILD_SCALE = (1000, 1500), (0.6, 0.85)
HALF_HEAD_MM = 115
"""Half the height of a head."""


@dataclass(frozen=True, kw_only=True)
class Bodies:
    """P people, in metres and radians."""

    is_child: Bool[np.ndarray, " P"]
    stature: Float64[np.ndarray, " P"]
    """From the floor to the vertex, shoes, hair and hat included."""
    bare_stature: Float64[np.ndarray, " P"]
    """Shoes included, without hair and hat: all parts hang from there."""
    shoulder_breadth: Float64[np.ndarray, " P"]
    """With clothes, as the depth."""
    depth: Float64[np.ndarray, " P"]
    acromion_drop: Float64[np.ndarray, " P"]
    """How far the shoulders lie below the bare vertex."""
    head_axes: Float64[np.ndarray, "P 3"]
    """Half axes across, along and up, with hair and hat."""
    head_tilt: Float64[np.ndarray, " P"]
    """Forward."""
    head_ahead: Float64[np.ndarray, " P"]
    """Of the middle of the shoulders."""
    limb: Float64[np.ndarray, " P"]
    """Radius of an arm, clothed."""
    dark_hair: Float64[np.ndarray, " P"]
    """Share of the hair that gives structured light back too little."""
    scale: Float64[np.ndarray, " P"]
    """Size of what has no measure of its own, against a grown-up of average height."""

    def __len__(self) -> int:
        return len(self.stature)

    def of(self, which: Int64[np.ndarray, " N"]) -> "Bodies":
        """Some of them."""
        return Bodies(**{name: values[which] for name, values in vars(self).items()})


def joined_bodies(several: Sequence[Bodies]) -> Bodies:
    """All together."""
    return Bodies(**{name: np.concatenate([vars(one)[name] for one in several]) for name in vars(several[0])})


def survey(rng: np.random.Generator, is_woman: Bool[np.ndarray, " P"]) -> Float[np.ndarray, "P 6"]:
    """Bare adults in millimetres, by `MEASURES`: jointly normal, none beyond three standard deviations."""
    sex = is_woman.astype(int)
    normal = np.einsum("pij,pj->pi", FACTOR[sex], rng.standard_normal((len(sex), len(MEASURES))))
    while (far := (np.abs(normal) > 3).any(1)).any():
        normal[far] = np.einsum("pij,pj->pi", FACTOR[sex[far]], rng.standard_normal((far.sum(), len(MEASURES))))
    return MEAN_MM[sex] + SD_MM[sex] * normal


def draw_bodies(rng: np.random.Generator, num_people: int) -> Bodies:
    """People of both sexes and all ages."""
    bare = survey(rng, rng.random(num_people) < 0.5)
    bare[:, 0] += rng.uniform(0, SURVEY_TO_DUTCH_MM, num_people)
    is_child = rng.random(num_people) < CHILDREN
    child_stature = rng.uniform(*CHILD_STATURE_MM, num_people)
    shrink = np.where(is_child, np.interp(child_stature, CHILD_STATURE_MM, CHILD_SCALE), 1.0)
    bare_stature = np.where(is_child, child_stature, bare[:, 0]) + SHOE_MM
    coat = rng.uniform(0, 1, (num_people, 2)) * COAT_MM
    hair = rng.uniform(0, HAIR_MM, num_people)
    hat = np.where(rng.random(num_people) < HATTED, rng.uniform(*HAT_MM, num_people), 0)
    head = np.column_stack([bare[:, 3] / 2, bare[:, 4] / 2, np.full(num_people, HALF_HEAD_MM)])
    return Bodies(
        is_child=is_child,
        stature=(bare_stature + hair + hat) / 1000,
        bare_stature=bare_stature / 1000,
        shoulder_breadth=(bare[:, 1] + coat[:, 0]) * shrink / 1000,
        depth=(bare[:, 2] + coat[:, 1]) * shrink / 1000,
        acromion_drop=bare[:, 5] * shrink / 1000,
        head_axes=(head * shrink[:, None] + (hair + hat)[:, None]) / 1000,
        head_tilt=np.radians(rng.normal(10, 8, num_people)),
        head_ahead=rng.uniform(20, 60, num_people) * shrink / 1000,
        limb=rng.uniform(45, 60, num_people) * shrink / 1000,
        dark_hair=np.where(rng.random(num_people) < DARK_HAIRED, rng.uniform(*DARK_HAIR, num_people), 0),
        scale=shrink * bare[:, 0] / MEAN_MM[0, 0],
    )
