"""Facts about detections: where boxes lie, and what they say of the pose of a stamp."""

import numpy as np
import pytest
import torch
from scipy.ndimage import zoom

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.poses import PoseConfig
from stampnet.predictor import StampNet

ROW, COLUMN, SCALE = 15, 22, 1.2


def an_ell() -> np.ndarray:
    """A stamp without symmetry: it stands and points to the right."""
    stamp = np.zeros((20, 20), np.float32)
    stamp[4:17, 7:11], stamp[13:17, 7:15] = 1.0, 1.0
    return stamp


def detector(pose: PoseConfig) -> StampNet:
    size = {"image_size": (70, 60), "stamp_size": (20, 20), "num_stamps": 1, "max_shapes": 2}
    matcher = StampMatcher(MatchingConfig(**size, deform="affine", pose=pose))
    with torch.no_grad():
        matcher.stamp.stamps[0, 0] = torch.from_numpy(an_ell())
        matcher.locators.copy_(matcher.stamp.stamps)
        matcher.threshold.fill_(20.0)
    return StampNet.from_model(matcher, full_scale=1.0)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_boxes_angle_and_scale_are_those_of_a_turned_and_larger_object(quarters: int) -> None:
    turned = np.rot90(zoom(an_ell(), SCALE, order=1), quarters)  # counter-clockwise
    image = np.zeros((1, 70, 60), np.float32)
    image[0, ROW : ROW + len(turned), COLUMN : COLUMN + len(turned)] = turned
    (found,) = detector(PoseConfig(max_angle_deg=180.0, scale_range=(0.7, 1.4))).detect(image)
    assert len(found) == 1
    assert found.angle_deg is not None
    assert found.scale is not None
    assert found.tight_xyxy is not None
    assert float(found.angle_deg[0] - 90 * quarters + 180) % 360 - 180 == pytest.approx(0, abs=3)
    assert float(found.scale[0]) == pytest.approx(SCALE, rel=0.06)
    x0, y0, x1, y1 = found.boxes_xyxy[0].tolist()
    assert x1 - x0 == y1 - y0 == pytest.approx(20 * SCALE, abs=1)
    rows, columns = np.nonzero(image[0])
    assert (x0 + x1) / 2 == pytest.approx(columns.mean(), abs=1.5)
    assert (y0 + y1) / 2 == pytest.approx(rows.mean(), abs=1.5)
    rows, columns = np.nonzero(image[0] > 0.2)
    tight = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert found.tight_xyxy[0].tolist() == pytest.approx(tight, abs=1.5)


def test_an_empty_image_has_no_detections_and_all_fields() -> None:
    (found,) = detector(PoseConfig(max_angle_deg=180.0)).detect(np.zeros((1, 70, 60), np.float32))
    assert len(found) == 0
    assert found.boxes_xyxy.shape == (0, 4)
    assert found.angle_deg is not None
    assert found.angle_deg.shape == (0,)


FOUND = Detections(
    np.array([[1, 2, 3, 4.5], [0, 0, 9, 9]], np.float32),
    np.array([3, 5]),
    np.array([1, 0]),
    np.array([0.5, 0.25], np.float32),
)


def test_supervision_knows_the_same_objects() -> None:
    supervision = pytest.importorskip("supervision", reason="supervision is not installed (extra vision)")
    theirs = FOUND.to_supervision()
    assert isinstance(theirs, supervision.Detections)
    assert np.array_equal(theirs.xyxy, FOUND.boxes_xyxy)
    assert np.array_equal(theirs.class_id, FOUND.class_id)
    assert np.array_equal(theirs.confidence, FOUND.score)
    back = Detections.from_supervision(theirs[theirs.confidence > 0.3])
    assert back.stamp.tolist() == [3]
    assert np.array_equal(back.boxes_xyxy, FOUND.boxes_xyxy[:1])
    others = supervision.Detections(xyxy=FOUND.boxes_xyxy, class_id=np.array([2, 7]))
    assert Detections.from_supervision(others).stamp.tolist() == [2, 7]
    assert Detections.from_supervision(others).score.tolist() == [1, 1]
    with pytest.raises(InputError, match="no class_id"):
        Detections.from_supervision(supervision.Detections(xyxy=FOUND.boxes_xyxy))
