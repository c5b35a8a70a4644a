"""What a practitioner writes in ten lines: a threshold, connected components, and a clustering of the crops.

It knows nothing of stamps; whatever stampnet claims must stand beside it, on the same images.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage
from scipy.cluster.vq import kmeans2
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from stampnet.data.scenes import Scenes
from stampnet.detection import Detections
from stampnet.errors import InputError

PIECE = 0.25
"""Components with less than this part of the typical mass are specks or clutter, not objects."""
NEIGHBOURS, DIMENSIONS = 30, 5
"""Of UMAP; few neighbours keep small clusters apart."""

Cluster = Callable[[np.ndarray, np.ndarray, int, int], np.ndarray]
"""Crops to fit (K, pixels), crops to tell apart (L, pixels), number of clusters, seed; to L clusters."""


def otsu(values: np.ndarray) -> float:
    """The threshold that parts bytes into two classes of least variance (Otsu, IEEE Trans. SMC 9, 1979)."""
    weight = np.bincount(values.ravel(), minlength=256).astype(float)
    below = weight.cumsum()
    mass = (weight * np.arange(256)).cumsum()
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mass[-1] * below / below[-1] - mass) ** 2 / (below * (below[-1] - below))
    return float(np.nan_to_num(between, posinf=0.0).argmax())


def components(
    images: np.ndarray, most: int, size: tuple[int, int], dilation: int = 3, least: int = 0
) -> list[np.ndarray]:
    """The top-left corners (K, 2) of frames around the centres of mass of at most `most` components of each image.

    One threshold serves all images (uint8, B x H x W); thresholded pixels are dilated by a square. Objects that touch
    make one component: where fewer than `least` are found the heaviest is parted in two by k-means of its pixels, as
    often as needed; without such knowledge, those that are larger than a frame are.
    """
    bright = ndimage.binary_dilation(images > otsu(images[:2000]), np.ones((1, dilation, dilation), bool))
    found = [_pixels(image, mask) for image, mask in zip(images, bright, strict=True)]
    typical = np.median([max((piece[:, 2].sum() for piece in pieces), default=0.0) for pieces in found])
    last = np.array(images.shape[1:]) - size
    places = []
    for pieces in found:
        objects = [piece for piece in pieces if piece[:, 2].sum() >= PIECE * typical]
        if least:
            for _ in range(least - len(objects) if objects else 0):
                objects.sort(key=lambda piece: piece[:, 2].sum())
                objects += _parted(objects.pop())
        else:
            reach = np.array(size) + dilation - 1
            objects = [
                part for piece in objects for part in (_parted(piece) if (_extent(piece) > reach).any() else [piece])
            ]
        objects.sort(key=lambda piece: -piece[:, 2].sum())
        centres = [np.average(piece[:, :2], axis=0, weights=piece[:, 2]) for piece in objects[:most]]
        corners = np.floor(np.array(centres).reshape(-1, 2) + 0.5).astype(int) - np.array(size) // 2
        places.append(corners.clip(0, last))
    return places


def _pixels(image: np.ndarray, mask: np.ndarray) -> list[np.ndarray]:
    """Row, column and value (K, 3) of the pixels of each component."""
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    row, column = np.nonzero(labels)
    order = np.argsort(labels[row, column], kind="stable")
    pixels = np.stack([row, column, image[row, column]], axis=1).astype(float)[order]
    return np.split(pixels, np.cumsum(np.bincount(labels[row, column])[1:])[:-1]) if len(pixels) else []


def _extent(piece: np.ndarray) -> np.ndarray:
    return np.ptp(piece[:, :2], axis=0) + 1


def _parted(piece: np.ndarray) -> list[np.ndarray]:
    """Two halves of a component, about its two centres."""
    bright = piece[piece[:, 2] > 0]
    if len(bright) < 2:
        return [piece]
    _, half = kmeans2(bright[:, :2], 2, minit="++", rng=0)
    if half.min() == half.max():
        return [piece]
    return [bright[half == 0], bright[half == 1]]


def crops(images: np.ndarray, corners: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """The frames at those corners, one row of values in [0, 1] each."""
    windows = np.lib.stride_tricks.sliding_window_view(images, size, axis=(1, 2))
    which = np.repeat(np.arange(len(images)), [len(places) for places in corners])
    row, column = np.concatenate(corners).T
    return windows[which, row, column].reshape(len(which), -1) / np.float32(255)


def k_means(train: np.ndarray, test: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Clusters of `test` after k-means on `train`."""
    return KMeans(number, n_init=1, random_state=seed).fit(train).predict(test)


def umap_mixture(train: np.ndarray, test: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Clusters of `test` after UMAP and a Gaussian mixture on `train`.

    Raises InputError where umap-learn is not installed.
    """
    try:
        from umap import UMAP
    except ImportError as error:
        raise InputError(f"this baseline needs umap-learn ({error}): pip install 'stampnet[baselines]'") from error

    space = UMAP(n_neighbors=NEIGHBOURS, n_components=DIMENSIONS, min_dist=0.0, random_state=seed, n_jobs=1)
    low = space.fit_transform(train)
    return GaussianMixture(number, random_state=seed).fit(low).predict(space.transform(test))


def baseline(
    train: np.ndarray,
    test: Scenes,
    cluster: Cluster,
    *,
    most: int,
    size: tuple[int, int],
    number: int,
    least: int = 0,
    dilation: int = 3,
    seed: int = 0,
) -> list[Detections]:
    """`least` to `most` objects in each test image, in `number` clusters that were learned on the training images."""
    learned = crops(train, components(train, most, size, dilation, least), size)
    corners = components(test.images, most, size, dilation, least)
    labels = cluster(learned, crops(test.images, corners, size), number, seed)
    split = np.split(labels.astype(np.int64), np.cumsum([len(places) for places in corners])[:-1])
    detections = []
    for places, clusters in zip(corners, split, strict=True):
        boxes = np.concatenate([places[:, ::-1], places[:, ::-1] + size[::-1]], axis=1).astype(np.float32)
        detections.append(Detections(boxes, clusters, clusters.copy(), np.ones(len(clusters), np.float32)))
    return detections
