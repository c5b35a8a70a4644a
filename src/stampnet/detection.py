"""Choices to detections: boxes in pixels, the stamp of each, and how sure the model is."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from stampnet.errors import InputError
from stampnet.matching.boxes import boxes_at, mass_centred, outlined, print_centred, tight
from stampnet.matching.matcher import StampMatcher
from stampnet.matching.placements import from_choices, to_choices
from stampnet.matching.poses import Poses, composed, poses_of_bends
from stampnet.matching.windows import explained_windows, occupied
from stampnet.model.network import Decisions, StampNetwork
from stampnet.model.selection_localization import Choices
from stampnet.model.stamp import placed
from stampnet.notation import Images


@dataclass(frozen=True)
class Detections:
    """The K objects found in one image."""

    boxes_xyxy: Float32[np.ndarray, "K 4"]
    """x0, y0, x1, y1 in pixels, half-open. Matching centres them on the mass of what the stamp explains, a network
    whose stamps bend on that of what the stamp prints."""
    stamp: Int64[np.ndarray, " K"]
    class_id: Int64[np.ndarray, " K"]
    """The class of each object: the group of its stamp, the number of its stamp where stamps are not grouped."""
    score: Float32[np.ndarray, " K"]
    """How sure the model is, in [0, 1]."""
    tight_xyxy: Float32[np.ndarray, "K 4"] | None = None
    """The least boxes that hold what each stamp visibly prints; None where that is not known, as in other tools'
    files."""
    angle_deg: Float32[np.ndarray, " K"] | None = None
    """By how much each stamp is turned, from -180 to 180, counter-clockwise as seen on the screen; None where stamps
    keep their form."""
    scale: Float32[np.ndarray, " K"] | None = None
    """How large each object is beside its stamp as `stamps_` shows it, as a factor of lengths; None where stamps keep
    their form."""

    def __len__(self) -> int:
        return len(self.stamp)

    def to_supervision(self) -> Any:
        """The same as `supervision.Detections`: `xyxy`, `class_id`, `confidence`, and the stamps in `data["stamp"]`.

        Raises InputError where supervision is not installed.
        """
        try:
            from supervision import Detections as Theirs
        except ImportError as error:
            raise InputError("supervision is not installed; pip install 'stampnet[vision]'") from error
        return Theirs(
            xyxy=self.boxes_xyxy.copy(),
            confidence=self.score.copy(),
            class_id=self.class_id.copy(),
            data={"stamp": self.stamp.copy()},
        )

    @classmethod
    def from_supervision(cls, detections: Any) -> "Detections":
        """What `to_supervision` gave, or detections of another tool: without stamps these are the classes, without
        confidence it is 1.

        Raises InputError where the objects have no class.
        """
        if detections.class_id is None:
            raise InputError("the detections have no class_id; give each object a class")
        classes = np.asarray(detections.class_id, np.int64)
        scores = np.ones(len(classes)) if detections.confidence is None else detections.confidence
        return cls(
            np.asarray(detections.xyxy, np.float32).reshape(-1, 4),
            np.asarray(detections.data.get("stamp", classes), np.int64),
            classes,
            np.asarray(scores, np.float32),
        )


class Found(NamedTuple):
    """What a model says of a batch of images."""

    choices: Choices
    """One-hot; all zero in the stamps of an empty slot."""
    score: Float[Tensor, "B M"]
    """The network's: probability of the chosen stamp, row and column together. Matching's: the part of the squared
    values of the object's window that its stamp explains."""
    boxes: Float[Tensor, "B M 4"]
    """x0, y0, x1, y1 in pixels, see `Detections`."""
    frames: Float[Tensor, "B M 4"]
    """The pixels that the stamp itself covers."""
    reconstruction: Images
    """What the model sees of the images: stamps on their background."""
    class_of_stamp: Int64[Tensor, " N"]
    tight: Float[Tensor, "B M 4"]
    """The pixels that the stamp visibly prints."""
    poses: Poses | None = None
    """How the stamps are turned and scaled, B M each; None where they keep their form."""


