"""Objects that were found to the stamps that bend: a few passes, after each every stamp is the mean of its objects."""

import math
from dataclasses import replace

import torch
from jaxtyping import Int64
from torch import Generator, Tensor, nn

from stampnet.matching.bending import recentred
from stampnet.matching.matcher import StampMatcher
from stampnet.matching.placements import Placements
from stampnet.matching.search import Explanation, Found
from stampnet.matching.start import unlike
from stampnet.matching.update import Evidence, centred, gather_evidence
from stampnet.matching.windows import objects, occupied
from stampnet.model.deformation import bent
from stampnet.notation import Images, Windows
from stampnet.training.batches import Pixels, to_images
from stampnet.training.memory import Memory

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


class BendingPasses(nn.Module):
    """Sums of a pass; they are added up over all processes at its end, so that two see the stamps that one would.

    Nothing of it is part of the state: a run is resumed after a whole pass.
    """

    window_sum: Tensor
    window_count: Tensor
    bend_sum: Tensor
    worst: Tensor
    left_open: Tensor

    def __init__(self, matcher: StampMatcher, pixels: Pixels, seed: int) -> None:
        super().__init__()
        self.matcher = [matcher]  # a list: the stamps are the module's whose part this is
        self.pixels, self.seed = pixels, seed
        self.memory = Memory(len(pixels))
        self.alignment = replace(matcher.config.alignment, num_candidates=NUM_CANDIDATES, num_rivals=NUM_RIVALS)
        stamps = matcher.stamp.stamps
        self.register_buffer("window_sum", torch.zeros_like(stamps), persistent=False)
        self.register_buffer("window_count", torch.zeros(len(stamps)), persistent=False)
        bends = torch.zeros(len(stamps), 2, len(matcher.stamp.basis))
        self.register_buffer("bend_sum", bends, persistent=False)
        self.register_buffer("worst", torch.zeros(0, *stamps.shape[1:]), persistent=False)
        self.register_buffer("left_open", torch.zeros(0), persistent=False)

    def begin(self, number: int) -> None:
        """Before pass `number`: empty sums; before the first also first stamps, from objects unlike each other, unless
        the locators are as many and serve."""
        if number == 0 and len(self.window_count) > len(self.matcher[0].locators):
            self._first_stamps()
        self.window_sum.zero_()
        self.window_count.zero_()
        self.bend_sum.zero_()
        self.worst, self.left_open = self.worst[:0], self.left_open[:0]

    def explain(self, images: Images, numbers: Int64[Tensor, " B"], number: int) -> Explanation:
        """The images with these numbers, by stamps as stiff as they are in pass `number`."""
        return self.matcher[0].bent(self._located(images, numbers), STIFFNESS[number], self.alignment)

    def add(self, state: Explanation) -> Evidence:
        """Adds what a batch says about the stamps."""
        matcher = self.matcher[0]
        evidence, misfit = gather_evidence(state, matcher.stamp.stamps, matcher.stamp.basis)
        self.window_sum += evidence.windows
        self.window_count += evidence.placements
        self.bend_sum += evidence.bends
        windows = torch.cat([self.worst, misfit.windows])
        self.left_open, kept = torch.cat([self.left_open, misfit.share]).sort(descending=True, stable=True)
        most = BADLY * len(self.window_count)
        self.worst, self.left_open = windows[kept[:most]], self.left_open[:most]
        return evidence

    def sums(self) -> tuple[Tensor, Tensor, Tensor]:
        """What all processes must add up before `end`."""
        return self.window_sum, self.window_count, self.bend_sum

    def end(self, number: int, window_sum: Tensor, window_count: Tensor, bend_sum: Tensor, worst: Windows) -> None:
        """After pass `number`: the stamps as the means of their windows, of all processes; rare ones begin again.

        A stamp takes the mean form of its objects: without that rule (a gauge) it could be any of their forms, and
        bend to all others (Cootes, Marsland, Twining, Smith and Taylor, ECCV 2004).
        """
        stamps = self.matcher[0].stamp.stamps
        used = (window_count > 0)[:, None, None, None]
        low, high = self.matcher[0].limits
        placements = window_count.clamp(min=1)[:, None, None]
        mean = window_sum / placements[..., None]
        if STIFFNESS[number] != math.inf:
            mean = bent(mean, bend_sum / placements, self.matcher[0].stamp.basis)
        stamps.copy_(torch.where(used, torch.minimum(torch.maximum(mean, low), high), stamps))
        if number < RESTARTS_UNTIL:
            fair = window_count.sum() / len(window_count)
            rare = (window_count < RARE * fair).nonzero()[:, 0]
            order = torch.randperm(min(BADLY * len(rare), len(worst)), generator=self._chance(number + 1))
            chosen = worst[order[: len(rare)].to(worst.device)]
            stamps[rare[: len(chosen)]] = centred(chosen)

    def _located(self, images: Images, numbers: Int64[Tensor, " B"]) -> Explanation:
        """What the locators explain of images; they no longer change, so that objects are sought but once."""

        def find(new: Int64[Tensor, " K"]) -> tuple[Tensor, ...]:
            placements, gain = self.matcher[0].find(images[new])
            return *placements, gain

        *placements, gain = self.memory.recall(numbers, find)
        return self.matcher[0].located(images, Found(Placements(*placements), gain))

    def _first_stamps(self) -> None:
        matcher = self.matcher[0]
        number, device = len(self.window_count), self.window_sum.device
        windows: list[Windows] = []
        for numbers in torch.arange(len(self.pixels)).split(BATCH):
            images = to_images(self.pixels[numbers]).to(device)
            state = recentred(self._located(images, numbers.to(device)), matcher.limits)
            size = matcher.config.stamp_size
            windows += [objects(state, m, occupied(state, m), size, matcher.limits) for m in range(state.gain.shape[1])]
            if sum(map(len, windows)) >= CANDIDATES * number:
                break
        found = torch.cat(windows)[: CANDIDATES * number]
        if len(found):
            chosen = unlike(found, number, self._chance(0), matcher.config.pose)
            matcher.stamp.stamps.copy_(found[chosen.to(found.device)])

    def _chance(self, number: int) -> Generator:
        return Generator().manual_seed(self.seed * 1_000_003 + number)
