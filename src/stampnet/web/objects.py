"""Detections to the objects that the page shows, and back."""

from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.rows import Row, from_rows, to_rows

LONGEST_FILE_NAME = 180
"""Bytes."""
Box = tuple[float, float, float, float]


def _leaf(name: str) -> str:
    """A name of a file that says nothing of folders."""
    kinds = {category(letter) for letter in name}
    if kinds & {"Cc", "Cs", "Zl", "Zp"} or {"/", "\\"} & set(name) or name.startswith("."):
        raise ValueError("the name of an image must be one line without / and \\ and not begin with a dot")
    if len(name.encode()) > LONGEST_FILE_NAME:
        raise ValueError(f"the name of an image has at most {LONGEST_FILE_NAME} bytes")
    return name


class Strict(BaseModel):
    """Numbers are finite, and nothing is said that is not asked for."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Object(Strict):
    """One object of an image; see `Detections`."""

    box: Box
    stamp: int = Field(ge=0)
    score: float
    tight: Box | None = None
    angle_deg: float | None = None
    scale: float | None = None


class ImageOnPage(Strict):
    """An image as the page knows it, and its objects, those that are left out too."""

    name: Annotated[str, Field(min_length=1), AfterValidator(_leaf)]
    height: int = Field(ge=1, le=2**31)
    width: int = Field(ge=1, le=2**31)
    objects: list[Object]


def to_objects(found: Detections) -> list[Object]:
    """The objects of an image. Classes stay behind: the page finds them by the stamps, whatever they are called now."""
    classes = [""] * (int(found.class_id.max(initial=0)) + 1)
    return [
        Object(
            box=row.box_xyxy,
            stamp=row.stamp,
            score=row.score,
            tight=row.tight_xyxy,
            angle_deg=row.angle_deg,
            scale=row.scale,
        )
        for row in to_rows(found, classes)
    ]


def from_objects(image: ImageOnPage, num_stamps: int) -> Detections:
    """The detections in an image, with the number of the stamp as the class.

    Raises InputError where they are none of a model with so many stamps.
    """
    for one in image.objects:
        if one.stamp >= num_stamps:
            raise InputError(f"there is no stamp {one.stamp}; load the page again")
    rows = [Row(one.box, one.stamp, one.stamp, one.score, one.tight, one.angle_deg, one.scale) for one in image.objects]
    try:
        return from_rows(rows)
    except (ValueError, OverflowError) as error:
        raise InputError(f"the objects of {image.name} cannot be ({error}); load the page again") from error