def decided(choices: Choices, decisions: Decisions, network: StampNetwork) -> Found:
    """One-hot choices of the network; the score is their probability at temperature 1."""
    placements = from_choices(choices)
    probabilities = [torch.softmax(x, dim=-1) * choice for x, choice in zip(decisions.logits, choices, strict=True)]
    score = torch.stack([p.sum(dim=-1) for p in probabilities]).prod(dim=0).float()
    size = network.config.stamp_size
    printed = network.stamp.prints(choices, decisions.deformation)
    frames = boxes_at(placements.row, placements.column, size)
    boxes, poses = frames, None
    if decisions.deformation is not None:
        boxes = boxes_at(*print_centred(printed, placements, network.config.positions), size)
        bends = decisions.deformation.bends
        each = poses_of_bends(bends.flatten(0, 1), network.stamp.basis, size)
        poses = Poses(*(one.unflatten(0, bends.shape[:2]) for one in each))
    return Found(
        choices,
        score,
        boxes,
        frames,
        network.stamp.clipped(placed(printed, choices)),
        network.class_of_stamp,
        tight(printed, placements),
        poses,
    )


def matched(images: Images, matcher: StampMatcher) -> Found:
    """The placements of matching."""
    state = matcher.explain(images)
    config = matcher.config
    placements, score = state.placements, torch.zeros_like(state.gain)
    for m in range(config.max_shapes):
        which = occupied(state, m)
        windows, left = explained_windows(state, m, which)
        energy = windows.square().sum((1, 2, 3)).clamp(min=torch.finfo(torch.float32).tiny)
        score[which, m] = (1 - left.square().sum((1, 2, 3)) / energy).clamp(0, 1)
    poses = state.poses
    if matcher.bends:
        each = poses_of_bends(state.bends.flatten(0, 1), matcher.stamp.basis, config.stamp_size)
        bent = Poses(*(one.view_as(score) for one in each))
        poses = bent if poses is None else composed(poses, bent)
    scale = None if state.poses is None or poses is None else poses.scale
    frames = boxes_at(placements.row, placements.column, config.stamp_size, scale)
    boxes, printed = frames, tight(state.printed, placements)
    if config.boxes == "stamp":
        boxes = boxes_at(*mass_centred(state, matcher.limits), config.stamp_size, scale)
    elif config.boxes == "object":
        boxes = outlined(state) - frames.new_tensor(matcher.margins[::-1] * 2)
    return Found(
        to_choices(placements, config.num_stamps, config.positions),
        score,
        boxes,
        frames,
        matcher.reconstruction(state, images),
        matcher.class_of_stamp,
        printed - printed.new_tensor(matcher.margins[::-1] * 2),
        poses,
    )


def on_cpu(found: Found) -> Found:
    """The same in the memory of the CPU."""
    choices = Choices(*(one.cpu() for one in found.choices))
    poses = None if found.poses is None else Poses(*(one.cpu() for one in found.poses))
    others = {name: field.cpu() for name, field in found._asdict().items() if isinstance(field, Tensor)}
    return found._replace(choices=choices, poses=poses, **others)


def to_detections(found: Found) -> list[Detections]:
    """One Detections an image, without the empty slots."""
    present = (found.choices.stamp.sum(-1) > 0).numpy()
    stamps = found.choices.stamp.argmax(-1).numpy()
    classes = found.class_of_stamp.numpy()
    boxes, score = found.boxes.float().numpy(), found.score.numpy()
    optional = [found.tight, *(found.poses or (None, None))]
    extra = [None if one is None else one.float().numpy() for one in optional]
    return [
        Detections(
            b[kept], s[kept], classes[s[kept]], p[kept], *(None if one is None else one[i][kept] for one in extra)
        )
        for i, (kept, b, s, p) in enumerate(zip(present, boxes, stamps, score, strict=True))
    ]
