"""Settings to a run folder: read or generate the images, fit, save, report."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from stampnet.atomic import whole_file
from stampnet.data.image_folder import full_scale_of, read_images, stack_images
from stampnet.data.recipe import PAPER_CANVAS, SceneRecipe, make_scenes
from stampnet.errors import InputError
from stampnet.evaluation import OFFICIAL, evaluate, scenes_named
from stampnet.matching.poses import PoseConfig
from stampnet.model.config import ModelConfig
from stampnet.predictor import ONLY_MATCHING, StampNet, check_for_network, teacher_of
from stampnet.report.page import Table
from stampnet.report.run_report import EVALUATION, report_run, save_samples, save_starts
from stampnet.report.score_table import score_table
from stampnet.report.tables import published_scores
from stampnet.training.config import Hardware
from stampnet.training.defaults import beginning, distillation_for
from stampnet.training.distillation import taught_network
from stampnet.training.fit import fit
from stampnet.training.fitted import Fitted
from stampnet.training.keras_weights import import_weights
from stampnet.training.pixels import check_images, to_pixels
from stampnet.training.presets import Preset, preset
from stampnet.training.run_folder import CONFIG, RunConfig, load_config, save_config, save_model

SIZES = ("num_stamps", "max_shapes", "stamp_size")
"""What a person may ask of a model."""
NUM_SAMPLES = 1000  # images on which the use of the stamps is counted for the report


def is_main_process() -> bool:
    """False in the helping processes that the trainer or torchrun starts: they fit, but write and say nothing."""
    return all(int(os.environ.get(name, 0)) == 0 for name in ("RANK", "LOCAL_RANK"))


def configure(
    images: Path | None,
    preset_name: str | None,
    *,
    engine: str | None = None,
    sizes: Mapping[str, Any] = MappingProxyType({}),
    passes: Mapping[str, int | None] = MappingProxyType({}),
    own: Mapping[str, Any] = MappingProxyType({}),
    seed: int = 0,
    teacher: Path | None = None,
    hardware: Hardware = Hardware(),  # noqa: B008 (frozen)
) -> RunConfig:
    """The resolved settings of a run: of a preset or of one's own images; what is given replaces what they say.

    Without an `engine` a preset takes its own, images take matching. `sizes` are num_stamps, max_shapes, stamp_size;
    `passes` are epochs, batch_size, num_starts; `own` are deform and, for matching alone, background, max_angle,
    scale_range, num_classes. A `teacher`, a run of matching, gives a network all these and, where no others are named,
    its images.

    Raises InputError where neither images nor a preset that generates them are given, the preset is one of the other
    engine, the network is to have a background, or a teacher is given to anything but the network.
    """
    given = {name: value for name, value in {**sizes, **own}.items() if value is not None}
    numbers: dict[str, Any] = {name: value for name, value in passes.items() if value is not None}
    if teacher is not None:
        if preset_name is not None or given:
            refused = ", ".join([*SIZES, *own])
            raise InputError(f"sizes come from the teacher {teacher}: give no preset and none of {refused}")
        if strange := numbers.keys() - {"epochs", "batch_size"}:
            raise InputError(f"a network that is taught takes no {', '.join(sorted(strange))}; leave it out")
        return _taught(images, teacher, engine, hardware, {**numbers, "seed": seed})
    if preset_name is not None:
        return _of_preset(images, preset_name, engine, given, {**numbers, "seed": seed}, hardware)
    if images is None:
        raise InputError("there is nothing to fit: give a folder of images, or a --preset that generates them")
    array = check_images(stack_images(read_images(images)))
    estimator = StampNet(engine=engine or "matching", **given, **numbers)  # type: ignore[arg-type]
    return RunConfig(
        images=str(images),
        model=estimator.model_config(array),
        training=estimator.training_config(len(array), seed),
        hardware=hardware,
    )


def _of_preset(
    images: Path | None,
    name: str,
    engine: str | None,
    given: dict[str, Any],
    numbers: dict[str, Any],
    hardware: Hardware,
) -> RunConfig:
    """The settings of a preset, but for what is given."""
    chosen: Preset = preset(name)
    if chosen.recipe is None and images is None:
        raise InputError(f"the images of preset {name!r} cannot be generated; give a folder of images")
    if engine not in (None, chosen.model.engine):
        raise InputError(f"preset {name!r} is one of engine {chosen.model.engine}, not {engine}")
    if chosen.model.engine == "network":
        check_for_network({**given, **numbers})
        given, numbers = ({key: own[key] for key in own if key not in ONLY_MATCHING} for own in (given, numbers))
    given = _with_pose(given)
    if not given.keys().isdisjoint({"num_stamps", "num_classes", "pose"}):
        most = given.get("max_shapes", chosen.model.max_shapes)
        first = beginning(
            given.get("num_stamps", chosen.model.num_stamps),
            given.get("num_classes"),
            given.get("deform"),
            given.get("pose", PoseConfig()),
            lambda: most * _num_images(images, chosen),
        )
        given.update(num_stamps=first.num_stamps, deform=first.deform)
        if first.prune:
            numbers["prune"] = True
    return RunConfig(
        images=str(images) if images else None,
        recipe=None if images or chosen.recipe is None else replace(chosen.recipe, seed=numbers["seed"]),
        model=replace(chosen.model, **given),
        training=replace(chosen.training, **numbers),
        hardware=hardware,
    )


def _num_images(images: Path | None, chosen: Preset) -> int:
    """How many images there are to fit, given or generated."""
    if images is not None:
        return len(read_images(images).names)
    assert chosen.recipe is not None
    return chosen.recipe.num_images


def _taught(
    images: Path | None, teacher: Path, engine: str | None, hardware: Hardware, numbers: Mapping[str, int]
) -> RunConfig:
    """The settings of a network that learns from a run of matching."""
    model = teacher_of(engine or "network", StampNet.load(teacher)).config
    source = load_config(teacher) if images is None else RunConfig(images=str(images), model=model)
    number = len(images_of(source))
    return RunConfig(
        images=source.images,
        recipe=source.recipe,
        teacher=str(teacher),
        model=taught_network(model),
        training=distillation_for(number, **numbers),
        hardware=hardware,
    )


def _with_pose(given: dict[str, Any]) -> dict[str, Any]:
    """Settings of a model whose angles and scales are one setting, its pose."""
    names = {"max_angle": "max_angle_deg", "scale_range": "scale_range"}
    pose = {names[name]: given[name] for name in names if name in given}
    others = {name: value for name, value in given.items() if name not in names}
    return others | ({"pose": PoseConfig(**pose)} if pose else {})


def images_of(config: RunConfig, data_dir: Path | None = None) -> np.ndarray:
    """The images (B, H, W[, C]) that a run is fitted on, read or generated."""
    if config.recipe is not None:
        return make_scenes(config.recipe, data_dir).images
    if config.images is None:
        raise InputError("the run was fitted on an array from Python: its images cannot be read again")
    return check_images(stack_images(read_images(Path(config.images))))


def fit_run(
    config: RunConfig,
    folder: Path,
    *,
    resume: bool = False,
    data_dir: Path | None = None,
    show_progress: bool = False,
) -> Fitted:
    """Fits `config` into `folder`: settings first, then checkpoints, at the end model, stamps.png and report.html.

    Ctrl-C leaves the same files, of the last step; `resume` continues after the last whole epoch.

    Raises InputError where `folder` already holds a run and `resume` is false.
    """
    if config.training is None:
        raise InputError(f"{folder} holds imported weights, which have no training to continue")
    if is_main_process():
        if not resume and (folder / CONFIG).exists():
            raise InputError(f"{folder} already holds a run; continue it with --resume or name another folder")
        images = images_of(config, data_dir)
        save_config(config, folder)
    else:
        images = images_of(config, data_dir)
    full_scale = full_scale_of([images])
    fitted = fit(
        to_pixels(images, full_scale),
        config.model,
        config.training,
        config.hardware,
        folder=folder,
        resume=resume,
        show_progress=show_progress,
        teacher=teacher_of("network", StampNet.load(Path(config.teacher))) if config.teacher else None,
    )
    if fitted.is_main_process:
        save_starts(fitted, folder)
        save_model(fitted.model, full_scale, folder)
        # Files lie sorted, often by kind: samples come from all.
        sample = np.random.default_rng(0).permutation(len(images))[:NUM_SAMPLES]
        save_samples(StampNet.from_model(fitted.model, full_scale), images[sample], folder)
        report_run(folder)
    return fitted


def resume_config(folder: Path, epochs: int | None = None) -> RunConfig:
    """The settings of a run to continue, with another number of epochs if given.

    Raises InputError for another number of epochs where stamps bend: their last passes follow the epochs.
    """
    config = load_config(folder)
    if epochs is None or config.training is None:
        return config
    bends = config.model.engine == "matching" and config.model.deform != "none"
    if bends and epochs != config.training.epochs:
        raise InputError(
            f"a run whose stamps bend keeps its {config.training.epochs} epochs, got {epochs}; "
            "leave --epochs out, or fit into another folder"
        )
    return replace(config, training=replace(config.training, epochs=epochs))


def import_run(weights: Path, config: Path, folder: Path) -> StampNet:
    """Makes a run folder of the authors' weights (.hdf5) and configuration (.json).

    Raises InputError where `folder` already holds a run or the files are not a released pair.
    """
    if (folder / CONFIG).exists():
        raise InputError(f"{folder} already holds a run; name another folder")
    model = StampNet.from_model(import_weights(weights, config))
    model.save(folder)
    report_run(folder)
    return model


def evaluate_run(
    folder: Path,
    data: str | None = None,
    *,
    num_images: int = 10_000,
    num_samples: int = 1,
    seed: int = 0,
    data_dir: Path | None = None,
) -> Table:
    """Scores a run, keeps the table as `evaluation.json`, and adds it to the run's report.

    Without `data`, test images are generated as those of the run were, from test digits and shapes.
    """
    model = StampNet.load(folder)
    config = load_config(folder)
    if data is not None:
        scenes = scenes_named(data, config.model, num_images=num_images, seed=seed, data_dir=data_dir)
    else:
        scenes = make_scenes(held_out_recipe(config, num_images), data_dir)
    if config.model.engine == "matching":
        num_samples = 0  # there is no chance in it
    results = evaluate(model, scenes, num_samples=num_samples, seed=seed)
    row = _paper_row(data or (config.recipe.kind if config.recipe else ""), config.model)
    title = f"{data or 'test images like those of the run'}: {len(scenes)} images, N = {model.model_.config.num_stamps}"
    table = score_table(results, title, published_scores(row))
    with whole_file(folder / EVALUATION) as temporary:
        temporary.write_text(json.dumps({**asdict(table), "results": [asdict(result) for result in results]}, indent=2))
    report_run(folder)
    return table


def held_out_recipe(config: RunConfig, num_images: int) -> SceneRecipe:
    """Test images like those that a run was fitted on, of other digits and shapes.

    Raises InputError where the run's images were not generated.
    """
    if config.recipe is None:
        raise InputError("the images of the run have no known answers; name some with --data")
    return replace(config.recipe, num_images=num_images, split="test")


def _paper_row(data: str, model: ModelConfig) -> str:
    """The name of the row of Table 1 that such data belong to; no row has that name on another canvas."""
    if data.startswith(OFFICIAL):
        return data.removeprefix(OFFICIAL)
    if model.image_size != PAPER_CANVAS.get(data):
        return ""
    return f"{data.removesuffix('-binary')}-{model.max_shapes}"
