"""`stampnet detect`: a run folder and images to boxes."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    coco = "coco"
    csv = "csv"


def detect(
    run: Annotated[Path, typer.Argument(help="A run folder.", show_default=False)],
    images: Annotated[Path, typer.Argument(help="A folder or file of images.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The file to write.", show_default=False)],
    format: Annotated[Format, typer.Option(help="COCO JSON, or CSV with a row for each object.")] = Format.csv,
) -> None:
    """Find the stamps of a run in images.

    Example: stampnet detect runs/photos photos/ --format coco --out boxes.json
    """
    from stampnet.data.image_files import read_images, stack_images
    from stampnet.export.coco import DetectionTable, write_coco
    from stampnet.export.csv_table import write_csv
    from stampnet.predictor import StampNet

    model = StampNet.load(run)
    read = read_images(images)
    array = stack_images(read)
    found = model.detect(array)
    class_names = model.class_names_
    if format is Format.coco:
        sizes = ((array.shape[1], array.shape[2]),) * len(array)
        write_coco(out, DetectionTable(read.names, sizes, tuple(found), class_names))
    else:
        write_csv(out, read.names, found, class_names)
    print(f"{sum(map(len, found))} objects in {len(found)} images: {out}")
