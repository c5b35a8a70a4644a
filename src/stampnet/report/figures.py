"""Stamps, images and detections to pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle

from stampnet.atomic import whole_file
from stampnet.detection import Detections

# Okabe and Ito's colours: told apart by colour-blind people, and all bright enough on black.
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
WIDTH = 11.0  # inches of every picture
STAMPS_IN_A_ROW = 10
MOST_STAMPS = 100
"""Of more, the most used are drawn."""
STAMPS_OF_A_CLASS = 24
SCENES_IN_A_ROW = 8
LABEL, LEAST_LABEL, OF_A_BOX = 7.0, 3.0, 0.3
"""Points of the text beside a box at most and at least, and the part of the box's height that it may take: beside
smaller boxes there is none, for it would hide what lies there, and the colour tells the class, too."""


@dataclass(frozen=True)
class Gallery:
    """Learned stamps, the classes they belong to, and how often each is used."""

    stamps: np.ndarray
    """(N, h, w[, C]) in [0, 1]."""
    class_of_stamp: np.ndarray
    """(N,), -1 where the objects of a stamp are left out."""
    class_names: Sequence[str]
    usage: np.ndarray | None = None
    """(N,) placements on some images; None where that is not known."""

    @property
    def is_grouped(self) -> bool:
        """Whether stamps have classes or names that are not just their numbers."""
        return list(self.class_names) != [f"stamp {number}" for number in range(len(self.stamps))]


def colour_of(number: int) -> str:
    """The colour of the boxes and frame of a stamp or class."""
    return COLOURS[number % len(COLOURS)]


def short(name: str) -> str:
    """What is written beside a box: a name, or the number of a class or stamp without one.

    >>> short("class 3"), short("stamp 12"), short("cat")
    ('3', '12', 'cat')
    """
    return name.removeprefix("class ").removeprefix("stamp ")


def counted(number: int, what: str) -> str:
    """So many of what is called so.

    >>> counted(1, "stamp"), counted(2, "stamp")
    ('1 stamp', '2 stamps')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def plain(text: str) -> str:
    """Text with names in it for matplotlib, to which two dollars are a formula.

    >>> print(plain("a $5 b $6"))
    a \\$5 b \\$6
    """
    return text.replace("$", r"\$")


def draw_stamps(gallery: Gallery) -> Figure:
    """The stamps, most used first, each with its number and share of the placements, in the colour of its class; of
    more than 100 the most used."""
    figure = new_figure(_stamps_height(gallery.stamps))
    _stamps_into(figure, gallery)
    return figure


def draw_classes(gallery: Gallery) -> Figure:
    """A row for each class: its most used stamps, and its share of the placements."""
    stamps, class_of_stamp, class_names = gallery.stamps, gallery.class_of_stamp, gallery.class_names
    usage = np.ones(len(stamps)) if gallery.usage is None else gallery.usage
    num_classes = len(class_names)
    height, width = stamps.shape[1:3]
    side = WIDTH / STAMPS_OF_A_CLASS * height / width
    figure = new_figure(num_classes * (side + 0.22) + 0.5)
    grid = figure.subplots(num_classes, 1, squeeze=False)
    figure.suptitle("Classes, and the stamps that they are made of", fontsize=11, x=0.01, ha="left")
    for number, axes in enumerate(grid.flat):
        members = np.flatnonzero(class_of_stamp == number)
        shown = members[np.argsort(-usage[members], kind="stable")][:STAMPS_OF_A_CLASS]
        strip = np.zeros((height, width * STAMPS_OF_A_CLASS, *stamps.shape[3:]), stamps.dtype)
        for place, stamp in enumerate(shown):
            strip[:, place * width : (place + 1) * width] = stamps[stamp]
        show(axes, strip)
        axes.spines[:].set(color=colour_of(number), linewidth=2)
        share = _percent(usage[members].sum() / max(usage.sum(), 1))
        axes.set_title(
            plain(f"{class_names[number]}: {share} of the objects, {counted(len(members), 'stamp')}"),
            fontsize=8,
            pad=3,
            loc="left",
        )
    return figure


