"""What makes the examples of README and docs short enough for tests: a command stays what the page says."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from stampnet.benchmarks.record import Measured
from stampnet.data.recipe import PAPER_CANVAS, SceneRecipe, make_scenes
from stampnet.data.scenes import Scenes
from stampnet.report.figures import new_figure
from stampnet.report.page import Table
from stampnet.training.defaults import training_for
from stampnet.training.presets import PRESETS, _matched

FEW = 20
"""Images of a data set that a page generates."""


def shorten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits take one pass, data sets are small, tables are not measured."""
    monkeypatch.setattr("stampnet.training.defaults.PASSES_AT_MOST", 1)
    monkeypatch.setattr("stampnet.training.defaults.LEAST_STEPS", 1)
    monkeypatch.setattr("stampnet.training.defaults.STEPS_FOR_OWN_IMAGES", 1)
    for module in ("bending_passes", "trainer"):
        monkeypatch.setattr(f"stampnet.training.{module}.STIFFNESS", (2.0, 1.0))
    for module in ("stampnet.run", "stampnet.evaluation", "stampnet.data.recipe"):
        monkeypatch.setattr(f"{module}.make_scenes", _few_scenes)
    monkeypatch.setattr("stampnet.evaluation.official_test_scenes", _like_official)
    monkeypatch.setattr("stampnet.training.presets._matched", lambda kind, m, n, _: _matched(kind, m, n, FEW))
    small = PRESETS["simple-shapes-small"]()
    small = replace(small, recipe=replace(small.recipe, num_images=FEW), training=training_for(FEW))
    monkeypatch.setitem(PRESETS, "simple-shapes-small", lambda: small)
    for module in ("figures", "run_report"):
        monkeypatch.setattr(f"stampnet.report.{module}.png_bytes", lambda _: b"")  # drawing takes longer than fitting
    monkeypatch.setattr("stampnet.report.run_report.draw_overview", lambda *_: new_figure(1.0))
    measured = Measured(Table("measured", ("row",), (("one",),)), ())
    for name in ("reproduce.reproduce_table_1", "reproduce.reproduce_hard", "table2.reproduce_table_2"):
        monkeypatch.setattr(f"stampnet.benchmarks.{name}", lambda **_: measured)
    monkeypatch.setattr("stampnet.benchmarks.classes.classes_table", lambda *_, **__: measured)
    monkeypatch.setattr("stampnet.benchmarks.reproduce.figure_2", lambda out: out)
    for name in ("decoder", "learning", "matching", "overlap", "teaching"):
        monkeypatch.setattr(f"stampnet.benchmarks.{name}.{name}_table", lambda: measured)
    monkeypatch.setattr("stampnet.benchmarks.pedestrian_row.reproduce_pedestrians", lambda **_: measured)
    monkeypatch.setattr("stampnet.benchmarks.real_images.real_images_table", lambda: measured)
    monkeypatch.setattr("stampnet.benchmarks.parity.parity_table", lambda _: measured)
    monkeypatch.setattr("stampnet.pedestrians.fitting.STEPS", 3)
    monkeypatch.setattr("stampnet.pedestrians.calibration.FRAMES", 3)


def _few_scenes(recipe: SceneRecipe, data_dir: Path | None = None) -> Scenes:
    return make_scenes(replace(recipe, num_images=min(recipe.num_images, FEW)), data_dir)


def _like_official(name: str, data_dir: Path | None) -> Scenes:
    """A few images like the authors' thousands, which take seconds to make."""
    kind, _, number = name.rpartition("-")
    kind = "ct-mnist-binary" if kind == "ct-mnist" else kind
    recipe = SceneRecipe(kind=kind, num_images=FEW, num_shapes=int(number), canvas_size=PAPER_CANVAS[kind])
    return make_scenes(recipe, data_dir)


def words(line: str) -> list[str]:
    """What follows the name of the program in a line of an example, with few images."""
    _, *arguments = shlex.split(line, comments=True)
    if arguments[0] == "evaluate" and "--num-images" not in arguments:
        arguments += ["--num-images", str(FEW)]
    if arguments[:2] == ["generate", "pedestrians"]:
        arguments[arguments.index("--num-images") + 1] = str(FEW)
    return arguments
