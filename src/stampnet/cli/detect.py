"""`stampnet detect`: a run folder and images to boxes."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stampnet.errors import InputError


class Format(StrEnum):
    coco = "coco"
    csv = "csv"
    yolo = "yolo"


def detect(
    run: Annotated[Path, typer.Argument(help="A run folder.", show_default=False)],
    images: Annotated[
        list[str], typer.Argument(help="Folders, files or patterns of images, of any sizes.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="The file to write; of yolo, the folder.", show_default=False)],
    format: Annotated[
        Format, typer.Option(help="COCO JSON, CSV with a row for each object, or a YOLO text file for each image.")
    ] = Format.csv,
    crops: Annotated[
        Path | None,
        typer.Option(help="Also cut the objects out, as PNG, into a folder for each class.", show_default=False),
    ] = None,
    strict: Annotated[
        bool, typer.Option(help="Stop where an image cannot be used, instead of leaving it out.")
    ] = False,
    camera: Annotated[
        Path | None,
        typer.Option(help="Of a run on depth frames: another camera file than that of the run.", show_default=False),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(help="Of depth frames: how many a second has. [default: as the file says]", show_default=False),
    ] = None,
    device: Annotated[str, typer.Option(help="Where images are searched: cpu or cuda.")] = "cpu",
    quiet: Annotated[bool, typer.Option(help="No progress bar.")] = False,
) -> None:
    """Find the stamps of a run in images. Images that were searched before are not searched again. A run on depth
    frames finds people: a CSV table in metres.

    Example: stampnet detect runs/photos photos/ --format coco --out boxes.json
    """
    from stampnet.pedestrians.site_folder import has_site

    if has_site(run):
        told = {
            "--format": None if format is Format.csv else format,
            "--crops": crops,
            "--strict": strict or None,
            "--device": None if device == "cpu" else device,
        }
        in_vain = [name for name, value in told.items() if value is not None]
        _detect_people(run, images, out, camera, fps, in_vain, show_progress=not quiet)
        return
    if camera is not None or fps is not None:
        raise InputError(f"--camera and --fps are for runs on depth frames, which {run} is not; leave them out")
    from stampnet.detecting import detect_in_files
    from stampnet.export.coco import write_coco
    from stampnet.export.crops import write_crops
    from stampnet.export.csv_table import write_csv
    from stampnet.export.yolo import write_yolo
    from stampnet.run import name_skipped

    search = detect_in_files(run, images, strict=strict, device=device, show_progress=not quiet)
    table = search.table
    if format is Format.coco:
        write_coco(out, table)
    elif format is Format.yolo:
        write_yolo(out, table)
    else:
        write_csv(out, table.image_names, table.detections, table.class_names)
    if crops is not None:
        number = write_crops(crops, search.files, table, show_progress=not quiet)
        print(f"{number} crops: {crops}")
    name_skipped(search.skipped)
    known = f" ({search.num_known} known from before)" if search.num_known else ""
    print(f"{sum(map(len, table.detections))} objects in {len(table.detections)} images{known}: {out}")


def _detect_people(
    run: Path,
    frames: list[str],
    out: Path,
    camera: Path | None,
    fps: float | None,
    told: list[str],
    *,
    show_progress: bool,
) -> None:
    """The people in depth frames as a table."""
    if told:
        raise InputError(
            f"{told[0]} is not for people in depth frames, who are found on the CPU and written as CSV; leave it out"
        )
    if out.suffix.lower() != ".csv":
        raise InputError(f"people are written as a CSV table, {out} is none; give --out people.csv")
    from stampnet.pedestrians.localizer import load_localizer
    from stampnet.tracking.people import concatenated
    from stampnet.tracking.people_file import write_people
    from stampnet.tracking.recording import frame_rate_of, localized

    sources = [Path(one) for one in frames]
    rate = frame_rate_of(sources[0], fps, is_table=False)
    batches = list(localized(load_localizer(run, camera), sources, show_progress=show_progress)(0))
    people = concatenated([batch.people for batch in batches])
    write_people(out, people, rate)
    print(f"{len(people.certain())} heads in {sum(one.last_frame - one.first_frame for one in batches)} frames: {out}")
