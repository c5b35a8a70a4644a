"""Settings to a run folder: read or generate the images, fit, save, report."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64
from rich.console import Console

from stampnet.atomic import whole_file
from stampnet.data.image_files import IMAGES, Reader, Skipped, list_images, read_all, stack_images
from stampnet.data.layout import Layout
from stampnet.data.plan import largest_of
from stampnet.data.preparation import Field, refusal, sample_of
from stampnet.data.recipe import PAPER_CANVAS, SceneRecipe, make_scenes
from stampnet.data.scene_folder import ANNOTATIONS
from stampnet.data.tile_sample import num_tiles, tile_sample
from stampnet.data.tiles import tiles
from stampnet.data.value_range import full_scale_of
from stampnet.detecting import detect_in_files
from stampnet.detection import Detections
from stampnet.detection_store import DetectionStore
from stampnet.errors import InputError
from stampnet.evaluation import OFFICIAL, evaluate, scenes_named
from stampnet.export.coco import read_coco
from stampnet.matching.poses import PoseConfig
from stampnet.metrics.annotated import annotated_scores
from stampnet.model.config import ModelConfig
from stampnet.pedestrians.site_folder import has_site
from stampnet.predictor import LOOKED_AT, StampNet, teacher_of
from stampnet.progress import tracked
from stampnet.report.album import make_album, save_album
from stampnet.report.page import Table
from stampnet.report.run_report import EVALUATION, report_run, save_samples, save_starts
from stampnet.report.score_table import annotated_table, score_table
from stampnet.report.tables import published_scores
from stampnet.settings import ONLY_MATCHING, ImageKind, Settings, check_for_network
from stampnet.training.config import Hardware
from stampnet.training.defaults import AUTO, beginning, distillation_for
from stampnet.training.distillation import taught_network
from stampnet.training.fit import fit
from stampnet.training.fitted import Fitted
from stampnet.training.keras_weights import import_weights
from stampnet.training.pixels import check_images, check_not_blank, drawn, to_pixels
from stampnet.training.presets import Preset, preset
from stampnet.training.run_folder import (
    CONFIG,
    RunConfig,
    load_config,
    load_static,
    save_config,
    save_model,
    save_static,
)
from stampnet.training.trainer import after_ctrl_c

SIZES = ("num_stamps", "max_shapes", "stamp_size")
"""What a person may ask of a model."""
NAMED_AT_MOST = 20
"""Images that cannot be used; of more, the number is told."""
IN_ALBUM = 24
"""Whole images in which objects are sought for the report."""
FROM_PYTHON = "the run was fitted on an array from Python: its images cannot be read again"
NUM_SAMPLES = 1000  # images on which the use of the stamps is counted for the report


class Setup(NamedTuple):
    """What a run begins with."""

    config: RunConfig
    static: Field | None = None
    """The background that all its images share, where there is one."""


def is_main_process() -> bool:
    """False in the helping processes that the trainer or torchrun starts: they fit, but write and say nothing."""
    return all(int(os.environ.get(name, 0)) == 0 for name in ("RANK", "LOCAL_RANK"))


def configure(  # noqa: PLR0913 (all that may be said of a run)
    images: Sequence[str | Path],
    preset_name: str | None,
    *,
    engine: str | None = None,
    sizes: Mapping[str, Any] = MappingProxyType({}),
    passes: Mapping[str, int | None] = MappingProxyType({}),
    own: Mapping[str, Any] = MappingProxyType({}),
    seed: int = 0,
    teacher: Path | None = None,
    hardware: Hardware = Hardware(),  # noqa: B008 (frozen)
    strict: bool = False,
    show_progress: bool = False,
) -> Setup:
    """The resolved settings of a run: of a preset or of one's own images; what is given replaces what they say.

    Without an `engine` a preset takes its own, images take matching. `sizes` are num_stamps, max_shapes, stamp_size;
    `passes` are epochs, batch_size, num_starts; `own` are deform and, for matching alone, background, polarity, colour,
    max_angle, scale_range, num_classes. Sizes that nobody gives are found from the images, which are then laid out in
    tiles. A `teacher`, a run of matching, gives a network all these and, where no others are named, its images.

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
        return Setup(_of_preset(images, preset_name, engine, given, {**numbers, "seed": seed}, hardware))
    if not images:
        raise InputError("there is nothing to fit: give a folder of images, or a --preset that generates them")
    found = dict.fromkeys(SIZES, AUTO) if engine != "network" else {}
    settings = StampNet(engine=engine or "matching", **(found | given), **numbers).settings()  # type: ignore[arg-type]
    reader = Reader(list_images(images), strict=strict)
    setup = _of_own_images(reader, settings, seed, show_progress=show_progress)
    return setup._replace(config=replace(setup.config, images=tuple(map(str, images)), hardware=hardware))


