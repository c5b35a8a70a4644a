"""Ways to find pedestrians in crops: matching, other models, components; and their scores."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, UInt8
from scipy import ndimage
from sklearn.cluster import KMeans

from stampnet.benchmarks.baselines import components, crops
from stampnet.benchmarks.pedestrian_scores import Honest, honest_scores, name_people, oracle_scores, people_in
from stampnet.benchmarks.realism import Located
from stampnet.data.overhead_depth.pictures import Pictures, joined_pictures
from stampnet.detection import Detections
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.predictor import Decoding, StampNet
from stampnet.training.config import MatchingTrainingConfig
from stampnet.training.fit import fit
from stampnet.training.pixels import to_pixels
from stampnet.training.presets import PEDESTRIAN_MARGIN, preset

ROW = "pedestrians-3"
NUM_NAMED = 1000
"""Training crops among which a few objects of each stamp are looked at."""
MM_PER_PX = 13.6
STATIC = 0.9
"""A pixel that is not black in this share of the images of a camera shows what stands still."""
WALL_ROWS = 0.8
"""The baseline's rule: a column with so many bright rows is a wall."""
NUMBERS = (
    *("CorLoc, oracle", "IoU, oracle", "CorLoc, 28 px", "IoU, 28 px", "purity, oracle", "cm, oracle"),
    *("CorLoc", "IoU", "purity", "false alarms"),
)

Find = Callable[[Pictures], list[Detections]]


@dataclass(frozen=True)
class Result:
    """What one method says of crops."""

    oracle: Located | None
    """None where nobody is in the crops."""
    honest: Honest
    seconds: float = 0.0
    """Of fitting."""

    def numbers(self) -> tuple[float, ...]:
        """In the order of NUMBERS."""
        one, honest = self.oracle, self.honest
        paper = (np.nan,) * 6
        if one is not None:
            off = one.median_px * MM_PER_PX / 10
            paper = (one.corloc, one.iou, one.released_corloc, one.released_iou, one.purity, off)
        return (*paper, honest.corloc, honest.iou, honest.purity, honest.false_alarms)


@dataclass(frozen=True)
class Method:
    """What finds objects, and which of its stamps are people."""

    find: Find
    is_person: Bool[np.ndarray, " N"]
    seconds: float = 0.0

    def on(self, pictures: Pictures) -> Result:
        """Its scores on labelled crops."""
        found, people = self.find(pictures), people_in(pictures)
        shown = any(map(len, people))
        return Result(
            oracle_scores(found, people) if shown else None, honest_scores(found, people, self.is_person), self.seconds
        )


def named_method(find: Find, train: Pictures, num_stamps: int, seconds: float = 0.0) -> Method:
    """Names stamps on the first training crops."""
    shown = first(train, NUM_NAMED)
    return Method(find, name_people(find(shown), people_in(shown), num_stamps), seconds)


def first(pictures: Pictures, number: int) -> Pictures:
    """The first crops, or all if there are fewer."""
    return some(pictures, range(min(number, len(pictures.images))))


def some(pictures: Pictures, which: Sequence[int]) -> Pictures:
    """Crops with these numbers, which rise; they are numbered anew."""
    numbers = np.array(which, np.int64)
    kept = np.isin(pictures.labels["image"], numbers)
    labels = {name: column[kept] for name, column in pictures.labels.items()}
    return replace(
        pictures,
        depth_mm=pictures.depth_mm[numbers],
        images=pictures.images[numbers],
        masks=pictures.masks[numbers],
        labels={**labels, "image": np.searchsorted(numbers, labels["image"])},
        columns={name: column[numbers] for name, column in pictures.columns.items()},
    )


def mixed(each: Sequence[Pictures]) -> Pictures:
    """Crops of several sets as one."""
    ends = np.cumsum([len(one.images) for one in each])
    return joined_pictures(
        [
            replace(one, labels={**one.labels, "image": one.labels["image"] + end - len(one.images)})
            for one, end in zip(each, ends.tolist(), strict=True)
        ]
    )


def with_margin(images: UInt8[np.ndarray, "B H W"], margin: int) -> UInt8[np.ndarray, "B H2 W2"]:
    """Black pixels around, so that stamps find people whom the border cuts."""
    return np.pad(images, ((0, 0), (margin, margin), (margin, margin)))


