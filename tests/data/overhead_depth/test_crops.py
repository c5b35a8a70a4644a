"""Facts about crops and frames: labels agree with pixels, placements are as asked for, splits share nothing."""

import numpy as np
import pytest

from stampnet.data.overhead_depth.camera import Camera, to_image
from stampnet.data.overhead_depth.crops import CropRecipe, make_crops
from stampnet.data.overhead_depth.frames import FrameRecipe, make_frames
from stampnet.data.overhead_depth.labels import is_person
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.data.overhead_depth.still import draw_mode
from stampnet.errors import InputError


@pytest.fixture(scope="module")
def mixed() -> Pictures:
    return make_crops(CropRecipe(num_images=45, placement="uniform", seed=5))


@pytest.fixture(scope="module")
def glow() -> Pictures:
    return make_crops(CropRecipe(num_images=100, mode="single", seed=6))


def camera_of(pictures: Pictures, image: int) -> Camera:
    columns = pictures.columns
    return Camera(
        size_px=(80, 80),
        focal_px=float(columns["camera_focal_px"][image]),
        centre_px=tuple(columns["camera_centre_px"][image].tolist()),
        height_m=float(columns["camera_height_m"][image]),
        tilt_deg=tuple(columns["camera_tilt_deg"][image].tolist()),
    )


def test_a_head_is_where_the_camera_projects_it_and_on_its_person(mixed: Pictures) -> None:
    labels, on_person, inside = mixed.labels, 0, 0
    for row in np.flatnonzero(is_person(labels)):
        image = labels["image"][row]
        column, line, depth = (float(v[0]) for v in to_image(camera_of(mixed, image), labels["head_ground"][row][None]))
        assert labels["head_px"][row] == pytest.approx([column, line], abs=1e-6)
        assert labels["head_xyz"][row, 2] == pytest.approx(depth, abs=1e-9)
        x, y = round(column), round(line)
        if 0 <= x < 80 and 0 <= y < 80 and labels["visible"][row] > 0.5:
            inside += 1
            on_person += mixed.masks[image, y, x] == labels["instance"][row]
    assert inside > 20
    assert on_person >= 0.97 * inside  # a few lie behind a bag or a taller neighbour


def test_the_vertex_is_as_high_as_the_person(mixed: Pictures) -> None:
    labels = mixed.labels
    walking = np.isin(labels["kind"], ("adult", "child"))
    assert np.abs(labels["head_ground"][walking, 2] - labels["stature"][walking]).max() <= 0.0221  # the bob


def test_the_body_is_the_middle_of_its_pixels_above_the_cut(mixed: Pictures) -> None:
    labels = mixed.labels
    for row in np.flatnonzero(labels["visible"] > 0.3)[:40]:
        image = labels["image"][row]
        rows, columns = np.nonzero(mixed.masks[image] == labels["instance"][row])
        body = labels["body_px"][row]
        assert columns.min() <= body[0] <= columns.max()
        assert rows.min() <= body[1] <= rows.max()
        corner = np.ceil(body) - 20
        assert labels["box"][row].tolist() == [*corner, *(corner + 40)]


def test_what_can_be_seen_is_a_share_and_less_where_something_hides_or_cuts_it(mixed: Pictures) -> None:
    labels = mixed.labels
    assert labels["visible"].min() >= 0
    assert labels["visible"].max() <= 1
    people = is_person(labels)
    assert (labels["visible"][people & ~labels["truncated"]] > 0.9).mean() > 0.5
    assert labels["visible"][people & labels["truncated"]].max() < 1
    alone = np.isin(labels["image"], np.flatnonzero(mixed.columns["mode"] == "single")) & people
    counted = [
        (mixed.masks[image] == instance).any()
        for image, instance in zip(labels["image"][alone], labels["instance"][alone], strict=True)
    ]
    assert all(counted)


def test_objects_are_no_people(mixed: Pictures) -> None:
    labels = mixed.labels
    assert set(labels["kind"]) <= {"adult", "child", "carried child", "object", "bag"}
    things = ~is_person(labels)
    assert things.any()
    assert np.isnan(labels["head_xyz"][things]).all()
    assert np.isfinite(labels["head_xyz"][~things]).all()


def test_a_tenth_of_the_images_are_empty_and_the_others_are_in_all_modes(mixed: Pictures) -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([draw_mode(rng) for _ in range(4000)])
    for mode, expected in {"empty": 0.1, "single": 0.495, "group": 0.18, "crowd": 0.225}.items():
        assert (drawn == mode).mean() == pytest.approx(expected, abs=0.03)
        assert (mixed.columns["mode"] == mode).any()
    empty = np.flatnonzero(mixed.columns["mode"] == "empty")
    assert not np.isin(mixed.labels["image"], empty).any()
    assert (mixed.masks[empty] < 0).all()


