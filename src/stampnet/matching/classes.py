"""Stamps to classes, without labels: those that explain the same objects nearly as well as each other go together."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Float, Float64, Int64
from sklearn.cluster import KMeans
from torch import Tensor

from stampnet.errors import InputError
from stampnet.matching.alignment import templates
from stampnet.matching.bending import compared
from stampnet.matching.matcher import StampMatcher
from stampnet.matching.windows import objects, occupied
from stampnet.model.deformation import polynomials
from stampnet.notation import Images, Windows

OBJECTS = 15_000
"""On which it is seen which stamps explain the same."""
RIVALS = 12
"""Stamps that compete for each object."""
MOST_CLASSES = 50
"""Where their number is found."""
ALONE = 0.9
"""Where all eigenvalues of the grouping of a few stamps are larger, each stamp is a class of its own."""
TRIALS = 10
"""Beginnings of k-means; that of least error is kept."""


@dataclass(frozen=True, kw_only=True)
class GroupingConfig:
    """How stamps are grouped."""

    credit: float = 0.2
    """A rival whose cost is so much higher, as a part of the best cost, has the weight 1 / e of the best."""
    rare: float = 0.2
    """Stamps with less than this part of their fair share of the objects take no part in the grouping but join the
    group that explains the same objects: alone, each would look like a class of its own."""
    shared: float = 0.003
    """The part of its weight that each stamp shares with all others alike, so that stray objects do not make classes
    (regularised spectral clustering: Amini et al., Annals of Statistics 41, 2013)."""
    shared_to_count: float = 0.01
    """The same where classes are counted."""
    steps: int = 8
    """Of a walk from stamp to stamp by way of the objects that they share: where it leads says what goes together
    (diffusion maps: Coifman and Lafon, Applied and Computational Harmonic Analysis 21, 2006). More steps forget small
    differences."""

    def __post_init__(self) -> None:
        if not self.credit > 0:
            raise InputError(f"credit must be above 0, got {self.credit}")
        for name in ("rare", "shared", "shared_to_count", "steps"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}")


class Rivalry(NamedTuple):
    """For each object the stamps most like it, and what it costs to bend each of them to it."""

    stamp: Int64[Tensor, "K R"]
    cost: Float[Tensor, "K R"]


Weights = Float64[np.ndarray, "K N"]
"""By which part each stamp explains each object; rows sum to 1."""


def classified(
    matcher: StampMatcher, batches: Iterable[Images], num_classes: int | Literal["auto"], seed: int
) -> StampMatcher:
    """A copy of a matcher with its stamps in classes (see `classes_of`), by the objects in some images."""
    classes = classes_of(matcher, rivalry(matcher, batches), num_classes, seed)
    grouped = deepcopy(matcher)
    grouped.config = replace(matcher.config, num_classes=int(classes.max()) + 1)
    grouped.class_of_stamp.copy_(torch.from_numpy(classes))
    return grouped.eval()


def classes_of(
    matcher: StampMatcher,
    rivalry: Rivalry,
    num_classes: int | Literal["auto"],
    seed: int,
    config: GroupingConfig = GroupingConfig(),
) -> Int64[np.ndarray, " N"]:
    """The class of each stamp: so many classes, or as many as stamps are in use where these are fewer, for a fit is not
    to be lost for that.

    Stamps that share no object with any that is in use join those that bend to them best.
    """
    weights = co_explanation(rivalry, matcher.config.num_stamps, config)
    number = count_classes(weights, config) if num_classes == "auto" else num_classes
    classes = group(weights, max(1, min(number, len(_common(weights, config.rare)))), seed, config)
    grouped, alone = np.flatnonzero(classes >= 0), np.flatnonzero(classes < 0)
    if len(alone):
        stamp, cost = competition(matcher, grouped)(matcher.stamp.stamps.detach()[alone])
        nearest = stamp.gather(1, cost.argmin(dim=1, keepdim=True))[:, 0].cpu().numpy()
        classes[alone] = classes[grouped[nearest]]
    return classes


def rivalry(matcher: StampMatcher, batches: Iterable[Images]) -> Rivalry:
    """The rivals for the objects that are found in the images, until there are enough."""
    compete = competition(matcher)
    found: list[Rivalry] = []
    number = 0
    for batch in batches:
        state = matcher.explain(batch)
        for m in range(state.num_slots):
            windows = objects(state, m, occupied(state, m), matcher.config.stamp_size, matcher.limits)
            found.append(compete(windows))
            number += len(windows)
        if number >= OBJECTS:
            break
    return Rivalry(*(torch.cat(field)[:OBJECTS].cpu() for field in zip(*found, strict=True)))


def competition(matcher: StampMatcher, which: Int64[np.ndarray, " P"] | None = None) -> Callable[[Windows], Rivalry]:
    """How stamps compete for windows: all of a matcher, or some, by their number among these.

    Stamps that keep their form may turn, scale and shift a little here all the same: two that differ by a shift alone
    explain the same objects, each at a place of its own.
    """
    stamps, basis = matcher.stamp.stamps.detach(), matcher.stamp.basis
    if not matcher.bends:
        basis = polynomials(matcher.config.stamp_size, "affine").to(stamps.device)
    alignment = replace(matcher.config.alignment, num_rivals=RIVALS)
    template = templates(stamps if which is None else stamps[which], basis, alignment)

    def compete(windows: Windows) -> Rivalry:
        with torch.no_grad():
            rivals, aligned = compared(windows, template, basis, alignment)
        return Rivalry(rivals, aligned.cost.view(rivals.shape))

    return compete


def co_explanation(rivalry: Rivalry, num_stamps: int, config: GroupingConfig = GroupingConfig()) -> Weights:
    """By which part each stamp explains each object.

    >>> rivals = Rivalry(torch.tensor([[0, 2]]), torch.tensor([[1.0, 1.2]]))
    >>> co_explanation(rivals, 3).round(2).tolist()
    [[0.73, 0.0, 0.27]]
    """
    best = rivalry.cost.amin(dim=1, keepdim=True).clamp(min=1e-6)
    weight = torch.exp(-(rivalry.cost - best) / (config.credit * best)).double()
    weights = torch.zeros(len(weight), num_stamps, dtype=torch.float64).scatter_(1, rivalry.stamp, weight)
    return (weights / weights.sum(dim=1, keepdim=True)).numpy()


def group(
    weights: Weights, number: int, seed: int = 0, config: GroupingConfig = GroupingConfig()
) -> Int64[np.ndarray, " N"]:
    """Normalised spectral clustering (Ng, Jordan, Weiss, NIPS 2001) of the stamps, each as heavy as its use.

    Two stamps are as near as the number of objects for which both compete. Classes are numbered by how much they
    explain; stamps that share no object with those in use are in none, -1.

    Raises InputError where fewer stamps are in use than classes are asked for.
    """
    if number == 1:
        return np.zeros(weights.shape[1], np.int64)
    common = _common(weights, config.rare)
    if len(common) < number:
        raise InputError(
            f"only {len(common)} stamps are in use, too few for {number} classes; ask for fewer classes or more stamps"
        )
    values, vectors, heaviness = _spectrum(weights[:, common], config.shared, number)
    vectors = vectors * values.clip(0) ** config.steps
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
    kmeans = KMeans(number, n_init=TRIALS, random_state=seed).fit(vectors, sample_weight=heaviness)
    membership = np.eye(number)[kmeans.labels_]
    # Every stamp to the group it shares most objects with.
    shares = weights.T @ (weights[:, common] @ membership)
    shares[common] = membership
    nearest, is_near = shares.argmax(axis=1), shares.any(axis=1)
    usage = np.bincount(nearest, weights=weights.sum(axis=0) * is_near, minlength=number)
    rank = np.argsort(np.argsort(-usage, kind="stable"))
    return np.where(is_near, rank[nearest], -1).astype(np.int64)


def count_classes(weights: Weights, config: GroupingConfig = GroupingConfig()) -> int:
    """The number of classes after which the eigenvalues of the grouping fall most: the eigengap (von Luxburg,
    Statistics and Computing 17, 2007, section 8.3); at most 50. It takes many stamps of each class: forty stamps of
    handwriting leave no gap, and their number is a guess."""
    common = _common(weights, config.rare)
    if len(common) == 0:
        return 1
    values, _, _ = _spectrum(weights[:, common], config.shared_to_count, min(MOST_CLASSES + 1, len(common)))
    # What all share lowers the eigenvalues of classes that share nothing else, all but the first, to this: no gap.
    values = np.minimum(values, 1 / (1 + config.shared_to_count))
    if len(common) <= MOST_CLASSES and values[-1] > ALONE:  # no two share objects: beyond the last class is nothing
        values = np.append(values, 0.0)
    return int(np.argmax(values[:-1] - values[1:])) + 1


def _common(weights: Weights, rare: float) -> Int64[np.ndarray, " L"]:
    """The stamps that are best for many objects."""
    usage = np.bincount(weights.argmax(axis=1), minlength=weights.shape[1])
    return np.flatnonzero(usage >= max(1, rare * len(weights) / weights.shape[1]))


def _spectrum(
    weights: Float64[np.ndarray, "K L"], shared: float, number: int
) -> tuple[Float64[np.ndarray, " P"], Float64[np.ndarray, "L P"], Float64[np.ndarray, " L"]]:
    """The largest eigenvalues and their vectors of the normalised affinity of stamps, and how heavy each stamp is."""
    # An object whose rivals are nearly all rare says nothing about the others.
    weights = weights / weights.sum(axis=1, keepdims=True).clip(1e-3)
    affinity = weights.T @ weights
    affinity += shared * affinity.sum() / len(affinity) ** 2
    heaviness = affinity.sum(axis=1)
    scaled = affinity / np.sqrt(heaviness[:, None] * heaviness)
    last = len(affinity) - 1
    values, vectors = scipy.linalg.eigh(scaled, subset_by_index=(last + 1 - number, last))
    return values[::-1], vectors[:, ::-1], heaviness
