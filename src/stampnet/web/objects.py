"""Detections to the objects that the page shows, and back."""

from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.rows import Row, from_rows, to_rows

LONGEST_PART = 180
"""Bytes of a name between two slashes: files that are called so can be written anywhere."""
LONGEST_NAME = 10_000
"""Letters; an archive takes names of 65 535 bytes."""
UNFIT = ("Cc", "Cs", "Zl", "Zp")
"""Kinds of letters that no name has: they begin lines or cannot be written."""
Box = tuple[float, float, float, float]


def tidy(name: str) -> str:
    """What an image is called on the page and in archives: a path that leads nowhere but down.

    >>> tidy("/photos/../cells/a.png"), tidy("scan.tif#3")
    ('photos/cells/a.png', 'scan.tif#3')
    """
    plain = "".join("_" if letter == "\\" or category(letter) in UNFIT else letter for letter in name)
    parts = (part.encode()[-LONGEST_PART:].decode(errors="ignore").lstrip(".") for part in plain.split("/"))
    return "/".join(part for part in parts if part) or "image"


def _tidied(name: str) -> str:
    if name != tidy(name):
        raise ValueError("the name of an image must be a short path in one line, without .. and \\")
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

    name: Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_tidied)]
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
