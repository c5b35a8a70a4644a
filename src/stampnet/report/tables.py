"""Numbers to tables: Markdown, and what the paper published."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedScores:
    """A row of the paper's Table 1: one Gumbel sample of each choice, temperature 0.01."""

    corloc: float
    iou: float
    """Of the union of all boxes of an image."""
    purity: float


_TABLE_1 = {
    "simple-shapes-1": PublishedScores(0.9999, 0.9718, 0.9928),
    "simple-shapes-2": PublishedScores(0.9828, 0.9500, 0.9564),
    "t-mnist-1": PublishedScores(0.9983, 0.8925, 0.7891),
    "t-mnist-2": PublishedScores(0.9729, 0.8537, 0.5277),
    "ct-mnist-1": PublishedScores(0.9972, 0.8912, 0.8113),
    "ct-mnist-2": PublishedScores(0.9545, 0.8394, 0.6149),
    "pedestrians-3": PublishedScores(0.7816, 0.6308, 0.9597),
}


def published_scores(row: str) -> PublishedScores | None:
    """Table 1 of arXiv 1902.02693 by data set and M, such as "t-mnist-2"; None for any other name.

    >>> published_scores("t-mnist-2").purity
    0.5277
    """
    return _TABLE_1.get(row)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also line up in plain text: names left, numbers right.

    >>> print(markdown_table(("row", "IoU"), [("a", "0.95"), ("bcde", "1")]))
    | row  |  IoU |
    |:-----|-----:|
    | a    | 0.95 |
    | bcde |    1 |
    """
    widths = [max(3, *map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = [":" + "-" * (widths[0] + 1), *("-" * (width + 1) + ":" for width in widths[1:])]

    def line(cells: Sequence[str]) -> str:
        first, *others = (cell.replace("|", r"\|") for cell in cells)
        padded = [
            first.ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)),
        ]
        return f"| {' | '.join(padded)} |"

    return "\n".join([line(header), f"|{'|'.join(rule)}|", *map(line, rows)])
