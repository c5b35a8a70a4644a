"""Batches to better stamps without gradients: one step of matching."""

import math

import pytorch_lightning as pl
import torch
from torch import Tensor

from stampnet.matching.matcher import StampMatcher
from stampnet.matching.threshold import least_gain
from stampnet.matching.update import Evidence, Misfit, centred, centring, gather_evidence, moved
from stampnet.training.batches import Pixels, to_images
from stampnet.training.loss import squared_error

RIGID_UNTIL, STIFF_AT_FIRST, SOFT_FROM = 0.25, 3.0, 0.75
"""Stamps that may bend keep their form in the first part of a run; then they are stiffer by that factor, which falls
to 1 until the last part begins."""
WINDOWS_REMEMBERED = (64, 320)
"""How many windows a stamp is the mean of, at the beginning and at the end of a run."""
CENTRE_EVERY, RESTART_EVERY = 5, 10
"""Steps."""
DOUBT_EVERY, DOUBT_FROM = 10, 0.2
"""Steps, and the part of the run from which the stamps are good enough to tell objects from noise."""
NEWS = 0.3
"""Weight of the newest threshold in their running mean."""
RESTART_UNTIL = 0.8
"""Part of the run after which no stamp starts again."""
RARE = 0.2
"""A stamp with less than this part of its fair share of the placements starts again."""
TRUST = 20.0
"""How many windows a stamp that starts again counts for."""


class MatchingTraining(pl.LightningModule):
    """Squared error minimised by turns: placements for given stamps, stamps for given placements.

    Each stamp is a running mean of the windows that it explains, with a memory that grows during the run. The mean
    needs sums only, which are added up over all processes: two see the stamps that one would.
    """

    window_sum: Tensor
    window_count: Tensor
    share: Tensor
    usage: Tensor
    steps: Tensor

    temperature = 0.0
    """Choices are hard from the first step."""
    is_comparable = True
    keep = "last"
    """The last stamps are means of the most windows."""

    def __init__(self, matcher: StampMatcher, *, num_steps: int) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model = matcher
        self.num_steps = num_steps
        stamps = matcher.stamp.stamps.detach()
        self.register_buffer("window_sum", stamps.clone())
        self.register_buffer("window_count", torch.ones(len(stamps)))
        self.register_buffer("share", torch.full((len(stamps),), 1 / len(stamps)))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        # Placements of each stamp in the current epoch; not part of the state.
        self.register_buffer("usage", torch.zeros(len(stamps)), persistent=False)

    @property
    def num_steps_done(self) -> int:
        """Steps since the beginning of the run."""
        return int(self.steps)

    def configure_optimizers(self) -> None:
        """There are no gradients."""

    def on_train_epoch_start(self) -> None:
        self.usage.zero_()

    @torch.no_grad()
    def training_step(self, batch: Pixels, batch_idx: int) -> Tensor:  # noqa: ARG002
        images = to_images(batch)
        state = self.model.explain(images, self.stiffness)
        error = squared_error(self.model.reconstruction(state, images), images)
        self.log("train_sse", error, on_step=False, on_epoch=True, sync_dist=True, batch_size=len(images))
        evidence, misfit = gather_evidence(state, self.model.stamp.stamps, self.model.basis)
        self.usage += evidence.placements
        self._learn(Evidence(*(self._total(field) for field in evidence)))
        step = int(self.steps)
        if step % CENTRE_EVERY == CENTRE_EVERY - 1:
            self.window_sum = moved(self.window_sum, *centring(self.model.stamp.stamps))
        if step % RESTART_EVERY == RESTART_EVERY - 1 and step < RESTART_UNTIL * self.num_steps:
            self._restart(misfit)
        self._refresh()
        if step % DOUBT_EVERY == DOUBT_EVERY - 1 and step >= DOUBT_FROM * self.num_steps:
            gains = (self._of_all(gain) for gain in self.model.gains_without_threshold(images))
            self.model.threshold.lerp_(least_gain(*gains), NEWS)
        self.steps += 1
        return error

    def validation_step(self, batch: Pixels, batch_idx: int) -> None:  # noqa: ARG002
        images = to_images(batch)
        error = squared_error(self.model.reconstruction(self.model.explain(images), images), images)
        self.log("val_sse", error, on_epoch=True, sync_dist=True, batch_size=len(images))

    @property
    def stiffness(self) -> float:
        """By how much stamps are stiffer than in the end: rigid at first, when they are single windows, then softer and
        softer, so that few bent ones do not take the place of many."""
        progress = float(self.steps) / max(self.num_steps, 1)
        if progress < RIGID_UNTIL:
            return math.inf
        return STIFF_AT_FIRST ** max(0.0, 1 - (progress - RIGID_UNTIL) / (SOFT_FROM - RIGID_UNTIL))

    def _total(self, summand: Tensor) -> Tensor:
        """The sum over all processes."""
        return self.trainer.strategy.reduce(summand, reduce_op="sum")

    def _of_all(self, numbers: Tensor) -> Tensor:
        """Those of all processes, which must offer equally many."""
        return numbers if self.trainer.world_size == 1 else self.all_gather(numbers).flatten(0, 1)  # type: ignore[union-attr]

    def _learn(self, evidence: Evidence) -> None:
        """Adds the evidence of a step to what is left of the earlier one."""
        placements = float(evidence.placements.sum())
        progress = min(float(self.steps) / max(self.num_steps, 1), 1.0)
        windows = WINDOWS_REMEMBERED[0] + (WINDOWS_REMEMBERED[1] - WINDOWS_REMEMBERED[0]) * progress
        keep = max(0.5, 1 - placements / (windows * len(self.window_count)))
        self.window_sum = keep * self.window_sum + evidence.windows
        self.window_count = keep * self.window_count + evidence.placements
        self.share = keep * self.share + (1 - keep) * evidence.placements / max(placements, 1.0)

    def _restart(self, misfit: Misfit) -> None:
        """Stamps that are hardly used begin again as the windows that are explained worst."""
        rare = (self.share < RARE / len(self.share)).nonzero()[:, 0]
        windows, share = self._gathered(misfit)
        worst = share.topk(min(len(rare), len(share))).indices
        for stamp, window in zip(rare.tolist(), centred(windows[worst]), strict=False):
            self.window_sum[stamp], self.window_count[stamp] = TRUST * window, TRUST
            self.share[stamp] = 0.5 / len(self.share)

    def _gathered(self, misfit: Misfit) -> tuple[Tensor, Tensor]:
        """The worst windows of all processes; each offers as many as there are stamps."""
        offered = min(len(self.share), len(misfit.share))
        worst = misfit.share.topk(offered).indices
        windows, share = misfit.windows[worst], misfit.share[worst]
        short = len(self.share) - offered
        windows = torch.cat([windows, windows.new_zeros(short, *windows.shape[1:])])
        share = torch.cat([share, share.new_full((short,), -1.0)])
        windows, share = self._of_all(windows), self._of_all(share)
        return windows[share >= 0], share[share >= 0]

    def _refresh(self) -> None:
        """Stamps as the means of their windows, in the range that images can have."""
        mean = self.window_sum / self.window_count.clamp(min=1e-6)[:, None, None, None]
        low, high = self.model.limits
        self.model.stamp.stamps.copy_(torch.minimum(torch.maximum(mean, low), high))
