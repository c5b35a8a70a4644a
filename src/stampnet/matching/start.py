"""Images to first stamps: windows around conspicuous objects of some images, unlike each other."""

from dataclasses import replace

import torch
from jaxtyping import Float, Int64
from torch import Generator, Tensor
from torch.nn import functional as F

from stampnet.matching.coarse_to_fine import best_places
from stampnet.matching.explanation import Explanation, Limits
from stampnet.matching.placements import Placements, add_windows_at, cut
from stampnet.matching.poses import PoseConfig, Poses, bank_of, frame_size, pose_grid, unposed
from stampnet.matching.update import Misfit, centred, centring
from stampnet.model.tone import smooth
from stampnet.notation import Images, Stamps, Windows

ONE_POSE = PoseConfig()
CANDIDATES = 4  # windows that are looked at, for each stamp


def first_stamps(
    images: Images,
    num_stamps: int,
    stamp_size: tuple[int, int],
    generator: Generator,
    pose: PoseConfig = ONE_POSE,
    *,
    is_crowd: bool = False,
    on_grid: bool = False,
) -> Stamps:
    """Stamps to begin with, from images without their background, which may be turned and scaled by `pose`. In a crowd
    the most conspicuous object of an image is hardly ever another one, so that any of its objects is taken; on a grid,
    any of its squares."""
    if on_grid:
        squares = windows_on_grid(images, stamp_size, CANDIDATES * num_stamps, generator)
        return squares[unlike(squares, num_stamps, generator)]
    frame = frame_size(stamp_size, pose)
    down, across = ((outer - inner) // 2 for outer, inner in zip(frame, stamp_size, strict=True))
    images = F.pad(images, (across, across, down, down))
    look = windows_in_a_crowd if is_crowd else conspicuous_windows
    windows = look(images, frame, CANDIDATES * num_stamps, generator)
    if not pose.is_fixed:
        windows = unposed(windows, Poses(windows.new_zeros(len(windows)), _scales(windows, pose)), stamp_size)
    return centred(windows[unlike(windows, num_stamps, generator, pose)])


def _scales(windows: Windows, pose: PoseConfig) -> Float[Tensor, " K"]:
    """By which factor each centred object is larger than the typical one, by the spread of its mass."""
    mass = windows.abs().sum(dim=1)
    height, width = mass.shape[1:]
    row, column = torch.arange(height)[:, None] - height // 2, torch.arange(width) - width // 2
    distance = row.square() + column.square()
    spread = ((mass * distance).sum((1, 2)) / mass.sum((1, 2)).clamp(min=1e-6)).sqrt()
    return (pose.middle_scale * spread / spread.median().clamp(min=1e-6)).clamp(*pose.scale_range)


def unlike(
    windows: Windows, number: int, generator: Generator, pose: PoseConfig = ONE_POSE
) -> Int64[Tensor, " number"]:
    """Which windows to take so that they are unlike each other, also where one is turned.

    As in k-means++, each is drawn with a probability that grows with its distance, here 1 - cosine of the smoothed
    windows, squared, from those already drawn.
    """
    direction = _directions(windows)
    turns = pose_grid(replace(pose, scale_range=(1.0, 1.0)), windows.device)
    chosen = [0]
    likeness = _likeness(direction, windows[:1], turns)
    while len(chosen) < number:
        # Fewer windows than stamps: the tiny constant lets the same window be drawn again.
        distance = (1 - likeness).clamp(min=0).square() + 1e-9
        chosen.append(int(torch.multinomial(distance.cpu(), 1, generator=generator)))
        latest = windows[chosen[-1] : chosen[-1] + 1]
        likeness = torch.maximum(likeness, _likeness(direction, latest, turns))
    return torch.tensor(chosen)


def _directions(windows: Windows) -> Float[Tensor, "K values"]:
    return F.normalize(smooth(smooth(windows)).flatten(1))


def _likeness(direction: Float[Tensor, "K values"], one: Float[Tensor, "1 C h w"], turns: Poses) -> Float[Tensor, " K"]:
    """The cosine of each window and one, turned so that it is most alike."""
    if len(turns.scale) > 1:
        one = bank_of(one, turns, (one.shape[2], one.shape[3]))
    return (direction @ _directions(one).T).amax(dim=1)


def conspicuous_windows(images: Images, size: tuple[int, int], count: int, generator: Generator) -> Windows:
    """Of `count` images, or all if there are fewer, the window with the largest sum of squares, centred by mass."""
    which = torch.randperm(len(images), generator=generator)[:count]
    return _centred_windows(images[which], *_most(images[which], size), size)


def windows_in_a_crowd(images: Images, size: tuple[int, int], count: int, generator: Generator) -> Windows:
    """`count` windows around conspicuous places, centred by mass, each of one such place in one image by a chance that
    grows with its norm: where there are few objects, most places are empty."""
    which = torch.randint(len(images), (count,), generator=generator)
    images = images[which]
    energy = _energy(images, size)
    number = max(1, energy[0].numel() // (size[0] * size[1]))
    row, column = best_places(energy.clone(), number, min(size) ** 2 // 2)
    there = energy[torch.arange(count, device=energy.device)[:, None], row, column]
    chance = torch.multinomial(there.cpu().sqrt() + 1e-9, 1, generator=generator).to(row.device)
    return _centred_windows(images, row.gather(1, chance)[:, 0], column.gather(1, chance)[:, 0], size)


def windows_on_grid(images: Images, size: tuple[int, int], count: int, generator: Generator) -> Windows:
    """`count` squares of a grid, each of an image by chance, by a chance that grows with its sum of squares."""
    which = torch.randint(len(images), (count,), generator=generator)
    energy = _energy(images[which], size, stride=size)
    chance = torch.multinomial(energy.flatten(1).cpu() + 1e-9, 1, generator=generator)[:, 0].to(images.device)
    across = energy.shape[2]
    return cut(images, which.to(images.device), chance // across * size[0], chance % across * size[1], size)


def unexplained(
    state: Explanation, limits: Limits, size: tuple[int, int], *, least: float = 0.0, on_grid: bool = False
) -> Misfit:
    """Of each image the window in which most is left unexplained, if that is more than the `least` sum of squares: in a
    crowd, an object that no stamp is like, or one whose stamp is the mean of unlike objects; on a grid, a square.

    It is seen without what stamps print of its neighbours, but with what one prints of the object itself.
    """
    left = state.images - state.explained.clamp(*limits)
    row, column = _most(left, size, stride=size if on_grid else (1, 1))
    energy = cut(left, torch.arange(len(left), device=left.device), row, column, size).square().sum((1, 2, 3))
    placed, (height, width) = state.placements, state.printed.shape[-2:]
    down = placed.row + height // 2 - row[:, None] - size[0] // 2
    right = placed.column + width // 2 - column[:, None] - size[1] // 2
    is_same = placed.present & (down.abs() <= size[0] // 4) & (right.abs() <= size[1] // 4)
    which, slot = is_same.nonzero(as_tuple=True)
    add_windows_at(left, which, state.printed[which, slot], Placements(*(field[which, slot] for field in placed)))
    if on_grid:
        windows = cut(left, torch.arange(len(left), device=left.device), row, column, size)
    else:
        windows = _centred_windows(left, row, column, size)
    return Misfit(windows[energy > least], energy[energy > least])


def _most(
    images: Images, size: tuple[int, int], stride: tuple[int, int] = (1, 1)
) -> tuple[Int64[Tensor, " B"], Int64[Tensor, " B"]]:
    """Row and column of the window of each image with the largest sum of squares."""
    energy = _energy(images, size, stride)
    best, width = energy.flatten(1).argmax(dim=1), energy.shape[2]
    return best // width * stride[0], best % width * stride[1]


def _energy(images: Images, size: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> Float[Tensor, "B h w"]:
    """The mean of squares in each window."""
    return F.avg_pool2d(images.square().sum(dim=1, keepdim=True), size, stride=stride)[:, 0]


def _centred_windows(images: Images, row: Tensor, column: Tensor, size: tuple[int, int]) -> Windows:
    for _ in range(2):  # the first window may cut the object
        row, column = _recentred(images, row, column, size)
    return cut(images, torch.arange(len(images), device=images.device), row, column, size)


def _recentred(images: Images, row: Tensor, column: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    rows, columns = centring(cut(images, torch.arange(len(images), device=images.device), row, column, size))
    last = images.shape[2] - size[0], images.shape[3] - size[1]
    return (row - rows).clamp(0, last[0]), (column - columns).clamp(0, last[1])
