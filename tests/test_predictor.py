"""Facts about the estimator: scikit-learn's conventions, any kind of image, clear refusals."""

from pathlib import Path

import jaxtyping
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from stampnet import InputError, StampNet
from stampnet.data.simple_shapes import simple_shapes
from stampnet.settings import ImageKind

IMAGES = simple_shapes(40, 2, (36, 32), seed=0).images


SETTINGS = {"num_stamps": 3, "max_shapes": 2, "stamp_size": (28, 20), "epochs": 2, "batch_size": 16, "random_state": 1}


@pytest.fixture(scope="module", params=["matching", "network"])
def model(request: pytest.FixtureRequest) -> StampNet:
    return StampNet(engine=request.param, **SETTINGS).fit(IMAGES)


@pytest.fixture(scope="module")
def network() -> StampNet:
    return StampNet(engine="network", **SETTINGS).fit(IMAGES)


def test_parameters_are_stored_as_given_and_clone_gives_an_unfitted_twin(model: StampNet) -> None:
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert twin.get_params()["stamp_size"] == (28, 20)
    with pytest.raises(NotFittedError):
        twin.detect(IMAGES)


def test_detections_lie_on_the_image_and_have_the_size_of_a_stamp(model: StampNet) -> None:
    found = model.detect(IMAGES)
    assert len(found) == len(IMAGES)
    boxes = np.concatenate([image.boxes_xyxy for image in found])
    assert len(boxes) == 2 * len(IMAGES)
    assert (boxes[:, 2] - boxes[:, 0] == 20).all()
    assert (boxes[:, 3] - boxes[:, 1] == 28).all()
    assert boxes.min() >= 0
    assert (boxes.max(axis=0) <= [32, 36, 32, 36]).all()
    scores = np.concatenate([image.score for image in found])
    assert ((scores > 0) & (scores <= 1)).all()


def test_fitted_names_end_in_an_underscore(model: StampNet) -> None:
    assert model.stamps_.shape == (3, 28, 20)
    assert 0 <= model.stamps_.min() <= model.stamps_.max() <= 1
    assert len(model.history_) == 2
    assert model.full_scale_ == 255


def test_matching_has_nothing_to_sample() -> None:
    with pytest.raises(InputError, match="matching has no chance in it"):
        StampNet(epochs=1).fit(IMAGES).detect(IMAGES, decoding="sampled")


def test_the_network_is_certain_and_its_samples_depend_on_their_seed(network: StampNet) -> None:
    def boxes(**how: object) -> np.ndarray:
        return np.stack([found.boxes_xyxy for found in network.detect(IMAGES, **how)])

    assert np.array_equal(boxes(), boxes())
    assert np.array_equal(boxes(decoding="sampled", seed=1), boxes(decoding="sampled", seed=1))
    assert not np.array_equal(boxes(decoding="sampled", seed=1), boxes(decoding="sampled", seed=2))


