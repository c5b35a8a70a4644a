"""Batches to better stamps without gradients: one step of matching."""

from math import log

import pytorch_lightning as pl
import torch
from torch import Tensor

from stampnet.matching.explanation import Explanation
from stampnet.matching.matcher import StampMatcher
from stampnet.matching.poses import Poses, posed
from stampnet.matching.start import unexplained
from stampnet.matching.threshold import least_gain, least_gain_in_a_crowd
from stampnet.matching.update import Evidence, Misfit, centred, centring, gather_evidence, moved
from stampnet.notation import Images
from stampnet.training.batches import Batch
from stampnet.training.bending_passes import BADLY, RARE, BendingPasses
from stampnet.training.loss import squared_error
from stampnet.training.pixels import to_images

WINDOWS_REMEMBERED = (64, 320)
"""How many windows a stamp is the mean of, at the beginning and at the end of a run."""
STEPS_REMEMBERED = (0.1, 0.5)
"""From how many steps they are at most, as parts of the run: in a run on few images stamps would remember nothing but
its beginning."""
CENTRE_EVERY, RESTART_EVERY = 5, 10
"""Steps."""
DOUBT_EVERY, DOUBT_FROM = 10, 0.2
"""Steps, and the part of the run from which the stamps are good enough to tell objects from noise."""
NEWS = 0.3
"""Weight of the newest threshold in their running mean."""
RESTART_UNTIL = 0.8
"""Part of the run after which no stamp starts again."""
NOTABLE_GROWTH = 1.03
"""Factor of size below which a stamp is not resampled."""
TRUST = 20.0
"""How many windows a stamp that starts again counts for: no more than others do."""