def _of_own_images(reader: Reader, settings: Settings, seed: int, *, show_progress: bool) -> Setup:
    """The settings for images in files, but for what these are called."""
    plan = None
    if settings.is_laid_out(reader.sizes):
        numbers = drawn(len(reader.sizes)).tolist()
        images = islice((image for image in map(reader.read, numbers) if image is not None), LOOKED_AT)
        most = min(LOOKED_AT, len(numbers))
        sample = sample_of(tracked(images, "looking at images", total=most, show=show_progress))
        if not sample:
            raise reader.complaint()
        plan = settings.plan(sample, largest_of(reader.sizes))
        channels = 3 if plan.layout.preparation.colour else 1
        kind = ImageKind(num_tiles(reader.sizes, plan.layout), plan.layout.seen, channels)
    else:
        array = stack_images(read_all(reader))
        kind = ImageKind.of(array)
    config = RunConfig(
        model=settings.model(kind, plan),
        training=settings.training(kind.number, seed, plan),
        layout=plan.layout if plan else None,
        choices=plan.choices if plan else (),
    )
    return Setup(config, plan.static if plan else None)


def _of_preset(
    images: Sequence[str | Path],
    name: str,
    engine: str | None,
    given: dict[str, Any],
    numbers: dict[str, Any],
    hardware: Hardware,
) -> RunConfig:
    """The settings of a preset, but for what is given."""
    chosen: Preset = preset(name)
    if chosen.recipe is None and not images:
        raise InputError(f"the images of preset {name!r} cannot be generated; give a folder of images")
    if engine not in (None, chosen.model.engine):
        raise InputError(f"preset {name!r} is one of engine {chosen.model.engine}, not {engine}")
    _check_for_preset(name, given)
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
            lambda: most * _num_images(images, chosen.recipe),
        )
        given.update(num_stamps=first.num_stamps, deform=first.deform)
        if first.prune:
            numbers["prune"] = True
    return RunConfig(
        images=tuple(map(str, images)),
        recipe=None if images or chosen.recipe is None else replace(chosen.recipe, seed=numbers["seed"]),
        model=replace(chosen.model, **given),
        training=replace(chosen.training, **numbers),
        hardware=hardware,
    )


def _check_for_preset(name: str, given: Mapping[str, Any]) -> None:
    """Raises InputError naming the option that asks for images that are laid out: those of presets are seen as they
    are."""
    strange = {
        "polarity": True,
        "colour": True,
        "background": given.get("background") in ("each", "static"),
        "max_shapes": given.get("max_shapes") == AUTO,
        "stamp_size": given.get("stamp_size") == AUTO,
    }
    options = {"colour": "--colour" if given.get("colour") else "--grey"}
    for setting, is_strange in strange.items():
        if setting in given and is_strange:
            option = options.get(setting, f"--{setting.replace('_', '-')} {given[setting]}")
            raise InputError(f"preset {name!r} sees images as they are and takes no {option}; leave out one of the two")


def _num_images(images: Sequence[str | Path], recipe: SceneRecipe | None, layout: Layout | None = None) -> int:
    """How many images there are to fit, given or generated; where they are laid out, how many tiles."""
    if recipe is not None and not images:
        return recipe.num_images
    reader = _reader_for(images, layout)
    # Where there are few, those that cannot be used matter: all others must fill a batch.
    few = len(reader.sizes) <= LOOKED_AT
    sizes = [(image.shape[0], image.shape[1]) for _, image in reader] if few else reader.sizes
    return len(sizes) if layout is None else num_tiles(sizes, layout)


def _reader_for(images: Sequence[str | Path], layout: Layout | None, *, strict: bool = False) -> Reader:
    """Images of a run: where it lays them out, those of the kind that it was planned for."""
    refused = None if layout is None else partial(refusal, values=layout.preparation.values)
    return Reader(list_images(images), strict=strict, refusal=refused)


def _taught(
    images: Sequence[str | Path], teacher: Path, engine: str | None, hardware: Hardware, numbers: Mapping[str, int]
) -> Setup:
    """The settings of a network that learns from a run of matching, on its images or on others like them."""
    taught_by = StampNet.load(teacher)
    model = teacher_of(engine or "network", taught_by).config
    source = load_config(teacher)
    if images:
        source = replace(source, images=tuple(map(str, images)), recipe=None)
    if not source.images and source.recipe is None:
        raise InputError(FROM_PYTHON)
    config = RunConfig(
        images=source.images,
        recipe=source.recipe,
        teacher=str(teacher),
        model=taught_network(model),
        training=distillation_for(_num_images(source.images, source.recipe, source.layout), **numbers),
        hardware=hardware,
        layout=source.layout,
    )
    return Setup(config, taught_by.static_)


