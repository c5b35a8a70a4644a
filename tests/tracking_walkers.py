"""People who walk straight, for tests: what a finder would see of them, and who is who."""

import numpy as np

from stampnet.tracking.people import People


def as_people(frame: np.ndarray, x_m: np.ndarray, y_m: np.ndarray) -> People:
    number = len(frame)
    short = np.full(number, 0.5, np.float32)
    return People(
        frame.astype(np.int64),
        x_m.astype(float),
        y_m.astype(float),
        np.full(number, 1.7),
        short,
        np.full(number, 3),
        short,
        short,
        np.zeros(number, np.int64),
        np.ones(number, bool),
    )


def walkers(
    number: int, num_frames: int, fps: float, seed: int = 0, noise_m: float = 0.02, missed: float = 0.0
) -> tuple[People, np.ndarray]:
    """People in lanes 0.8 m apart, to and fro, and the true number of each."""
    chance = np.random.default_rng(seed)
    frame, who = (one.ravel() for one in np.mgrid[:num_frames, :number])
    speed = chance.uniform(0.8, 1.8, number) * chance.choice([-1, 1], number)
    x = chance.uniform(-3, 3, number)[who] + speed[who] * frame / fps
    x, y = x + chance.normal(0, noise_m, len(x)), 0.8 * who + chance.normal(0, noise_m, len(x))
    seen = chance.random(len(x)) >= missed
    return as_people(frame[seen], x[seen], y[seen]), who[seen]


def is_same_partition(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two numberings say the same of who is who."""
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(pairs) == len(set(first.tolist())) == len(set(second.tolist()))
