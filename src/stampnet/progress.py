"""Long work to a bar that people see, and programs do not."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

T = TypeVar("T")


def tracked(
    items: Iterable[T],
    doing: str,
    *,
    total: int | None = None,
    worth: Callable[[T], int] = lambda _: 1,
    show: bool = True,
) -> Iterator[T]:
    """The items one by one, with a bar on standard error while there are some, if that is a terminal.

    `total` says how much they are where they cannot be counted; `worth`, how much one of them is.
    """
    console = Console(stderr=True)
    if total is None and isinstance(items, Collection):
        total = len(items)
    with Progress(console=console, transient=True, disable=not (show and console.is_terminal)) as progress:
        task = progress.add_task(doing, total=total)
        for item in items:
            yield item
            progress.advance(task, worth(item))