def test_a_saved_model_detects_the_same(model: StampNet, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    back = StampNet.load(tmp_path / "run")
    assert np.array_equal(back.stamps_, model.stamps_)
    for ours, theirs in zip(model.detect(IMAGES), back.detect(IMAGES), strict=True):
        assert np.array_equal(ours.boxes_xyxy, theirs.boxes_xyxy)
        assert np.array_equal(ours.score, theirs.score)


def test_bytes_floats_and_16_bits_of_the_same_picture_give_the_same_stamps() -> None:
    settings = {"num_stamps": 2, "stamp_size": 28, "epochs": 1, "batch_size": 16}
    fitted = [
        StampNet(**settings).fit(images).stamps_
        for images in (IMAGES, (IMAGES / 255).astype(np.float32), IMAGES.astype(np.uint16) * 16, IMAGES > 0)
    ]
    for stamps in fitted[1:]:
        np.testing.assert_allclose(stamps, fitted[0], atol=1e-6)


def test_colour_images_give_colour_stamps_and_reconstructions() -> None:
    images = np.stack([IMAGES, IMAGES // 2, IMAGES // 4], axis=-1)
    model = StampNet(num_stamps=2, stamp_size=28, epochs=1, batch_size=16).fit(images)
    assert model.stamps_.shape == (2, 28, 28, 3)
    assert model.reconstruct(images).shape == images.shape


def test_a_random_state_is_drawn_from() -> None:
    first, again = (
        StampNet(num_stamps=2, epochs=1, batch_size=16, random_state=np.random.RandomState(3)).fit(IMAGES)
        for _ in range(2)
    )
    assert np.array_equal(first.stamps_, again.stamps_)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[0], "a single image needs a first axis"),
        (IMAGES[:0], "there are no pixels"),
        (IMAGES.astype(float), r"must lie in \[0, 1\], got 0 to 255"),
        (np.full((4, 30, 30), np.nan), "not numbers"),
        (IMAGES[:1], "at least 2 images"),
        (IMAGES[:, :20], "stamp_size .* is larger than image_size"),
    ],
)
def test_images_that_cannot_be_used_are_refused_in_a_sentence(images: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        StampNet(stamp_size=28, epochs=1).fit(images)


@pytest.fixture
def types_are_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are not outside the tests."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.mark.usefixtures("types_are_not_checked")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_stamps": 5.5}, "num_stamps must be a whole number or 'auto', got 5.5"),
        ({"max_shapes": "2"}, "max_shapes must be a whole number, got '2'"),
        ({"epochs": 1.5}, "epochs must be a whole number, got 1.5"),
        ({"stamp_size": (9,)}, r"stamp_size must be two whole numbers, such as \(28, 20\), got \(9,\)"),
        ({"stamp_size": (9, 9, 1)}, r"stamp_size must be two whole numbers.* got \(9, 9, 1\)"),
        ({"stamp_size": (9, 9.5)}, r"stamp_size must be two whole numbers.* got \(9, 9.5\)"),
        ({"stamp_size": 9.5}, r"stamp_size must be two whole numbers.* got \(9.5, 9.5\)"),
        ({"scale_range": (0.5, 1, 2)}, r"scale_range must be two numbers, such as \(0.7, 1.4\), got \(0.5, 1, 2\)"),
        ({"scale_range": 2.0}, r"scale_range must be two numbers.* got 2.0"),
        ({"num_classes": 2.0}, "num_classes must be a whole number, 'auto' or None, got 2.0"),
        ({"num_classes": True}, "num_classes must be a whole number, 'auto' or None, got True"),
    ],
)
def test_settings_of_the_wrong_kind_are_refused_in_a_sentence(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        StampNet(**{**SETTINGS, **settings}).fit(IMAGES)


@pytest.mark.usefixtures("types_are_not_checked")
def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    settings = {"num_stamps": 3, "max_shapes": 1, "epochs": 1, "batch_size": 16, "random_state": 1, "num_classes": 2}
    theirs = {name: np.int64(value) for name, value in settings.items()}
    plain = StampNet(**settings, stamp_size=(20, 20), scale_range=(0.9, 1.1)).fit(IMAGES)
    numpy = StampNet(**theirs, stamp_size=np.array([20, 20]), scale_range=[np.float64(0.9), 1.1]).fit(IMAGES)
    assert numpy.model_.config == plain.model_.config
    assert np.array_equal(plain.stamps_, numpy.stamps_)
    numpy.save(tmp_path)
    assert np.array_equal(StampNet.load(tmp_path).class_of_stamp_, plain.class_of_stamp_)


def test_images_of_another_size_than_fitted_are_refused(model: StampNet) -> None:
    with pytest.raises(InputError, match=r"\(1, 40, 40\).*fitted on \(1, 36, 32\)"):
        model.detect(np.zeros((1, 40, 40), np.uint8))


def test_a_network_bends_by_itself_or_as_its_teacher_does() -> None:
    settings = {**SETTINGS, "engine": "network", "epochs": 1}
    alone = StampNet(**settings, deform="affine").fit(IMAGES)
    teacher = StampNet(**SETTINGS, background="constant", deform="affine", num_classes=2).fit(IMAGES)
    taught = StampNet(**settings, deform="affine").fit(IMAGES, teacher=teacher)
    for network in (alone, taught):
        found = network.detect(IMAGES)[0]
        assert found.angle_deg is not None
        assert found.angle_deg.shape == found.scale.shape == (2,)
    assert taught.class_of_stamp_.tolist() == teacher.class_of_stamp_.tolist()
    assert taught.class_names_ == ("class 0", "class 1")
    with pytest.raises(InputError, match="teacher's deform, affine, got smooth"):
        StampNet(**settings, deform="smooth").fit(IMAGES, teacher=teacher)


@pytest.mark.parametrize(
    ("settings", "deform"),
    [
        ({}, "none"),
        ({"max_angle": 180.0}, "affine"),
        ({"scale_range": (0.7, 1.4)}, "affine"),
        ({"max_angle": 180.0, "num_classes": 2}, "smooth"),
        ({"max_angle": 180.0, "deform": "none"}, "none"),
    ],
)
def test_stamps_in_a_grid_of_poses_turn_and_scale_a_little_from_there(settings: dict[str, object], deform: str) -> None:
    assert StampNet(**settings).settings().model(ImageKind.of(IMAGES)).deform == deform


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_classes": 2}, "matching groups stamps into classes, got num_classes=2"),
        ({"background": "each"}, "no background but black, got background='each'"),
        ({"polarity": "dark"}, "no background but black, got polarity='dark'"),
        ({"stamp_size": "auto"}, "laid out in tiles for matching, got engine network"),
        ({"max_angle": 90.0}, "turn no further than they bend, got max_angle=90.0"),
    ],
)
def test_what_the_network_cannot_do_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        StampNet(**{**SETTINGS, **settings}, engine="network").fit(IMAGES)


