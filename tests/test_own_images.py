"""Facts about images that nobody has prepared: any size, any paper, many objects, some files damaged."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import typed
from stampnet import StampNet
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable, write_coco
from stampnet.metrics.annotated import AnnotatedScores, annotated_scores
from stampnet.training.fit import fit
from stampnet.training.fitted import Fitted

SIDE = 14
KINDS = ("square", "cross", "ring")


def stamped(size: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, Detections]:
    """A sheet of grey paper with dark squares, crosses and rings, and where they are."""
    image = np.full(size, 200.0)
    boxes, kinds = [], []
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    forms = (
        np.ones((SIDE, SIDE)),
        (np.abs(rows) < 2.5) | (np.abs(columns) < 2.5),
        np.abs(np.hypot(rows, columns) - 5) < 1.8,
    )
    for top in range(2, size[0] - SIDE - 2, SIDE + 6):
        for left in range(2, size[1] - SIDE - 2, SIDE + 6):
            if rng.random() < 0.6:
                kind, (down, right) = int(rng.integers(3)), rng.integers(0, 4, 2)
                row, column = top + down, left + right
                image[row : row + SIDE, column : column + SIDE] -= 150 * forms[kind]
                boxes.append((column, row, column + SIDE, row + SIDE))
                kinds.append(kind)
    image += rng.normal(0, 4, size)
    found = np.array(kinds, np.int64)
    placed = np.array(boxes, np.float32).reshape(-1, 4)
    return image.clip(0, 255).astype(np.uint8), Detections(placed, found, found, np.ones(len(kinds), np.float32))


SIZES = [(90, 120), (200, 150), (64, 64), (120, 90), (150, 260), (100, 100), (80, 130), (110, 170)]


@pytest.fixture(autouse=True)
def in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain shapes are learned in few passes."""
    for name, value in {"LEAST_STEPS": 16, "PASSES_AT_MOST": 12}.items():
        monkeypatch.setattr(f"stampnet.training.defaults.{name}", value)


@pytest.fixture(scope="module")
def sheets() -> list[tuple[np.ndarray, Detections]]:
    rng = np.random.default_rng(0)
    return [stamped(size, rng) for size in SIZES]


def table(found: list[Detections], names: tuple[str, ...]) -> DetectionTable:
    files = tuple(f"{k:02}.png" for k in range(len(SIZES)))
    return DetectionTable(files, tuple(SIZES), tuple(found), names)


def scores(sheets: list[tuple[np.ndarray, Detections]], model: StampNet) -> AnnotatedScores:
    found = model.detect([image for image, _ in sheets])
    return annotated_scores(table([true for _, true in sheets], KINDS), table(found, model.class_names_))


def test_without_any_setting_objects_are_found_counted_and_told_apart(sheets) -> None:
    model = StampNet("auto", "auto", "auto").fit([image for image, _ in sheets])
    result = scores(sheets, model)
    assert result.f1 > 0.97
    assert result.count_error < 0.5
    assert result.purity > 0.97
    assert {choice.setting for choice in model.choices_} >= {"stamp_size", "max_shapes", "polarity"}


def test_a_game_of_tiles_is_read_square_by_square() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 255, (5, 10, 10, 3)).astype(np.uint8)
    kinds[:, :4] = 255 * (kinds[:, :4] > 127)  # most stands out above
    kinds[4] = kinds[3] // 2 + 40  # fainter only
    boards = rng.choice(5, (12, 7, 8), p=[0.5, 0.2, 0.15, 0.05, 0.1])
    images = [np.concatenate(np.concatenate(kinds[board], axis=1), axis=1)[3:, 4:] for board in boards]
    model = StampNet("auto", "auto", "auto", epochs=8, random_state=0).fit(images)
    assert "from row 7, column 6" in {choice.value for choice in model.choices_}
    for board, found in zip(boards, model.detect(images), strict=True):
        assert ((found.boxes_xyxy[:, 2:] + [4, 3]) % 10 == 0).all()
        column, row = ((found.boxes_xyxy[:, 2:] + [4, 3]) / 10 - 1).astype(int).T
        whole = (row > 0) & (column > 0)
        # Nothing is missing, nothing doubled, and each stamp means one kind.
        assert len(set(zip(row[whole], column[whole], strict=True))) == whole.sum() == 6 * 7
        pairs = set(zip(found.stamp[whole].tolist(), board[row[whole], column[whole]].tolist(), strict=True))
        assert len(pairs) == len({stamp for stamp, _ in pairs}) == len({kind for _, kind in pairs})


def small(number: int) -> tuple[list[np.ndarray], list[Detections]]:
    """Images of 20 x 20 pixels with one diamond, hollow square or cross of 7 x 7, mostly of lines one pixel wide."""
    rng = np.random.default_rng(0)
    away = np.abs(np.arange(7) - 3)
    rows, columns = away[:, None], away[None]
    forms = (rows + columns <= 3, np.maximum(rows, columns) == 3, (rows == 0) | (columns == 0))
    images, truth = [], []
    for _ in range(number):
        image = rng.normal(60, 8, (20, 20))
        kind, (row, column) = int(rng.integers(3)), rng.integers(0, 14, 2)
        image[row : row + 7, column : column + 7] += 120 * forms[kind]
        images.append(image.clip(0, 255).astype(np.uint8))
        box = np.array([[column, row, column + 7, row + 7]], np.float32)
        truth.append(Detections(box, np.array([kind]), np.array([kind]), np.ones(1, np.float32)))
    return images, truth