def test_bodies_of_the_papers_kind_lie_where_its_labels_do(glow: Pictures) -> None:
    labels = glow.labels
    body = labels["body_px"][np.isin(labels["kind"], ("adult", "child"))]
    assert np.nanmean(body, 0) == pytest.approx([26, 44], abs=2.5)
    assert np.nanstd(body, 0) == pytest.approx([8, 10], abs=2)
    assert set(glow.columns["encoding"]) == {"far10", "far5"}


def test_images_of_the_papers_kind_are_as_bright_as_those_that_the_authors_network_has_seen(glow: Pictures) -> None:
    value = glow.images / 255
    assert 0.11 <= value.mean() <= 0.14
    assert 0.2 < (value > 0).mean() < 0.36
    slopes = []
    for image in np.flatnonzero(glow.columns["encoding"] == "far5"):
        for row in range(3, 77, 5):
            is_other = (glow.masks[image, row] != -2) | (value[image, row] == 0)
            inside = np.arange(np.flatnonzero(is_other).max() + 4, 80)  # of what reaches the right border
            if len(inside) >= 8:
                slopes.append(np.polyfit(inside, value[image, row, inside], 1)[0])
    assert len(slopes) > 50
    assert -0.017 < np.mean(slopes) < -0.009


def test_people_at_the_border_are_cut() -> None:
    labels = make_crops(CropRecipe(num_images=25, placement="border", mode="single", seed=9)).labels
    cut = labels["truncated"] & is_person(labels)
    assert cut.sum() >= 25
    body = labels["body_px"][cut & (labels["visible"] > 0)]
    assert (np.minimum(body, 79 - body).min(1) < 21).all()
    assert labels["visible"][cut].max() <= 0.9


def test_the_same_seed_gives_the_same_bits_in_any_number_of_processes() -> None:
    recipe = {"num_images": 12, "placement": "uniform", "mode": "single", "seed": 3}
    one, again = (make_crops(CropRecipe(**recipe, num_workers=workers)) for workers in (1, 2))
    for name in ("depth_mm", "images", "masks"):
        assert np.array_equal(getattr(one, name), getattr(again, name))
    for table, other in ((one.labels, again.labels), (one.columns, again.columns)):
        assert all(np.array_equal(table[name], other[name], equal_nan=table[name].dtype.kind == "f") for name in table)
    fewer = make_crops(CropRecipe(**{**recipe, "num_images": 7}))
    assert np.array_equal(fewer.depth_mm, one.depth_mm[:7])


def test_splits_share_neither_people_nor_places() -> None:
    made = [
        make_crops(CropRecipe(num_images=20, mode="single", seed=1, split=split))
        for split in ("train", "validation", "test")
    ]
    statures = [one.labels["stature"][np.isin(one.labels["kind"], ("adult", "child"))] for one in made]
    for several in (statures, *([one.columns[name] for one in made] for name in ("camera_focal_px", "cut_m"))):
        values = [set(value.tolist()) for value in several]
        assert all(len(value) > 8 for value in values)
        assert not values[0] & values[1]
        assert not values[0] & values[2]
        assert not values[1] & values[2]


def test_a_place_looks_the_same_in_all_its_images(glow: Pictures) -> None:
    place = np.bincount(glow.columns["site"]).argmax()
    images = np.flatnonzero(glow.columns["site"] == place)
    assert len(images) > 3
    walls = glow.masks[images] == -2
    assert np.array_equal(walls[0] & walls[1], (glow.masks[images[0]] == -2) & (glow.masks[images[1]] == -2))
    shared = (glow.masks[images] < 0).all(0)
    assert (walls[:, shared] == walls[0, shared]).all()


@pytest.mark.parametrize(
    ("camera", "shape", "sensor"),
    [
        ("glow", (240, 320), "structured light"),
        ("gotpd-half", (212, 256), "time of flight"),
    ],
)
def test_frames_have_the_size_and_the_sensor_of_their_camera(camera: str, shape: tuple[int, int], sensor: str) -> None:
    frames = make_frames(FrameRecipe(num_images=2, camera=camera, mode="group", seed=2))
    assert frames.depth_mm.shape == (2, *shape)
    assert set(frames.columns["sensor"]) == {sensor}
    assert is_person(frames.labels).sum() >= 4
    height = frames.columns["camera_height_m"][0]
    floor = frames.depth_mm[(frames.masks == -1) & (frames.depth_mm > 0)]
    assert abs(np.median(floor) / 1000 - height) < 0.1


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"num_images": 0}, "num_images must be at least 1, got 0"),
        ({"split": "tests"}, "split must be one of train, validation, test, got 'tests'"),
        ({"placement": "middle"}, "placement must be one of glow"),
        ({"mode": "queue"}, "mode must be one of"),
        ({"num_workers": 0}, "num_workers must be at least 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"density": 0.0}, "density must be above 0"),
        ({"camera": "kinect"}, "there is no camera 'kinect'; there are glow"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(wrong: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        make_crops(CropRecipe(**{"num_images": 1, **wrong}))