def without_static(pictures: Pictures) -> Pictures:
    """What stands still before each camera made black: no label is needed, only which camera took which image."""
    images = pictures.images.copy()
    for site in np.unique(pictures.columns["site"]):
        which = pictures.columns["site"] == site
        stands = np.pad((images[which] > 0).mean(axis=0) >= STATIC, 2, mode="edge")
        stands = ndimage.binary_opening(stands, np.ones((3, 3)))  # speckle makes no wall
        stands = ndimage.binary_dilation(stands, np.ones((3, 3)))[2:-2, 2:-2]
        images[which] = np.where(stands, 0, images[which])
    return replace(pictures, images=images)


def finder(model: StampNet, decoding: Decoding = "most-likely") -> Find:
    """What a fitted model finds, in pixels of the crops."""
    return lambda pictures: detected(model, pictures.images, decoding)


def detected(
    model: StampNet, images: UInt8[np.ndarray, "B H W"], decoding: Decoding = "most-likely"
) -> list[Detections]:
    """What is found in crops, in their pixels; a model of larger images sees crops with a margin."""
    margin = (model.model_.config.image_size[0] - images.shape[1]) // 2
    found = model.detect(with_margin(images, margin), decoding=decoding)
    return [replace(one, boxes_xyxy=one.boxes_xyxy - margin) for one in found]


def of_model(model: StampNet, seconds: float, train: Pictures, decoding: Decoding = "most-likely") -> Method:
    """A model that was fitted in so many seconds; its stamps are named on training crops."""
    return named_method(finder(model, decoding), train, len(model.stamps_), seconds)


def fitted(
    images: UInt8[np.ndarray, "B H W"], seed: int, margin: int = PEDESTRIAN_MARGIN, max_shapes: int | None = None
) -> tuple[StampNet, float]:
    """The preset, or one with more slots, fitted on crops with a margin, and the seconds."""
    row = preset(ROW)
    height, width = images.shape[1:]
    assert isinstance(row.model, MatchingConfig)
    assert isinstance(row.training, MatchingTrainingConfig)
    model = replace(
        row.model,
        image_size=(height + 2 * margin, width + 2 * margin),
        max_shapes=max_shapes or row.model.max_shapes,
    )
    start = time.perf_counter()
    pixels = to_pixels(with_margin(images, margin), 255.0)
    done = fit(pixels, model, replace(row.training, seed=seed))
    return StampNet.from_model(done.model), time.perf_counter() - start


def with_slots(model: StampNet, number: int) -> StampNet:
    """The same stamps, more of them in an image."""
    matcher = model.model_
    assert isinstance(matcher, StampMatcher)
    other = StampMatcher(replace(matcher.config, max_shapes=number)).eval()
    other.load_state_dict(matcher.state_dict())
    return StampNet.from_model(other)


def by_components(train: Pictures, *, is_wall_known: bool) -> Method:
    """A threshold, connected components, k-means of what they frame; walls may be told by a rule for columns."""
    row = preset(ROW).model
    size, most = row.stamp_size, row.max_shapes
    margin = PEDESTRIAN_MARGIN

    def framed(pictures: Pictures) -> tuple[np.ndarray, list[np.ndarray]]:
        bright = ndimage.median_filter(pictures.images, (1, 3, 3)) > 0
        if is_wall_known:
            bright &= bright.mean(axis=1, keepdims=True) < WALL_ROWS
        images = with_margin(np.where(bright, np.uint8(255), np.uint8(0)), margin)
        return images, components(images, most, size)

    images, corners = framed(train)
    clusters = KMeans(row.num_stamps, n_init=1, random_state=0).fit(crops(images, corners, size))

    def find(pictures: Pictures) -> list[Detections]:
        images, corners = framed(pictures)
        windows = crops(images, corners, size)
        ends = np.cumsum([len(one) for one in corners])[:-1]
        stamps = np.split(clusters.predict(windows).astype(np.int64), ends)
        score = np.split(windows.mean(axis=1), ends)
        boxes = [np.concatenate([one[:, ::-1], one[:, ::-1] + size[::-1]], axis=1) - margin for one in corners]
        return [Detections(b.astype(np.float32), k, k, s) for b, k, s in zip(boxes, stamps, score, strict=True)]

    return named_method(find, train, row.num_stamps)
