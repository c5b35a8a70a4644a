"""Facts about pictures: they draw for every number of stamps and images, and what they draw is there."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from stampnet.detection import Detections
from stampnet.report.album import draw_pictures, make_album
from stampnet.report.figures import (
    Gallery,
    colour_of,
    draw_classes,
    draw_curves,
    draw_overview,
    draw_scenes,
    draw_stamps,
    png_bytes,
    save_png,
)

RNG = np.random.default_rng(0)


def numbered(stamps: np.ndarray, classes: np.ndarray | None = None, usage: np.ndarray | None = None) -> Gallery:
    """Stamps in classes without names, or each a class of its own."""
    if classes is None:
        return Gallery(stamps, np.arange(len(stamps)), [f"stamp {k}" for k in range(len(stamps))], usage)
    return Gallery(stamps, classes, [f"class {k}" for k in range(classes.max() + 1)], usage)


def detections(*boxes: tuple[int, int, int, int]) -> Detections:
    number = np.arange(len(boxes), dtype=np.int64)
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), number, number, np.ones(len(boxes), np.float32))


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize("number", [1, 10, 41, 300])
@pytest.mark.parametrize("shape", [(28, 28), (10, 30), (12, 8, 3)])
def test_any_number_of_stamps_is_drawn(number: int, shape: tuple[int, ...]) -> None:
    usage = RNG.integers(0, 5, number)
    usage[0] = 1
    picture = pixels(png_bytes(draw_stamps(numbered(RNG.random((number, *shape)), None, usage))))
    assert picture.std() > 10
    assert picture.size < 40_000_000


def test_classes_are_drawn_in_a_row_each() -> None:
    stamps, class_of_stamp = RNG.random((60, 12, 10)), np.arange(60) % 3
    tall, flat = (
        pixels(png_bytes(draw_classes(numbered(stamps[:number], class_of_stamp[:number] % classes))))
        for number, classes in ((60, 3), (2, 1))
    )
    assert tall.std() > 10
    assert tall.shape[0] > 1.5 * flat.shape[0]


def num_pixels(figure: Figure, number: int) -> int:
    """How many pixels have the colour of that stamp or class."""
    colour = np.array([int(colour_of(number)[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(pixels(png_bytes(figure)).astype(int) - colour).max(axis=-1) < 3).sum())


def test_boxes_and_stamps_are_drawn_in_the_colour_of_their_class() -> None:
    found = replace(detections((5, 5, 30, 30)), stamp=np.array([1]), class_id=np.array([4]))
    scenes = draw_scenes(np.zeros((1, 40, 40), np.uint8), [found], list("abcde"), None, None)
    stamps = draw_stamps(numbered(np.zeros((2, 9, 9)), np.array([4, 4]), np.array([3, 1])))
    for figure in (scenes, stamps):
        assert num_pixels(figure, 4) > 100
        assert num_pixels(figure, 1) == 0


def test_one_stamp_is_no_stamps() -> None:
    stamps, classes = np.zeros((3, 9, 9)), np.array([0, 1, 1])
    titles = [axes.get_title(loc="left") for axes in draw_classes(numbered(stamps, classes)).axes]
    assert [title.rpartition(", ")[2] for title in titles] == ["1 stamp", "2 stamps"]


@pytest.mark.parametrize(("side", "is_labelled"), [(28, True), (12, True), (6, False)])
def test_a_label_does_not_hide_small_boxes(side: int, is_labelled: bool) -> None:
    found = detections((20, 20, 20 + side, 20 + side))
    figure = draw_scenes(np.zeros((1, 84, 84), np.uint8), [found], ["crate"], None, None)
    labels = [text for text in figure.findobj(Text) if text.get_text() == "crate"]
    assert len(labels) == is_labelled
    if labels:
        figure.canvas.draw()
        box, label = figure.axes[0].patches[0].get_window_extent(), labels[0].get_window_extent()
        assert label.height < 0.6 * box.height


@pytest.mark.parametrize("number", [1, 8, 12])
@pytest.mark.parametrize("colour", [(), (3,)])
def test_overviews_show_grey_and_colour_with_and_without_objects(number: int, colour: tuple[int, ...]) -> None:
    images = RNG.integers(0, 255, (number, 30, 40, *colour), np.uint8)
    found = [detections((0, 0, 10, 10)) if i % 2 else detections() for i in range(number)]
    truth = np.zeros((number, 1, 4), np.float32)
    stamps = RNG.random((12, 10, 10, *colour))
    figure = draw_overview(numbered(stamps, np.arange(12) % 5, np.arange(12)), images, found, images / 255, truth)
    assert pixels(png_bytes(figure)).std() > 10


def test_curves_need_epochs_and_bear_gaps() -> None:
    rows = [{"epoch": i, "temperature": 7 / (i + 1), "train_sse": 9.0 - i, "val_sse": None} for i in range(3)]
    figure = draw_curves(rows)
    assert figure is not None
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["training, noisy choices", "temperature"]
    assert draw_curves([]) is None


def test_curves_of_matching_show_no_temperature() -> None:
    figure = draw_curves([{"epoch": 0, "temperature": 0.0, "train_sse": 9.0, "val_sse": 8.0}])
    assert figure is not None
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["training", "validation"]
    assert pixels(png_bytes(figure)).std() > 1


def test_a_picture_is_written_as_png(tmp_path: Path) -> None:
    save_png(draw_stamps(numbered(np.ones((1, 3, 3)))), tmp_path / "new" / "stamps.png")
    with Image.open(tmp_path / "new" / "stamps.png") as picture:
        assert picture.format == "PNG"


@pytest.mark.parametrize("name", [r"$\frac$", "a $5 b $6", r"\$x$"])
def test_names_are_no_formulas(name: str) -> None:
    stamps, names = np.zeros((2, 9, 9)), [name, "dog"]
    gallery = Gallery(stamps, np.arange(2), names, np.array([3, 1]))
    found = detections((1, 1, 9, 9), (3, 3, 12, 12))
    image = np.zeros((1, 40, 40), np.uint8)
    album = make_album([(image[0], found)], 2)
    for figure in (
        draw_stamps(gallery),
        draw_classes(gallery),
        draw_scenes(image, [found], names, None, None),
        draw_pictures(album, album.found, names),
    ):
        png_bytes(figure)
        texts = [text for text in figure.findobj(Text) if "dog" in text.get_text() or "$" in text.get_text()]
        # What matplotlib draws of a text: no formula, and the name as it is.
        drawn = [text._preprocess_math(text.get_text()) for text in texts]
        assert any(name in text for text, _ in drawn)
        assert not any(is_formula for _, is_formula in drawn)