def laid_out(images: list[np.ndarray]) -> StampNet:
    return StampNet(2, 2, (28, 20), polarity="bright", epochs=1, batch_size=16).fit(images)


LISTED = list(IMAGES[:16])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (IMAGES[0].astype(np.uint16) * 257, "image 16 cannot be used: its pixels are uint16, those that were learned"),
        (IMAGES[0] / 255, "image 16 cannot be used: its pixels are float"),
        (IMAGES[0].astype(np.int64), "image 16 cannot be used: its pixels are int64"),
        (np.dstack([IMAGES[0]] * 4), "image 16 cannot be used: it has 4 channels"),
    ],
)
def test_where_images_are_laid_out_those_of_another_kind_are_refused(other: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        laid_out([*LISTED, other])
    model = laid_out(LISTED)
    with pytest.raises(InputError, match=message):
        model.detect([*LISTED, other])
    assert message.split(": ")[1] in str(model.refusal(other))
    assert model.refusal(LISTED[0]) is None


def test_floats_that_are_no_numbers_are_refused_where_images_are_laid_out() -> None:
    images = [(image / 255).astype(np.float32) for image in LISTED]
    model = laid_out(images)
    images[3] = np.full_like(images[3], np.nan)
    for use in (laid_out, model.detect):
        with pytest.raises(InputError, match="image 3 cannot be used: it holds values that are not numbers"):
            use(images)


def test_what_is_refused_depends_on_no_other_image(model: StampNet) -> None:
    image = IMAGES[0]
    assert model.refusal(image) is None
    assert model.refusal((image / 255).astype(np.float32)) is None
    assert "must lie in [0, 1]" in str(model.refusal(image.astype(np.float32)))
    assert "are of 16 bit" in str(model.refusal(image.astype(np.uint16) * 257))
    assert str(model.refusal(np.dstack([image] * 3))).endswith("convert it to grey")
    assert str(model.refusal(image[:20])).endswith("resize or crop it")
    mixed = [image, (image / 255).astype(np.float32), IMAGES[1]]
    for one, other in zip(model.scan(mixed), model.scan([image, image, IMAGES[1]]), strict=True):
        assert np.array_equal(one.boxes_xyxy, other.boxes_xyxy)
    with pytest.raises(InputError, match="the images mix the types float32, uint8; convert them to one"):
        model.detect(mixed)


def test_a_model_that_is_saved_over_another_does_not_take_its_names(model: StampNet, tmp_path: Path) -> None:
    clone(model).fit(IMAGES).name({0: "cat"}).save(tmp_path / "run")
    assert StampNet.load(tmp_path / "run").names_ == {0: "cat"}
    model.save(tmp_path / "run")
    assert StampNet.load(tmp_path / "run").names_ == {}


def test_names_that_do_not_fit_are_told_with_their_file(model: StampNet, tmp_path: Path) -> None:
    model.save(tmp_path / "run")
    (tmp_path / "run" / "names.yaml").write_text("9: cat\n")
    with pytest.raises(InputError, match=r"names\.yaml: there is no class 9.* take its name away"):
        StampNet.load(tmp_path / "run")