def test_shapes_of_a_few_pixels_are_found_and_told_apart() -> None:
    images, truth = small(120)
    model = StampNet("auto", "auto", "auto").fit(images)
    files, sizes = tuple(f"{k:03}.png" for k in range(120)), ((20, 20),) * 120
    found = DetectionTable(files, sizes, tuple(model.detect(images)), model.class_names_)
    result = annotated_scores(DetectionTable(files, sizes, tuple(truth), ("diamond", "square", "cross")), found)
    assert result.f1 > 0.97
    assert result.count_error < 0.1
    assert result.purity > 0.97


def test_a_model_that_lays_images_out_is_saved_with_its_layout(sheets, tmp_path: Path) -> None:
    images = [image for image, _ in sheets]
    model = StampNet(3, "auto", 18, epochs=2).fit(images)
    model.save(tmp_path / "run")
    for one, other in zip(model.detect(images), StampNet.load(tmp_path / "run").detect(images), strict=True):
        assert np.array_equal(one.boxes_xyxy, other.boxes_xyxy)
        assert np.array_equal(one.stamp, other.stamp)


def test_a_folder_becomes_boxes_classes_crops_scores_and_a_report(sheets, tmp_path: Path) -> None:
    photos, run = tmp_path / "photos", tmp_path / "run"
    photos.mkdir()
    for k, (image, _) in enumerate(sheets[:-2]):
        Image.fromarray(image).save(photos / f"{k:02}.png")
    (photos / "broken.png").write_bytes(b"nonsense")
    said, complained = typed("fit", photos, "--out", run)
    assert "stamp_size:" in said
    assert "skipped broken.png: it is not an image that can be read" in complained
    report = (run / "report.html").read_text()
    assert "What was chosen by what the images show" in report
    assert report.count("data:image/png;base64,") >= 5

    boxes = tmp_path / "boxes.csv"
    said, _ = typed("detect", run, photos, "--out", boxes, "--crops", tmp_path / "crops")
    with np.load(run / "samples.npz") as samples:  # counted in whole images, not in the tiles that they were cut into
        assert said.split("crops\n")[-1].splitlines()[-1].startswith(f"{samples['usage'].sum()} objects")
    for k, (image, _) in list(enumerate(sheets))[-2:]:
        Image.fromarray(image).save(photos / f"{k:02}.png")
    said, _ = typed("detect", run, photos, "--out", boxes)
    assert f"in {len(sheets)} images ({len(sheets) - 2} known from before)" in said
    with boxes.open(newline="") as file:
        assert {row["image"] for row in csv.DictReader(file)} == {f"{k:02}.png" for k in range(len(sheets))}
    assert len(list((tmp_path / "crops").glob("*/*.png"))) > 100

    write_coco(tmp_path / "truth.json", table([true for _, true in sheets], KINDS))
    said, _ = typed("evaluate", run, "--data", tmp_path / "truth.json", "--images", photos)
    kept = json.loads((run / "evaluation.json").read_text())["results"][0]
    assert kept["f1"] > 0.97
    assert kept["purity"] > 0.97
    for known in ("t-mnist", "official:t-mnist-1"):
        _, complained = typed("evaluate", run, "--data", known, code=2)
        assert "images of this run are of any size" in complained
    _, complained = typed("detect", run, photos, "--out", boxes, "--strict", code=2)
    assert "broken.png cannot be read" in complained


def test_after_ctrl_c_few_tiles_and_no_whole_images_are_searched(
    sheets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for k, (image, _) in enumerate(sheets[:4]):
        Image.fromarray(image).save(tmp_path / f"{k}.png")

    def stopped(*given: object, **named: object) -> Fitted:
        return replace(fit(*given, **named), interrupted=True)

    monkeypatch.setattr("stampnet.run.fit", stopped)
    monkeypatch.setattr("stampnet.training.trainer.PIXELS_AFTER_CTRL_C", 1)
    run = tmp_path / "run"
    said, _ = typed("fit", tmp_path, "--out", run, "--num-stamps", 2, "--stamp-size", 16, "--epochs", 1, code=130)
    assert "the run can be used as it is, or continued" in said
    assert "the pieces of objects that their borders cut" in (run / "report.html").read_text()
    assert not (run / "album.npz").exists()
    with np.load(run / "samples.npz") as samples:
        assert len(samples["images"]) == 1


def blank(number: int, size: tuple[int, int] = (40, 50)) -> list[np.ndarray]:
    """Sheets with nothing on them, each of a brightness of its own."""
    return [np.full(size, 200 + k, np.uint8) for k in range(number)]


@pytest.mark.parametrize("settings", [("auto", "auto", "auto"), (2, 1, 10)])
def test_where_no_image_holds_anything_this_is_said_before_the_fit(settings: tuple[object, ...]) -> None:
    with pytest.raises(InputError, match=r"nothing stands out of the background: all \d+ images.*check"):
        StampNet(*settings, epochs=10_000).fit(blank(12))


def test_the_command_leaves_no_run_of_blank_images(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for k, image in enumerate(blank(3)):
        Image.fromarray(image).save(tmp_path / "photos" / f"{k}.png")
    _, complained = typed("fit", tmp_path / "photos", "--out", tmp_path / "run", code=2)
    assert complained.count("nothing stands out of the background") == 1
    assert not (tmp_path / "run").exists()


def test_blank_images_among_others_do_no_harm() -> None:
    images = blank(20)
    for image in images[::4]:
        image[12:26, 20:34] = 30
    model = StampNet(1, 1, 16, polarity="auto", epochs=3).fit(images)
    assert [len(found) for found in model.detect(images)] == [1, 0, 0, 0] * 5
