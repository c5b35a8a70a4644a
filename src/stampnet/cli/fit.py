"""`stampnet fit`: images to a run folder."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stampnet.cli.options import DataDir, Seed, number_or_auto, size_or_auto, span
from stampnet.errors import InputError


class Engine(StrEnum):
    matching = "matching"
    network = "network"


class Background(StrEnum):
    auto = "auto"
    constant = "constant"
    each = "each"
    smooth = "smooth"
    static = "static"


class Polarity(StrEnum):
    auto = "auto"
    bright = "bright"
    dark = "dark"
    both = "both"


class Deform(StrEnum):
    none = "none"
    affine = "affine"
    smooth = "smooth"


class Precision(StrEnum):
    full = "32-true"
    mixed = "bf16-mixed"


def fit(
    out: Annotated[Path, typer.Option(help="The run folder to make.", show_default=False)],
    images: Annotated[
        list[str] | None,
        typer.Argument(
            help="Folders, files or patterns of images (PNG, JPEG, TIFF, WebP, GIF, BMP, npy, npz), of any sizes.",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="Settings by name, with data that are generated: simple-shapes-small, t-mnist-2-as-run, ..."),
    ] = None,
    engine: Annotated[
        Engine | None,
        typer.Option(
            help="How choices are made: by matching the stamps themselves, in seconds, or by the network of the paper. "
            "[default: matching, or the preset's]"
        ),
    ] = None,
    num_stamps: Annotated[
        str | None,
        typer.Option(
            help="Kinds of object to look for (N), or auto: as many as the images need; where stamps are grouped into "
            "classes, one for every 20 objects that there may be, from 40 to 1000. [default: auto]"
        ),
    ] = None,
    max_shapes: Annotated[
        str | None,
        typer.Option(help="Objects in an image at most (M), or auto: as many as there is room for. [default: auto]"),
    ] = None,
    stamp_size: Annotated[
        str | None,
        typer.Option(
            help="Pixels of a stamp: 28, or 40x60 for height x width, or auto: as large as objects look. "
            "[default: auto]"
        ),
    ] = None,
    background: Annotated[
        Background | None,
        typer.Option(
            help="What objects lie on, for matching: one value for all images or for each, a smooth field of each "
            "image, the same picture in all (a camera that stands still), or what the images show. [default: auto]"
        ),
    ] = None,
    polarity: Annotated[
        Polarity | None,
        typer.Option(
            help="Objects are brighter than what they lie on, darker, or either; or what the images show. "
            "[default: auto]"
        ),
    ] = None,
    colour: Annotated[
        bool | None,
        typer.Option("--colour/--grey", help="Whether stamps have colours. [default: what the images show]"),
    ] = None,
    deform: Annotated[
        Deform | None,
        typer.Option(
            help="What a stamp may do when it is placed: keep its form; turn, scale and shear a little; or bend "
            "as well. [default: smooth with --num-classes, else affine with --max-angle or --scale-range, else none]"
        ),
    ] = None,
    max_angle: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=180,
            metavar="DEGREES",
            help="Stamps turn by up to this; 180: by any angle. They are sought in steps of at most 22.5 degrees; "
            "--deform tells what lies between. [default: 0]",
        ),
    ] = None,
    scale_range: Annotated[
        str | None,
        typer.Option(
            metavar="LOW:HIGH",
            help="Factors of size of a stamp: 0.7:1.4. They are sought in steps of at most 1.25; --deform tells what "
            "lies between. [default: 1:1]",
        ),
    ] = None,
    num_classes: Annotated[
        str | None,
        typer.Option(
            help="Group the stamps into so many classes, or auto: as many as they fall into. Best with many stamps: "
            "--num-stamps auto. [default: each stamp a class]"
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            help="Passes over the images; else the preset's, or as many as stamps need; five more where they bend."
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            help="Images in a step. [default: from 16 to 256, fewer where images hold many objects; the network's 64]"
        ),
    ] = None,
    starts: Annotated[
        int | None,
        typer.Option(help="Fits of matching with different seeds; that of least error is kept. [default: 1]"),
    ] = None,
    init: Annotated[
        Path | None,
        typer.Option(
            help="A run of matching that teaches the network its stamps and placements, in a few passes; sizes and, "
            "without IMAGES, images are those of that run.",
            show_default=False,
        ),
    ] = None,
    camera: Annotated[
        Path | None,
        typer.Option(
            help="Learn people: IMAGES are depth frames from above (.npy, .npz, HDF5, 16-bit TIFF, a folder of PNG), "
            "one source for each camera of this file.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option(help="Continue the run in --out after its last whole epoch.")] = False,
    accelerator: Annotated[str, typer.Option(help="auto, cpu, gpu or mps.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="Processes or GPUs.")] = 1,
    strategy: Annotated[str, typer.Option(help="auto, or ddp for several devices.")] = "auto",
    precision: Annotated[Precision, typer.Option(help="bf16-mixed halves the encoder's bytes.")] = Precision.full,
    compile: Annotated[bool, typer.Option(help="Compile the network first (torch.compile).")] = False,
    data_dir: DataDir = None,
    strict: Annotated[
        bool, typer.Option(help="Stop where an image cannot be used, instead of leaving it out.")
    ] = False,
    quiet: Annotated[bool, typer.Option(help="No progress bar.")] = False,
) -> None:
    """Learn the stamps of images without labels.

    Example: stampnet fit photos/ --out runs/photos
    """
    from stampnet.run import configure, fit_run, is_main_process, resume_setup
    from stampnet.training.config import Hardware

    settings = {
        "--preset": preset,
        "--engine": engine,
        "--max-shapes": max_shapes,
        "--stamp-size": stamp_size,
        "--background": background,
        "--polarity": polarity,
        "--colour or --grey": colour,
        "--deform": deform,
        "--max-angle": max_angle,
        "--scale-range": scale_range,
        "--num-classes": num_classes,
        "--batch-size": batch_size,
        "--starts": starts,
        "--init": init,
    }
    if camera is not None:
        _fit_people(
            {
                **settings,
                "--epochs": epochs,
                "--resume": resume or None,
                "--accelerator": None if accelerator == "auto" else accelerator,
                "--devices": None if devices == 1 else devices,
                "--strategy": None if strategy == "auto" else strategy,
                "--precision": None if precision is Precision.full else precision,
                "--compile": compile or None,
                "--data-dir": data_dir,
                "--strict": strict or None,
            },
            images or [],
            camera,
            out,
            num_stamps,
            seed,
            show_progress=not quiet,
        )
        return
    if resume:
        _refuse_settings([images, num_stamps, *settings.values()])
        setup = resume_setup(out, epochs)
    else:
        setup = configure(
            images or [],
            preset,
            engine=engine.value if engine else None,
            sizes={
                "num_stamps": number_or_auto(num_stamps, "--num-stamps") if num_stamps else None,
                "max_shapes": number_or_auto(max_shapes, "--max-shapes") if max_shapes else None,
                "stamp_size": size_or_auto(stamp_size) if stamp_size else None,
            },
            passes={"epochs": epochs, "batch_size": batch_size, "num_starts": starts},
            own={
                "background": background.value if background else None,
                "polarity": polarity.value if polarity else None,
                "colour": colour,
                "deform": deform.value if deform else None,
                "max_angle": max_angle,
                "scale_range": span(scale_range) if scale_range else None,
                "num_classes": number_or_auto(num_classes, "--num-classes") if num_classes else None,
            },
            seed=seed,
            teacher=init,
            hardware=Hardware(
                accelerator=accelerator,
                devices=devices,
                strategy=strategy,
                precision=precision.value,
                compile=compile,
            ),
            strict=strict,
            show_progress=not quiet,
        )
    config = setup.config
    if is_main_process():  # before it begins, for it may take long
        for choice in config.choices:
            print(f"{choice.setting}: {choice.value} ({choice.why})", flush=True)
    fitted = fit_run(setup, out, resume=resume, data_dir=data_dir, show_progress=not quiet, strict=strict)
    if not is_main_process():
        return
    if config.training and getattr(config.training, "prune", False):
        print(f"stamps:  {fitted.model.config.num_stamps}")
    if fitted.model.config.num_classes is not None:
        print(f"classes: {fitted.model.config.num_classes}")
    for seed_tried, error in fitted.starts:
        print(f"start with seed {seed_tried}: squared error {error:.3f}")
    print(f"fitted {len(fitted.history)} epochs\npicture: {out / 'stamps.png'}\nreport:  {out / 'report.html'}")
    if fitted.interrupted:
        print(f"interrupted: the run can be used as it is, or continued with stampnet fit --out {out} --resume")
        sys.exit(130)


def _refuse_settings(told: list[object]) -> None:
    if any(option is not None for option in told):
        raise InputError("--resume takes its settings from the run: only --epochs may be given with it")


def _fit_people(
    settings: dict[str, object],
    frames: list[str],
    camera: Path,
    out: Path,
    num_stamps: str | None,
    seed: int,
    *,
    show_progress: bool,
) -> None:
    """Learns what people look like from above."""
    if told := [name for name, value in settings.items() if value is not None]:
        raise InputError(f"{told[0]} is not for people in depth frames; leave it out, or leave out --camera")
    from stampnet.pedestrians.fitting import NUM_STAMPS
    from stampnet.pedestrians.run import fit_site

    number = number_or_auto(num_stamps or "auto", "--num-stamps")
    chosen = NUM_STAMPS if isinstance(number, str) else number
    fitted = fit_site(frames, camera, out, num_stamps=chosen, seed=seed, show_progress=show_progress)
    print(f"fitted {len(fitted.history)} epochs\npicture: {out / 'stamps.png'}\nreport:  {out / 'report.html'}")
    if fitted.interrupted:
        print(f"interrupted: {out} is no run yet; fit again")
        sys.exit(130)