class MatchingTraining(pl.LightningModule):
    """Squared error minimised by turns: placements for given stamps, stamps for given placements.

    Each stamp is a running mean of the windows that it explains, with a memory that grows during the run. The mean
    needs sums only, which are added up over all processes: two see the stamps that one would. Where stamps bend, this
    is how their locators are learned; `bending` passes over the images follow.
    """

    window_sum: Tensor
    window_count: Tensor
    share: Tensor
    log_scale: Tensor
    usage: Tensor
    steps: Tensor

    temperature = 0.0
    """Choices are hard from the first step."""
    is_comparable = True
    keep = "last"
    """The last stamps are means of the most windows."""

    def __init__(self, matcher: StampMatcher, *, num_steps: int, bending: BendingPasses | None = None) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model = matcher
        self.num_steps = num_steps
        self.bending = bending
        stamps = matcher.finders
        self.register_buffer("window_sum", stamps.clone())
        self.register_buffer("window_count", torch.ones(len(stamps)))
        # Mean logarithm of the scale of each stamp's objects.
        self.register_buffer("log_scale", torch.zeros(len(stamps)))
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

    @property
    def num_pass(self) -> int | None:
        """Which of the passes runs in which stamps bend; None while their locators are learned."""
        if self.bending is None or self.steps < self.num_steps:
            return None
        return int((self.steps - self.num_steps) // self.trainer.num_training_batches)

    @torch.no_grad()
    def on_train_epoch_start(self) -> None:
        number = self.num_pass
        if self.bending is None or number is None:
            self.usage = self.usage.new_zeros(len(self.share))
            return
        self.usage = self.usage.new_zeros(len(self.model.stamp.stamps))
        self.bending.begin(number)

    @torch.no_grad()
    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        images = to_images(batch.pixels)
        number = self.num_pass
        if self.bending is not None and number is not None:
            state = self.bending.explain(images, batch.numbers, number)
            self.usage += self.bending.add(state, number).placements
        else:
            state = self.model.locate(images)
            self._step(images, state)
        error = squared_error(self.model.reconstruction(state, images), images)
        self.log("train_sse", error, on_step=False, on_epoch=True, sync_dist=True, batch_size=len(images))
        self.steps += 1
        if self.bending is not None and number is not None and batch_idx == self.trainer.num_training_batches - 1:
            evidence = Evidence(*(self._total(field) for field in self.bending.evidence))
            self.bending.end(number, evidence, self._gathered(self.bending.misfit, BADLY * len(self.usage)))
        return error

    def _step(self, images: Images, state: Explanation) -> None:
        """Better stamps, or locators, from the placements on a batch."""
        stamps = self.model.finders
        evidence, misfit = gather_evidence(state, stamps, self.model.stamp.basis)
        config = self.model.config
        if config.is_crowd or config.search.on_grid:
            misfit = unexplained(
                state,
                self.model.limits,
                config.stamp_size,
                least=float(self.model.threshold),
                on_grid=config.search.on_grid,
            )
        self.usage += evidence.placements
        self._learn(Evidence(*(self._total(field) for field in evidence)))
        step = int(self.steps)
        # Squares of a grid are cut out whole: their mass says nothing of where they belong.
        if step % CENTRE_EVERY == CENTRE_EVERY - 1 and not config.search.on_grid:
            self.window_sum = moved(self.window_sum, *centring(stamps))
            self._fix_scales()
        if step % RESTART_EVERY == RESTART_EVERY - 1 and step < RESTART_UNTIL * self.num_steps:
            self._restart(misfit)
        self._refresh()
        if step % DOUBT_EVERY == DOUBT_EVERY - 1 and step >= DOUBT_FROM * self.num_steps:
            self._doubt(images, state)

    def _doubt(self, images: Images, state: Explanation) -> None:
        """A better threshold between objects and noise."""
        if self.model.config.is_crowd:
            # Processes may find unequally many: each takes its own median, and all the mean of these.
            least = least_gain_in_a_crowd(state.gain[state.placements.present])
            least = self._total(least) / self.trainer.world_size
        else:
            least = least_gain(*(self._of_all(gain) for gain in self.model.gains_without_threshold(images)))
        self.model.threshold.lerp_(least, NEWS)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        images = to_images(batch.pixels)
        # The epoch's steps are done: what they have learned decides.
        learns_to_bend = self.bending is not None and self.steps > self.num_steps
        state = self.model.explain(images) if learns_to_bend else self.model.locate(images)
        error = squared_error(self.model.reconstruction(state, images), images)
        self.log("val_sse", error, on_epoch=True, sync_dist=True, batch_size=len(images))

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
        steps = self.num_steps * (STEPS_REMEMBERED[0] + (STEPS_REMEMBERED[1] - STEPS_REMEMBERED[0]) * progress)
        keep = max(0.5, 1 - max(placements / (windows * len(self.window_count)), 1 / max(steps, 2)))
        self.window_sum = keep * self.window_sum + evidence.windows
        self.window_count = keep * self.window_count + evidence.placements
        mean_log_scale = evidence.log_scale / evidence.placements.clamp(min=1)
        news = (evidence.placements / self.window_count.clamp(min=1e-6)).clamp(max=1)
        self.log_scale.lerp_(mean_log_scale, news)
        self.share = keep * self.share + (1 - keep) * evidence.placements / max(placements, 1.0)

    def _fix_scales(self) -> None:
        """Stamps as large as their objects on average: without that rule (a gauge) any scale of a stamp would do."""
        pose = self.model.config.pose
        growth = (self.log_scale - log(pose.middle_scale)).exp()
        if pose.is_fixed or float(growth.log().abs().max()) < log(NOTABLE_GROWTH):
            return
        poses = Poses(torch.zeros_like(growth), growth)
        self.window_sum = posed(self.window_sum, poses, self.model.config.stamp_size)
        self.log_scale.fill_(log(pose.middle_scale))

    def _restart(self, misfit: Misfit) -> None:
        """Stamps that are hardly used begin again as the windows that are explained worst."""
        rare = (self.share < RARE / len(self.share)).nonzero()[:, 0]
        worst = self._gathered(misfit, len(self.share)).windows[: len(rare)]
        fresh = worst if self.model.config.search.on_grid else centred(worst)
        trust = min(TRUST, float(self.window_count.mean()))
        for stamp, window in zip(rare.tolist(), fresh, strict=False):
            self.window_sum[stamp], self.window_count[stamp] = trust * window, trust
            self.share[stamp] = 0.5 / len(self.share)

    def _gathered(self, misfit: Misfit, number: int) -> Misfit:
        """The windows of all processes that are explained worst, the worst first, at most so many."""
        worst = misfit.worst(number)
        short = number - len(worst.left)
        # All processes must offer equally many.
        padding = Misfit(worst.windows.new_zeros(short, *worst.windows.shape[1:]), worst.left.new_full((short,), -1.0))
        worst = Misfit(*(self._of_all(field) for field in worst.joined(padding))).worst(number)
        offered = worst.left >= 0
        return Misfit(worst.windows[offered], worst.left[offered])

    def _refresh(self) -> None:
        """Stamps as the means of their windows, in the range that images can have."""
        mean = self.window_sum / self.window_count.clamp(min=1e-6)[:, None, None, None]
        mean = mean.clamp(*self.model.limits)
        if self.model.bends:
            self.model.locators.copy_(mean)
            # A run that ends early has stamps all the same.
            repeats = -(-len(self.model.stamp.stamps) // len(mean))
            mean = mean.repeat(repeats, 1, 1, 1)[: len(self.model.stamp.stamps)]
        self.model.stamp.stamps.copy_(mean)
