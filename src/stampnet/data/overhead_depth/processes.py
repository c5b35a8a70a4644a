"""A function and work for it to results, in one process or several, which changes nothing in them."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from math import ceil
from multiprocessing import get_context
from typing import TypeVar

from stampnet.errors import InputError

Work = TypeVar("Work")
Result = TypeVar("Result")
CROPS_WORTH_A_PROCESS, FRAMES_WORTH_A_PROCESS = 200, 50
"""Fewer are made sooner than a process starts."""


def num_cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers_for(num_images: int, worth_a_process: int = CROPS_WORTH_A_PROCESS) -> int:
    """As many processes as pay.

    >>> workers_for(10)
    1
    """
    return max(1, min(num_cores(), num_images // worth_a_process))


def check_workers(num_workers: int) -> None:
    """Raises InputError where there cannot be so many."""
    if num_workers < 1:
        raise InputError(f"num_workers must be at least 1, got {num_workers}")


def in_processes(
    make: Callable[[Sequence[Work]], Result], work: Sequence[Work], num_workers: int, *, at_most: int | None = None
) -> list[Result]:
    """Results of successive parts of the work, in order; a part has `at_most` so many items."""
    share = max(1, min(ceil(len(work) / num_workers), at_most or len(work)))
    parts = [work[first : first + share] for first in range(0, len(work), share)]
    if min(num_workers, len(parts)) <= 1:
        return [make(part) for part in parts]
    with ProcessPoolExecutor(min(num_workers, len(parts)), get_context("spawn")) as pool:
        return list(pool.map(make, parts))
