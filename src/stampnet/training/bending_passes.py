"""Objects that were found to the stamps that bend: a few passes, after each every stamp is the mean of its objects."""

import math
from dataclasses import replace

import torch
from jaxtyping import Int64
from torch import Generator, Tensor

from stampnet.matching.bending import recentred
from stampnet.matching.explanation import Explanation
from stampnet.matching.matcher import StampMatcher
from stampnet.matching.placements import Placements
from stampnet.matching.start import unlike
from stampnet.matching.update import Evidence, Misfit, centred, gather_evidence, nothing_known
from stampnet.matching.windows import objects, occupied
from stampnet.model.deformation import bent
from stampnet.notation import Images, Windows
from stampnet.training.memory import Memory
from stampnet.training.pixels import Pixels, Selection, to_images

STIFFNESS = (math.inf, math.inf, 2.0, 1.0, 1.0)
"""Of the stamps in each pass. They keep their form at first, when they are single objects, so that few which bend do
not take the place of many."""
NUM_CANDIDATES, NUM_RIVALS = 12, 4
"""Stamps that bend to each object while they are learned: a mean does not suffer from objects that have found a stamp
nearly as good as the best."""
RARE = 0.2
"""A stamp with less than this part of its fair share of the objects begins again as one that is explained badly."""
RESTARTS_UNTIL = 3
"""Passes; later there would be no time to settle."""
CANDIDATES = 4
"""Objects among which each first stamp is chosen."""
BADLY = 3
"""A stamp begins again as one of so many objects explained worst, times the number of stamps that do: the very worst
are often no objects."""
BATCH = 256


class BendingPasses:
    """The evidence of a pass; it is added up over all processes at its end, so that two see the stamps that one would.

    Nothing of it is part of the state: a run is resumed after a whole pass.
    """

    evidence: Evidence
    misfit: Misfit
    """The windows that were explained worst, BADLY times as many as stamps."""

    def __init__(self, matcher: StampMatcher, pixels: Pixels | Selection, seed: int) -> None:
        self.matcher, self.pixels, self.seed = matcher, pixels, seed
        self.memory = Memory(len(pixels))
        self.alignment = replace(matcher.config.alignment, num_candidates=NUM_CANDIDATES, num_rivals=NUM_RIVALS)

    def begin(self, number: int) -> None:
        """Before pass `number`: no evidence; before the first also first stamps, from objects unlike each other, unless
        the locators are as many and serve."""
        stamps = self.matcher.stamp.stamps
        if number == 0 and len(stamps) > len(self.matcher.locators):
            self._first_stamps()
        self.evidence, self.misfit = nothing_known(stamps, len(self.matcher.stamp.basis))

    def explain(self, images: Images, numbers: Int64[Tensor, " B"], number: int) -> Explanation:
        """The images with these numbers, by stamps as stiff as they are in pass `number`."""
        return self.matcher.bent(self._located(images, numbers), STIFFNESS[number], self.alignment)

    def add(self, state: Explanation, number: int) -> Evidence:
        """Adds what a batch says about the stamps in pass `number`."""
        stamp = self.matcher.stamp
        evidence, misfit = gather_evidence(state, stamp.stamps, stamp.basis)
        self.evidence = self.evidence.plus(evidence)
        if number < RESTARTS_UNTIL:
            self.misfit = self.misfit.joined(misfit).worst(BADLY * len(stamp.stamps))
        return evidence

    def end(self, number: int, evidence: Evidence, misfit: Misfit) -> None:
        """After pass `number`: the stamps as the means of their windows, of all processes; rare ones begin again.

        A stamp takes the mean form of its objects: without that rule (a gauge) it could be any of their forms, and
        bend to all others (Cootes, Marsland, Twining, Smith and Taylor, ECCV 2004).
        """
        stamps = self.matcher.stamp.stamps
        used = (evidence.placements > 0)[:, None, None, None]
        placements = evidence.placements.clamp(min=1)[:, None, None]
        mean = evidence.windows / placements[..., None]
        if STIFFNESS[number] != math.inf:
            mean = bent(mean, evidence.bends / placements, self.matcher.stamp.basis)
        stamps.copy_(torch.where(used, mean.clamp(*self.matcher.limits), stamps))
        if number < RESTARTS_UNTIL:
            rare = (evidence.placements < RARE * evidence.placements.mean()).nonzero()[:, 0]
            worst = misfit.worst(BADLY * len(rare)).windows
            order = torch.randperm(len(worst), generator=self._chance(number + 1))
            chosen = worst[order[: len(rare)].to(worst.device)]
            stamps[rare[: len(chosen)]] = centred(chosen).clamp(*self.matcher.limits)

    def _located(self, images: Images, numbers: Int64[Tensor, " B"]) -> Explanation:
        """What the locators explain of images; they no longer change, so that objects are sought but once."""

        def find(new: Int64[Tensor, " K"]) -> tuple[Tensor, ...]:
            return tuple(self.matcher.places(images[new]))

        return self.matcher.locate_again(images, Placements(*self.memory.recall(numbers, find)))

    def _first_stamps(self) -> None:
        matcher = self.matcher
        number, device = len(matcher.stamp.stamps), matcher.stamp.stamps.device
        windows: list[Windows] = []
        for numbers in torch.arange(len(self.pixels)).split(BATCH):
            images = to_images(self.pixels[numbers]).to(device)
            state = recentred(self._located(images, numbers.to(device)), matcher.limits)
            size = matcher.config.stamp_size
            windows += [objects(state, m, occupied(state, m), size, matcher.limits) for m in range(state.num_slots)]
            if sum(map(len, windows)) >= CANDIDATES * number:
                break
        found = torch.cat(windows)[: CANDIDATES * number]
        if len(found):
            chosen = unlike(found, number, self._chance(0), matcher.config.pose)
            matcher.stamp.stamps.copy_(found[chosen.to(found.device)].clamp(*matcher.limits))

    def _chance(self, number: int) -> Generator:
        return Generator().manual_seed(self.seed * 1_000_003 + number)