def draw_scenes(
    images: np.ndarray,
    detections: Sequence[Detections],
    class_names: Sequence[str],
    reconstructions: np.ndarray | None,
    truth_boxes_xyxy: np.ndarray | None,
) -> Figure:
    """The paper's figure 2: images (B, H, W[, C]) with the boxes found, and below each its reconstruction.

    True boxes (B, G, 4) are dashed.
    """
    figure = new_figure(_scenes_height(images, reconstructions))
    _scenes_into(figure, images, detections, class_names, reconstructions, truth_boxes_xyxy)
    return figure


def draw_overview(
    gallery: Gallery,
    images: np.ndarray,
    detections: Sequence[Detections],
    reconstructions: np.ndarray | None,
    truth_boxes_xyxy: np.ndarray | None,
) -> Figure:
    """The stamps above, what they explain of some images below."""
    heights = [_stamps_height(gallery.stamps), _scenes_height(images, reconstructions)]
    figure = new_figure(sum(heights))
    upper, lower = figure.subfigures(2, 1, height_ratios=heights, squeeze=False).flat
    _stamps_into(upper, gallery)
    _scenes_into(lower, images, detections, gallery.class_names, reconstructions, truth_boxes_xyxy)
    return figure


def draw_curves(history: Sequence[Mapping[str, float | int | None]]) -> Figure | None:
    """Squared errors and temperature by epoch, from the rows of metrics.csv; None where there are none."""
    if not history:
        return None
    figure = new_figure(3.4)
    axes = figure.add_subplot()
    columns = {
        key: np.array([row[key] for row in history], float) for key in ("epoch", "train_sse", "val_sse", "temperature")
    }
    # Matching has no temperature: its choices are hard from the first step.
    is_annealed = columns["temperature"].max() > 0
    chosen = (", noisy choices", ", most likely choices") if is_annealed else ("", "")
    for key, label, colour in (
        ("train_sse", f"training{chosen[0]}", COLOURS[1]),
        ("val_sse", f"validation{chosen[1]}", COLOURS[5]),
    ):
        if np.isfinite(columns[key]).any():
            marker = "o" if len(history) < 30 else None
            axes.plot(columns["epoch"], columns[key], label=label, color=colour, marker=marker, markersize=3)
    axes.set_xlabel("epoch")
    axes.set_ylabel("squared error of an image")
    axes.set_ylim(bottom=0)
    axes.spines[["top"]].set_visible(False)
    lines = axes.get_lines()
    if is_annealed:
        right = axes.twinx()
        right.plot(columns["epoch"], columns["temperature"], color="grey", linestyle=":", label="temperature")
        right.set_yscale("log")
        right.set_ylabel("temperature")
        right.spines[["top"]].set_visible(False)
        lines = [*lines, *right.get_lines()]
    axes.legend(lines, [str(line.get_label()) for line in lines], frameon=False, loc="upper right")
    return figure


def save_png(figure: Figure, path: Path) -> None:
    """Writes the picture, whole or not at all."""
    content = png_bytes(figure)
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def png_bytes(figure: Figure) -> bytes:
    """The picture as a PNG file."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def new_figure(height: float) -> Figure:
    """An empty figure of the width that all have, and so many inches high."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _stamps_height(stamps: np.ndarray) -> float:
    columns = _stamp_columns(stamps)
    side = WIDTH / columns * stamps.shape[1] / stamps.shape[2]
    return ceil(min(len(stamps), MOST_STAMPS) / columns) * (side + 0.05) + 0.5


def _stamp_columns(stamps: np.ndarray) -> int:
    return STAMPS_IN_A_ROW if len(stamps) <= STAMPS_IN_A_ROW else 2 * STAMPS_IN_A_ROW


def _scenes_height(images: np.ndarray, reconstructions: np.ndarray | None) -> float:
    rows = ceil(len(images) / SCENES_IN_A_ROW) * (1 if reconstructions is None else 2)
    return rows * (WIDTH / SCENES_IN_A_ROW * images.shape[1] / images.shape[2] + 0.1) + 0.5


