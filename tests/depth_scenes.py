"""Depth frames of plain bodies above a floor, for tests: people as ellipsoids, walls and plates as boxes."""

import numpy as np

from stampnet.data.overhead_depth.camera import Camera, origin, rays

CAMERA = Camera(size_px=(160, 120), focal_px=140, centre_px=(79.5, 59.5), height_m=4)
HALF_HEAD_M = (0.1, 0.08, 0.12)
HALF_SHOULDERS_M = (0.14, 0.24, 0.35)
SHOULDERS_BELOW_M = 0.27
"""Below the top of the head."""

Body = tuple[str, tuple[float, float, float], tuple[float, float, float]]
"""A kind, the middle in metres, and half of its extent along x, y and z."""


def person(x_m: float, y_m: float, height_m: float = 1.75) -> list[Body]:
    """A head over shoulders; the head's top is above (x, y)."""
    head = ("ellipsoid", (x_m, y_m, height_m - HALF_HEAD_M[2]), HALF_HEAD_M)
    top = height_m - SHOULDERS_BELOW_M
    return [head, ("ellipsoid", (x_m, y_m, top - HALF_SHOULDERS_M[2]), HALF_SHOULDERS_M)]


def box(x_m: tuple[float, float], y_m: tuple[float, float], z_m: tuple[float, float]) -> list[Body]:
    """What is between these: a wall, a plate."""
    low, high = np.array([x_m, y_m, z_m], float).T
    return [("box", tuple((low + high) / 2), tuple((high - low) / 2))]


def seen_by(camera: Camera, bodies: list[Body]) -> np.ndarray:
    """The depth of each pixel, uint16 millimetres."""
    width, height = camera.size_px
    row, column = np.mgrid[:height, :width].astype(float)
    ray = rays(camera, column, row)
    depth = np.where(ray[..., 2] < 0, -camera.height_m / np.minimum(ray[..., 2], -1e-9), 60.0)
    for kind, middle, half in bodies:
        depth = np.minimum(depth, _hit(kind, (origin(camera) - middle) / half, ray / half))
    return np.rint(1000 * depth).astype(np.uint16)


def _hit(kind: str, start: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Depth at which rays enter the unit ball or the unit cube; infinite where they pass it."""
    if kind == "ellipsoid":
        square, half, rest = (way**2).sum(-1), way @ start, start @ start - 1
        inside = half**2 - square * rest
        return np.where(inside > 0, (-half - np.sqrt(np.maximum(inside, 0))) / square, np.inf)
    way = np.where(way == 0, 1e-12, way)
    ends = np.stack([(-1 - start) / way, (1 - start) / way])
    enter, leave = ends.min(axis=0).max(axis=-1), ends.max(axis=0).min(axis=-1)
    return np.where((enter < leave) & (enter > 0), enter, np.inf)


def walk(number: int, seed: int = 0) -> list[list[Body]]:
    """People who cross what the camera sees, alone and in twos; every fourth moment is empty."""
    chance = np.random.default_rng(seed)
    moments: list[list[Body]] = []
    for moment in range(number):
        bodies: list[Body] = []
        for side in range(moment % 4 and int(chance.integers(1, 3))):
            y_m = (0.55 if side else -0.45) + chance.uniform(-0.15, 0.15)
            bodies += person(chance.uniform(-1.3, 1.3), y_m, chance.uniform(1.55, 1.9))
        moments.append(bodies)
    return moments
