"""A run folder to stamps.png and report.html."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from stampnet.archive import arrays_of
from stampnet.atomic import whole_file
from stampnet.data.value_range import to_unit_range
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig
from stampnet.naming import in_classes
from stampnet.predictor import StampNet
from stampnet.report.album import Album, draw_counts, draw_crops, draw_pictures, load_album
from stampnet.report.figures import (
    Gallery,
    counted,
    draw_classes,
    draw_curves,
    draw_overview,
    draw_stamps,
    png_bytes,
    save_png,
)
from stampnet.report.page import ReportContent, Table, write_report
from stampnet.training.fitted import Fitted
from stampnet.training.grouping import doubt
from stampnet.training.history import Row, advice, read_history, stamps_used
from stampnet.training.run_folder import ENVIRONMENT, RunConfig, load_config

SAMPLES, EVALUATION, STARTS = "samples.npz", "evaluation.json", "starts.json"
STAMPS_PICTURE, REPORT = "stamps.png", "report.html"
NUM_PICTURED = 8
SMALLER, LARGER = 0.5, 1.3
"""Objects much smaller or larger than stamps, as a part of these, speak for another size."""
FULL = 0.1
"""From this part of the images on that hold as many objects as they may, there may be more."""
ENOUGH = 20  # placements for each stamp, before one is said to be hardly used
OF_TILES = (
    ", of the tiles that images are cut into: it holds the pieces of objects that their borders cut, and may rise "
    "while stamps become those of whole objects"
)
FORMS = {"affine": "Stamps turn, scale and shear to fit objects.", "smooth": "Stamps bend to fit objects."}


def save_samples(model: StampNet, images: np.ndarray, folder: Path, usage: np.ndarray | None = None) -> None:
    """Keeps what the report shows: a few of `images` (B, H, W[, C]) and how often each stamp is used, on all of them
    unless it is given (N,)."""
    if usage is None:
        stamps = np.concatenate([found.stamp for found in _seen(model, images)])
        usage = np.bincount(stamps, minlength=len(model.stamps_))
    with whole_file(folder / SAMPLES) as temporary:
        np.savez_compressed(temporary, images=images[:NUM_PICTURED], usage=usage)


def save_starts(fitted: Fitted, folder: Path) -> None:
    """Keeps what each of several starts came to."""
    if fitted.starts:
        with whole_file(folder / STARTS) as temporary:
            temporary.write_text(json.dumps([one._asdict() for one in fitted.starts], indent=2), encoding="utf-8")


def report_run(folder: Path, images: np.ndarray | None = None, usage: np.ndarray | None = None) -> tuple[Path, Path]:
    """Draws the stamps, sample images with boxes and reconstructions, and the page; returns the paths of both.

    `images` (B, H, W[, C]) replace the samples that the run keeps, and `usage` (N,) the objects of each stamp that were
    counted on these. A run without samples shows its stamps alone.
    """
    model = StampNet.load(folder)
    if images is not None:
        save_samples(model, images, folder, usage)
    shown, usage = load_samples(folder)
    gallery = Gallery(model.stamps_, model.class_of_stamp_, model.class_names_, usage)
    picture = folder / STAMPS_PICTURE
    if shown is None or usage is None:
        figure = draw_stamps(gallery)
    else:
        figure = draw_overview(
            gallery,
            _unit(shown, model),
            [in_classes(one, model.class_of_stamp_) for one in _seen(model, shown)],
            model.reconstruct(shown),
            None,
        )
    save_png(figure, picture)
    history = read_history(folder / "metrics.csv")
    curves = draw_curves(history)
    figures = [
        (
            "The stamps, and what they explain of sample images: found boxes, then reconstructions",
            picture.read_bytes(),
        )
    ]
    if 0 < len(model.class_names_) < len(model.stamps_):
        figures.append(
            (
                "The classes, found without labels: stamps that explain the same objects go together",
                png_bytes(draw_classes(gallery)),
            )
        )
    if curves is not None:
        cut = "" if model.layout_ is None else OF_TILES
        figures.append((f"Squared error, epoch by epoch{cut}", png_bytes(curves)))
    album = load_album(folder)
    if album is not None:
        figures += _album_figures(album, gallery)
    page = folder / REPORT
    config = load_config(folder)
    content = ReportContent(
        title=f"StampNet run {folder.resolve().name}",
        summary=_summary(model, usage, history),
        warnings=(*_doubts(config, model), *_warnings(model, usage, album)),
        figures=tuple(figures),
        tables=(*_choices_table(config), *_starts_table(folder), *_score_tables(folder)),
        # What was chosen has a table of its own.
        settings={name: value for name, value in asdict(config).items() if name != "choices"},
        environment=_read_json(folder / ENVIRONMENT),
    )
    write_report(content, page)
    return picture, page


def _album_figures(album: Album, gallery: Gallery) -> list[tuple[str, bytes]]:
    found = [in_classes(one, gallery.class_of_stamp) for one in album.found]
    figures = [("Objects found in whole images", png_bytes(draw_pictures(album, found, gallery.class_names)))]
    figures.append(("The objects that each stamp explains best", png_bytes(draw_crops(album, gallery))))
    if len(album.counts) > 1:
        figures.append((f"Objects in each of {len(album.counts)} images", png_bytes(draw_counts(album))))
    return figures


def _choices_table(config: RunConfig) -> list[Table]:
    if not config.choices:
        return []
    header = ("setting", "chosen", "because", "else try")
    return [Table("What was chosen by what the images show", header, tuple(tuple(one) for one in config.choices))]


def load_samples(folder: Path) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Sample images (B, H, W[, C]) and the use of each stamp (N,), as `save_samples` kept them; None where it did not.

    Raises InputError where the file is damaged.
    """
    path = folder / SAMPLES
    if not path.exists():
        return None, None
    with arrays_of(path, "remove it or give images to the report") as samples:
        return samples["images"], samples["usage"]