def show(axes: Axes, image: np.ndarray) -> None:
    """An image (h, w[, 3]), bytes or floats in [0, 1], without ticks."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=255 if image.dtype == np.uint8 else 1, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])


def _stamps_into(figure: Figure | SubFigure, gallery: Gallery) -> None:
    stamps, usage = gallery.stamps, gallery.usage
    columns = _stamp_columns(stamps)
    shown = min(len(stamps), MOST_STAMPS)
    grid = figure.subplots(ceil(shown / columns), columns, squeeze=False)
    order = np.arange(len(stamps)) if usage is None else np.argsort(-usage, kind="stable")
    title = "Stamps"
    if usage is not None:
        title += f", most used first: {int((usage > 0).sum())} of {len(stamps)} occur among {int(usage.sum())} objects"
    if shown < len(stamps):
        title += f", {shown} shown"
    if gallery.is_grouped:
        title += "; c: its class"
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    for axes in grid.flat:
        axes.axis("off")
    for axes, number in zip(grid.flat, order, strict=False):
        axes.axis("on")
        show(axes, stamps[number])
        dead = usage is not None and usage[number] == 0
        kind = int(gallery.class_of_stamp[number])
        axes.spines[:].set(color="#BBBBBB" if dead or kind < 0 else colour_of(kind), linewidth=2)
        name = f"{number}{_class_beside(gallery, kind)}" if gallery.is_grouped else str(number)
        share = "" if usage is None else " unused" if dead else f" {_percent(usage[number] / usage.sum())}"
        label = f"{name}{share}" if columns == STAMPS_IN_A_ROW else f"{name}{share}".replace(" unused", " -")
        axes.set_title(
            plain(label),
            fontsize=9 if columns == STAMPS_IN_A_ROW else 6.5,
            pad=3,
            color="#888888" if dead else "black",
        )


def _class_beside(gallery: Gallery, kind: int) -> str:
    """What stands beside the number of a stamp: c3 for a class without a name."""
    if kind < 0:
        return " left out"
    name = short(gallery.class_names[kind])
    return f" c{name}" if name.isdecimal() else f" {name}"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def _scenes_into(
    figure: Figure | SubFigure,
    images: np.ndarray,
    detections: Sequence[Detections],
    class_names: Sequence[str],
    reconstructions: np.ndarray | None,
    truth_boxes_xyxy: np.ndarray | None,
) -> None:
    kinds = 1 if reconstructions is None else 2
    grid = figure.subplots(ceil(len(images) / SCENES_IN_A_ROW) * kinds, SCENES_IN_A_ROW, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    below = "" if reconstructions is None else ", and below each what the stamps explain of it"
    figure.suptitle(f"Images with the stamps found{below}", fontsize=11, x=0.01, ha="left")
    for number, (image, found) in enumerate(zip(images, detections, strict=True)):
        band, column = divmod(number, SCENES_IN_A_ROW)
        axes = grid[band * kinds, column]
        axes.axis("on")
        show(axes, image)
        for x0, y0, x1, y1 in () if truth_boxes_xyxy is None else truth_boxes_xyxy[number].tolist():
            axes.add_patch(outlined(x0, y0, x1, y1, color="white", linestyle="--", linewidth=0.8))
        for (x0, y0, x1, y1), kind in zip(found.boxes_xyxy.tolist(), found.class_id.tolist(), strict=True):
            points = 72 * WIDTH / SCENES_IN_A_ROW * (y1 - y0) / image.shape[1]
            axes.add_patch(outlined(x0, y0, x1, y1, color=colour_of(kind), linewidth=1.5))
            if OF_A_BOX * points < LEAST_LABEL:
                continue
            axes.text(
                x0,
                y0,
                plain(short(class_names[kind])),
                color="black",
                fontsize=min(LABEL, OF_A_BOX * points),
                va="bottom" if y0 > 0.1 * image.shape[0] else "top",
                clip_on=True,
                bbox={"facecolor": colour_of(kind), "edgecolor": "none", "pad": 1},
            )
        if reconstructions is not None:
            axes = grid[band * kinds + 1, column]
            axes.axis("on")
            show(axes, reconstructions[number])


def outlined(x0: float, y0: float, x1: float, y1: float, **style: Any) -> Rectangle:
    """The outline of a half-open box: pixel 0 is drawn from -0.5 to 0.5."""
    return Rectangle((x0 - 0.5, y0 - 0.5), x1 - x0, y1 - y0, fill=False, **style)
