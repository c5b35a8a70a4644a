"""Names that a person gives classes: some become one, some are left out, all others stay."""

from pathlib import Path

import numpy as np
import pytest

from stampnet.cli.name import name
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.naming import check_names, in_classes, named
from stampnet.predictor import StampNet
from stampnet.training.run_folder import load_names, save_names

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
    with pytest.raises(InputError, match=r"^runs.photos.names\.yaml: .*" + message):
        check_names(names, 3, Path("runs/photos/names.yaml"))
    check_names({0: "chat noir", 2: "ignore"}, 3)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    config = MatchingConfig(image_size=(20, 24), stamp_size=(9, 9), num_stamps=3, max_shapes=1)
    StampNet.from_model(StampMatcher(config)).save(tmp_path / "run")
    return tmp_path / "run"


def test_names_of_another_fit_are_named_with_their_file_and_can_be_taken_away(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_names({0: "cat", 7: "dog", 8: "cow"}, run)
    for given in (None, ["1=hen"], ["7="]):
        with pytest.raises(InputError, match=r"names\.yaml: there is no class [78]; .* stampnet name .*run [78]="):
            name(run, given)
    assert load_names(run) == {0: "cat", 7: "dog", 8: "cow"}
    name(run, ["7=", "8=", "1=hen"])
    assert load_names(run) == {0: "cat", 1: "hen"}
    assert "hen" in capsys.readouterr().out
    assert StampNet.load(run).class_names_ == ("cat", "hen", "stamp 2")


def test_names_stay_where_the_report_cannot_be_made(run: Path) -> None:
    (run / "album.npz").write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"names are saved, but .*album\.npz is damaged.*stampnet report .*run"):
        name(run, ["1=hen"])
    assert load_names(run) == {1: "hen"}


def test_names_that_look_like_formulas_are_drawn(run: Path) -> None:
    name(run, [r"0=$\frac$", "1=a $5 b $6"])
    assert (run / "report.html").exists()
