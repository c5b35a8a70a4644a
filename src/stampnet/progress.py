"""Long work to a bar that people see, and programs do not."""

from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def tracked(items: Iterable[T], doing: str, *, total: int | None = None, show: bool = True) -> Iterator[T]:
    """The items one by one, with a bar on standard error while there are some, if that is a terminal.

    `total` says how many they are where they cannot be counted.
    """
    console = Console(stderr=True)
    if total is None and isinstance(items, Collection):
        total = len(items)
    yield from track(
        items, doing, total=total, console=console, transient=True, disable=not (show and console.is_terminal)
    )
