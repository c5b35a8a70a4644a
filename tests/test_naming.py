"""Names that a person gives classes: some become one, some are left out, all others stay."""

import numpy as np
import pytest

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.naming import check_names, in_classes, named

FOUND = Detections(
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.array([4, 1, 2]),
    np.array([1, 0, 0]),
    np.array([0.1, 0.2, 0.3], np.float32),
    angle_deg=np.array([10, 20, 30], np.float32),
)


def test_groups_of_stamps_are_named_whole() -> None:
    stamps = np.array([1, 0, 2, 1, 2])
    result = named(stamps, ["class 0", "class 1", "class 2"], {1: "dog"})
    assert result.class_of_stamp.tolist() == stamps.tolist()
    assert result.class_names == ("class 0", "dog", "class 2")


def test_without_names_nothing_changes() -> None:
    result = named(np.arange(3), ["a", "b", "c"], {})
    assert result.class_of_stamp.tolist() == [0, 1, 2]
    assert result.class_names == ("a", "b", "c")


def test_a_name_that_another_class_has_by_default_joins_the_two() -> None:
    result = named(np.arange(3), ["stamp 0", "stamp 1", "stamp 2"], {2: "stamp 0"})
    assert result.class_of_stamp.tolist() == [0, 1, 0]


def test_all_classes_may_be_left_out() -> None:
    result = named(np.arange(2), ["a", "b"], {0: "ignore", 1: "ignore"})
    assert result.class_of_stamp.tolist() == [-1, -1]
    assert result.class_names == ()
    assert (
        len(
            in_classes(
                Detections(*(x[:0] for x in (FOUND.boxes_xyxy, FOUND.stamp, FOUND.class_id, FOUND.score))),
                result.class_of_stamp,
            )
        )
        == 0
    )


def test_objects_of_stamps_that_are_left_out_go_with_all_that_is_known_of_them() -> None:
    one = in_classes(FOUND, np.array([0, -1, 3, 0, 2]))
    assert one.stamp.tolist() == [4, 2]
    assert one.class_id.tolist() == [2, 3]
    assert one.boxes_xyxy.tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]
    assert one.angle_deg is not None
    assert one.angle_deg.tolist() == [10, 30]
    assert one.tight_xyxy is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({3: "cat"}, "no class 3; classes are numbered from 0 to 2"),
        ({-1: "cat"}, "no class -1"),
        ({0: ""}, "name of class 0"),
        ({0: "a\nb"}, "one line"),
        ({0: "x" * 101}, "1 to 100 characters"),
    ],
)
def test_names_that_cannot_be_are_refused(names: dict[int, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_names(names, 3)
    check_names({0: "chat noir", 2: "ignore"}, 3)