def _seen(model: StampNet, images: np.ndarray) -> list[Detections]:
    """The objects in images (B, H, W[, C]); where the model lays images out, these are tiles."""
    return model.scan_tiles(images) if model.layout_ is not None else list(model.scan(images))


def _unit(images: np.ndarray, model: StampNet) -> np.ndarray:
    return images if images.dtype == np.uint8 else to_unit_range(images, model.full_scale_)


def _summary(model: StampNet, usage: np.ndarray | None, history: list[Row]) -> tuple[str, ...]:
    config = model.model_.config
    size = f"{config.stamp_size[0]} x {config.stamp_size[1]}"
    stamps, classes = counted(config.num_stamps, "stamp"), len(model.class_names_)
    lines = [f"{stamps} of {size} pixels, {config.max_shapes} to an image."]
    if classes < len(model.stamps_):
        lines.append(f"They are grouped into {classes} {'class' if classes == 1 else 'classes'}.")
    if config.deform != "none":
        lines.append(FORMS[config.deform])
    if isinstance(config, MatchingConfig) and not config.pose.is_fixed:
        low, high = config.pose.scale_range
        lines.append(f"Turned by up to {config.pose.max_angle_deg:g} degrees, scaled by {low:g} to {high:g}.")
    if usage is not None:
        used = int((usage > 0).sum())
        occur = "1 stamp occurs" if used == 1 else f"{used} stamps occur"
        lines.append(f"{occur} among {counted(int(usage.sum()), 'object')} of the sample images.")
    if history:
        seconds = sum(row["seconds"] or 0 for row in history)
        lines.append(f"Fitted in {counted(len(history), 'epoch')}, {seconds:.0f} seconds.")
    return tuple(lines)


def _doubts(config: RunConfig, model: StampNet) -> list[str]:
    """Whether the classes that were counted are a guess."""
    number = model.model_.config.num_classes
    why = doubt(number, len(model.stamps_)) if isinstance(number, int) and config.model.num_classes == "auto" else None
    return [] if why is None else [why]


def _warnings(model: StampNet, usage: np.ndarray | None, album: Album | None) -> tuple[str, ...]:
    found = []
    if usage is not None:
        used = stamps_used(usage)
        # Of many stamps, some are not met among a thousand images.
        if used < len(usage) and usage.sum() >= ENOUGH * len(usage):
            found.append(advice(used, len(usage)))
    if album is not None:
        found += _warnings_of_objects(model, album)
    return tuple(found)


def _warnings_of_objects(model: StampNet, album: Album) -> list[str]:
    """What looks wrong about what was found in whole images."""
    found = []
    if not album.counts.any():
        found.append("nothing was found: give --stamp-size, the length of an object in pixels, or another --polarity")
    most = model.layout_.max_objects if model.layout_ is not None else None
    clipped = 0 if most is None else int((album.counts >= most).sum())
    if most is not None and clipped > FULL * len(album.counts):
        found.append(
            f"{clipped} of {len(album.counts)} images have {most} objects, as many as they may: raise --max-shapes"
        )
    if model.layout_ is not None and len(album.lengths):
        typical, stamp = float(np.median(album.lengths)), max(model.layout_.tiling.margin)
        if not SMALLER * stamp < typical < LARGER * stamp:
            found.append(
                f"objects are typically {typical:.0f} pixels long, stamps {stamp}: fit with --stamp-size {typical:.0f}"
            )
    return found


def _read_json(path: Path) -> Any:
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not readable JSON ({error}); remove it") from error


def _starts_table(folder: Path) -> list[Table]:
    starts: Any = _read_json(folder / STARTS)
    if not starts:
        return []
    least = min(one["error"] for one in starts)
    rows = tuple(
        (f"seed {one['seed']}", f"{one['error']:.3f}", "kept" if one["error"] == least else "") for one in starts
    )
    spread = max(one["error"] for one in starts) / least - 1
    return [Table(f"Starts: squared errors of images held out, spread {spread:.1%}", ("start", "error", ""), rows)]


def _score_tables(folder: Path) -> list[Table]:
    saved: dict[str, Any] = _read_json(folder / EVALUATION)
    if not saved:
        return []
    return [Table(saved["title"], tuple(saved["header"]), tuple(tuple(row) for row in saved["rows"]))]
