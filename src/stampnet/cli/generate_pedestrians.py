"""`stampnet generate pedestrians`: overhead depth maps of people to a folder."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stampnet.cli.options import Seed
from stampnet.errors import InputError


class View(StrEnum):
    crops = "crops"
    frames = "frames"
    clip = "clip"


class Installation(StrEnum):
    glow = "glow"
    gotpd = "gotpd"
    gotpd_half = "gotpd-half"
    structured_light = "structured-light"


class Placement(StrEnum):
    glow = "glow"
    uniform = "uniform"
    border = "border"


class Mode(StrEnum):
    single = "single"
    group = "group"
    crowd = "crowd"
    empty = "empty"


class Split(StrEnum):
    train = "train"
    validation = "validation"
    test = "test"


def pedestrians(
    out: Annotated[Path, typer.Option(help="The folder to make.", show_default=False)],
    num_images: Annotated[int, typer.Option(min=1, help="Images to make; of a clip, its frames.")] = 1000,
    view: Annotated[
        View, typer.Option(help="Crops of 80 x 80 pixels, whole frames, or successive frames with tracks.")
    ] = View.crops,
    camera: Annotated[Installation, typer.Option(help="The installation: optics, height, and sensor.")] = (
        Installation.glow
    ),
    placement: Annotated[
        Placement | None,
        typer.Option(help="Where people are in a crop: as in the paper's images, anywhere, or cut. [default: glow]"),
    ] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="Who is in an image, for crops and frames. [default: all, mixed]")
    ] = None,
    density: Annotated[
        float | None, typer.Option(help="Persons per square metre in a crowd. [default: 0.5 to 3; in a clip 0.3]")
    ] = None,
    fps: Annotated[int | None, typer.Option(help="Frames each second of a clip: 15, 25 or 30. [default: 30]")] = None,
    split: Annotated[Split, typer.Option(help="No person or place is in two of them.")] = Split.train,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Processes; their number changes nothing in the images. [default: one a core, if that pays]"
        ),
    ] = None,
    seed: Seed = 0,
) -> None:
    """Overhead depth maps of pedestrians, with labels: the folder has depth and masks besides what other kinds have.

    Example: stampnet generate pedestrians --num-images 500 --out datasets/pedestrians
    """
    given = {"--placement": placement, "--mode": mode, "--density": density, "--fps": fps}
    refused = {
        View.crops: ("--fps",),
        View.frames: ("--placement", "--fps"),
        View.clip: ("--placement", "--mode"),
    }[view]
    for option in refused:
        if given[option] is not None:
            raise InputError(f"{option} has no meaning with --view {view.value}; leave it out")
    if mode is not None and mode is not Mode.crowd and density is not None:
        raise InputError(f"--density is that of a crowd, and has no meaning with --mode {mode.value}; leave one out")

    from stampnet.data.overhead_depth.clip import ClipRecipe, make_clip
    from stampnet.data.overhead_depth.crops import CropRecipe, make_crops
    from stampnet.data.overhead_depth.folder import write_pictures
    from stampnet.data.overhead_depth.frames import FrameRecipe, make_frames
    from stampnet.data.overhead_depth.presets import preset
    from stampnet.data.overhead_depth.processes import CROPS_WORTH_A_PROCESS, FRAMES_WORTH_A_PROCESS, workers_for

    looks_down = preset(camera.value).camera
    if workers is None:
        workers = workers_for(num_images, CROPS_WORTH_A_PROCESS if view is View.crops else FRAMES_WORTH_A_PROCESS)
    if view is View.clip:
        clip = ClipRecipe(
            num_images=num_images,
            camera=camera.value,
            density=0.3 if density is None else density,
            fps=30 if fps is None else fps,
            split=split.value,
            seed=seed,
            num_workers=workers,
        )
        pictures, looks_down = make_clip(clip)
    else:
        stills = {
            "num_images": num_images,
            "camera": camera.value,
            "mode": mode.value if mode else None,
            "density": density,
            "split": split.value,
            "seed": seed,
            "num_workers": workers,
        }
        if view is View.crops:
            pictures = make_crops(CropRecipe(placement=(placement or Placement.glow).value, **stills))  # type: ignore[arg-type]
        else:
            pictures = make_frames(FrameRecipe(**stills))  # type: ignore[arg-type]
    write_pictures(pictures, looks_down, out)
    print(f"{num_images} {'frames' if view is not View.crops else 'images'}: {out}")