def _with_pose(given: dict[str, Any]) -> dict[str, Any]:
    """Settings of a model whose angles and scales are one setting, its pose."""
    names = {"max_angle": "max_angle_deg", "scale_range": "scale_range"}
    pose = {names[name]: given[name] for name in names if name in given}
    others = {name: value for name, value in given.items() if name not in names}
    return others | ({"pose": PoseConfig(**pose)} if pose else {})


def images_of(
    setup: Setup, data_dir: Path | None = None, *, strict: bool = False, show_progress: bool = False
) -> np.ndarray:
    """The images (B, H, W[, C]) that a run is fitted on, read or generated; where it lays images out, their tiles.

    Images that cannot be used are named on standard error, unless `strict`.

    Raises InputError where there are none, or `strict` and one cannot be used.
    """
    config, static = setup
    if config.recipe is not None:
        return make_scenes(config.recipe, data_dir).images
    if not config.images:
        raise InputError(FROM_PYTHON)
    layout = config.layout
    reader = _reader_for(config.images, layout, strict=strict)
    try:
        if layout is None:
            return check_images(stack_images(read_all(reader)))
        return tile_sample(reader.sizes, reader.read, layout, static, show_progress=show_progress)
    finally:
        name_skipped(reader.skipped)


def name_skipped(skipped: Sequence[Skipped]) -> None:
    """Says on standard error which images could not be used, and why."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    for one in skipped[:NAMED_AT_MOST]:
        console.print(f"skipped {one.name}: {one.reason}")
    if len(skipped) > NAMED_AT_MOST:
        console.print(f"and {len(skipped) - NAMED_AT_MOST} more")
    if skipped:
        console.print(f"images that cannot be used: {len(skipped)}")


def fit_run(
    setup: Setup,
    folder: Path,
    *,
    resume: bool = False,
    data_dir: Path | None = None,
    show_progress: bool = False,
    strict: bool = False,
) -> Fitted:
    """Fits `setup` into `folder`: settings first, then checkpoints, at the end model, stamps.png and report.html.

    Ctrl-C leaves the same files, of the last step, but no whole images are searched then; `resume` continues after the
    last whole epoch.

    Raises InputError where `folder` already holds a run and `resume` is false, or there is nothing in any image.
    """
    config, static = setup
    if config.training is None:
        raise InputError(f"{folder} holds imported weights, which have no training to continue")
    if is_main_process() and not resume and (folder / CONFIG).exists():
        raise InputError(f"{folder} already holds a run; continue it with --resume or name another folder")
    images = images_of(setup, data_dir, strict=strict, show_progress=show_progress)
    check_not_blank(images)
    if is_main_process():
        save_config(config, folder)
        if static is not None:
            save_static(static, folder)
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
        number = after_ctrl_c(NUM_SAMPLES, images.shape[1:3]) if fitted.interrupted else NUM_SAMPLES
        sample = np.random.default_rng(0).permutation(len(images))[:number]
        model = StampNet.from_model(fitted.model, full_scale, config.layout, static)
        usage = None
        if config.layout is not None and not fitted.interrupted:
            usage = _keep_album(model, config.images, folder, show_progress=show_progress)
        save_samples(model, images[sample], folder, usage)
        report_run(folder)
    return fitted


def _keep_album(
    model: StampNet, sources: Sequence[str], folder: Path, *, show_progress: bool
) -> Int64[np.ndarray, " N"] | None:
    """Keeps some whole images of a run with what is found in them, which later searches then know.

    Returns how many objects each stamp has there, if images are cut into tiles: what the borders of tiles cut, and
    stamps for it, belong to no image. Of images that are a tile each, more are known as tiles: then None.
    """
    reader = Reader(list_images(sources), refusal=model.refusal)
    numbers = drawn(len(reader.sizes))[:IN_ALBUM].tolist()
    usage = np.zeros(len(model.stamps_), np.int64)

    def found(store: DetectionStore) -> Iterator[tuple[np.ndarray, Detections]]:
        for number in tracked(numbers, "searching whole images", show=show_progress):
            file = reader.listing.files[number]
            one = store.get(file)
            image = reader.read(number)
            if image is None:
                continue
            if one is None:
                (one,) = model.scan([image])
                store.put(file, one)
            np.add.at(usage, one.stamp, 1)
            yield image, one

    with DetectionStore(folder) as store:
        album = make_album(found(store), len(model.stamps_))
    save_album(album, folder)
    assert model.layout_ is not None
    is_cut = any(len(tiles(size, model.layout_.tiling)) > 1 for size in set(reader.sizes))
    return usage if is_cut else None


def report_with(folder: Path, images: str | None) -> tuple[Path, Path]:
    """Draws the report of a run anew, with other samples where `images` names a folder, file or pattern; returns the
    paths of picture and page."""
    if images is None:
        return report_run(folder)
    model = StampNet.load(folder)
    setup = Setup(replace(load_config(folder), recipe=None, images=(images,)), model.static_)
    seen = images_of(setup)
    if model.layout_ is None:
        return report_run(folder, seen)
    usage = _keep_album(model, (images,), folder, show_progress=True)
    return report_run(folder, seen[np.random.default_rng(0).permutation(len(seen))[:NUM_SAMPLES]], usage)


def resume_setup(folder: Path, epochs: int | None = None) -> Setup:
    """The settings of a run to continue, with another number of epochs if given.

    Raises InputError for another number of epochs where stamps bend: their last passes follow the epochs; and where
    the run was fitted on depth frames.
    """
    if has_site(folder):
        raise InputError(f"{folder} is a run on depth frames, which cannot be continued; fit into another folder")
    config = load_config(folder)
    static = load_static(folder, config.layout)
    if epochs is None or config.training is None:
        return Setup(config, static)
    bends = config.model.engine == "matching" and config.model.deform != "none"
    if bends and epochs != config.training.epochs:
        raise InputError(
            f"a run whose stamps bend keeps its {config.training.epochs} epochs, got {epochs}; "
            "leave --epochs out, or fit into another folder"
        )
    return Setup(replace(config, training=replace(config.training, epochs=epochs)), static)


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
    images: str | None = None,
) -> Table:
    """Scores a run, keeps the table as `evaluation.json`, and adds it to the run's report.

    `data` may be annotations (COCO JSON) of `images`, by default of those beside it. Without `data`, test images are
    generated as those of the run were, from test digits and shapes, or the images of the run are taken, if there are
    annotations beside them.

    Raises InputError where answers are not known, or do not fit the images or the run.
    """
    model = StampNet.load(folder)
    config = load_config(folder)
    if data is None and images is None:
        data = _annotated_folder(config)
    if data is not None and model.layout_ is not None and not data.endswith(".json") and not Path(data).exists():
        raise InputError(
            f"there is no folder {data}, and the images of this run are of any size, so that it is scored against "
            "answers in a COCO file: give --data truth.json, with --images where these do not lie beside it"
        )
    if data is not None and (images is not None or model.layout_ is not None or data.endswith(".json")):
        return _evaluate_in_files(folder, Path(data), images)
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
    _keep(table, [asdict(result) for result in results], folder)
    return table


def _annotated_folder(config: RunConfig) -> str | None:
    """The folder of images that a run was fitted on, or the one around it, where it holds their answers."""
    if len(config.images) != 1:
        return None
    folder = Path(config.images[0])
    around = folder.parent if folder.name == IMAGES else folder
    return str(around) if (around / ANNOTATIONS).is_file() else None


def _evaluate_in_files(folder: Path, data: Path, images: str | None) -> Table:
    """Scores by annotations of images in files; `data` is the annotations or, as generated, a folder with them."""
    annotations = data / ANNOTATIONS if data.is_dir() else data
    truth = read_coco(annotations)
    beside = annotations.parent / IMAGES
    search = detect_in_files(folder, [images or (beside if beside.is_dir() else annotations.parent)])
    name_skipped(search.skipped)
    scores = annotated_scores(truth, search.table)
    table = annotated_table(scores, f"{annotations}: {scores.num_images} images")
    _keep(table, [asdict(scores)], folder)
    return table


def _keep(table: Table, results: list[dict[str, Any]], folder: Path) -> None:
    """Keeps a table of scores with the run, and shows it in the report."""
    with whole_file(folder / EVALUATION) as temporary:
        temporary.write_text(json.dumps({**asdict(table), "results": results}, indent=2))
    report_run(folder)


def held_out_recipe(config: RunConfig, num_images: int) -> SceneRecipe:
    """Test images like those that a run was fitted on, of other digits and shapes.

    Raises InputError where the run's images were not generated.
    """
    if config.recipe is None:
        where = ", ".join(config.images) or "an array from Python"
        raise InputError(
            f"the images of the run have no known answers: there is no {ANNOTATIONS} in {where}; name some with --data"
        )
    return replace(config.recipe, num_images=num_images, split="test")


def _paper_row(data: str, model: ModelConfig) -> str:
    """The name of the row of Table 1 that such data belong to; no row has that name on another canvas."""
    if data.startswith(OFFICIAL):
        return data.removeprefix(OFFICIAL)
    if model.image_size != PAPER_CANVAS.get(data):
        return ""
    return f"{data.removesuffix('-binary')}-{model.max_shapes}"
