"""The figures of these pages, drawn by the package itself when they are built: seeds fixed, no data needed."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from IPython.display import Image
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from torch import Tensor
from torch.nn import functional as F

from stampnet import Detections, SceneRecipe, Scenes, StampNet, make_scenes
from stampnet.data.layout import Layout, tiles_of
from stampnet.data.object_size import VISIBLE, components, object_size
from stampnet.data.preparation import look, preparation_for, prepare, spread
from stampnet.data.simple_shapes import shape_masks
from stampnet.data.tiles import Tiling, tiles
from stampnet.matching.explanation import Explanation
from stampnet.matching.matcher import StampMatcher
from stampnet.matching.search import search
from stampnet.matching.sought import SearchConfig
from stampnet.matching.start import first_stamps
from stampnet.matching.threshold import least_gain
from stampnet.matching.update import centred, gather_evidence
from stampnet.model.deformation import polynomials
from stampnet.model.selection_localization import Choices, Logits, choose
from stampnet.model.stamp import press
from stampnet.report.figures import COLOURS, Gallery, draw_overview, png_bytes
from stampnet.training.annealing import Annealing

torch.set_num_threads(1)
ORANGE, BLUE, GREEN, _, _, RED, PINK = COLOURS
GREY = "#666666"
LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
"""Images on black: pixels lie in [0, 1]."""
CANVAS = (60, 60)


def shown(figure: Figure) -> Image:
    """The picture as a page shows it."""
    return Image(png_bytes(figure), format="png")


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _show(axes: Axes, image: np.ndarray | Tensor, title: str = "", **style: object) -> None:
    axes.imshow(np.asarray(image), **{"cmap": "gray", "vmin": 0, "vmax": 1, "interpolation": "nearest", **style})
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=9)


def _box(axes: Axes, x: float, y: float, width: float, height: float, colour: str = ORANGE) -> None:
    axes.add_patch(Rectangle((x - 0.5, y - 0.5), width, height, fill=False, color=colour, linewidth=1.5))


@cache
def shapes(num_shapes: int = 2, num_images: int = 600, seed: int = 0, least: int = 2) -> Scenes:
    """Simple Shapes on a small canvas."""
    return make_scenes(
        SceneRecipe(
            kind="simple-shapes",
            num_images=num_images,
            num_shapes=num_shapes,
            min_shapes=min(least, num_shapes),
            canvas_size=CANVAS,
            seed=seed,
        )
    )


@cache
def masks() -> Float[Tensor, "5 1 28 28"]:
    """The five shapes as they are, for figures that are not about learning."""
    return torch.from_numpy(shape_masks())[:, None].float() / 255


@cache
def fitted() -> StampNet:
    """Seven stamps of 150 images: two more than there are shapes."""
    return StampNet(num_stamps=7, max_shapes=2, stamp_size=28, epochs=8).fit(shapes(num_images=150).images)


def overview() -> Image:
    """What `stamps.png` shows of a run."""
    model, images = fitted(), shapes(seed=1, num_images=8).images
    found: Sequence[Detections] = model.detect(images)
    usage = np.bincount(np.concatenate([one.stamp for one in model.detect(shapes(num_images=150).images)]), minlength=7)
    gallery = Gallery(model.stamps_, model.class_of_stamp_, model.class_names_, usage)
    return shown(draw_overview(gallery, images, found, model.reconstruct(images), None))


def sheet(height: int, width: int, seed: int, share: float = 0.7) -> np.ndarray:
    """Paper under uneven light with dark shapes of two thirds to all of 28 pixels, no two of which touch."""
    rng = np.random.default_rng(seed)
    ink = np.zeros((height, width))
    for top in range(4, height - 34, 36):
        for left in range(4, width - 34, 36):
            if rng.random() < share:
                side = int(rng.integers(19, 29))
                rows = np.arange(side) * 28 // side
                mask = shape_masks()[rng.integers(5)][rows[:, None], rows]
                row, column = rng.integers(0, 35 - side, 2)
                ink[top + row : top + row + side, left + column : left + column + side] = mask / 255
    light = 170 + 70 * np.linspace(0, 1, width) * np.linspace(1, 0.5, height)[:, None]
    return (light - 110 * ink + rng.normal(0, 4, ink.shape)).clip(0, 255).astype(np.uint8)


def preparing() -> Image:
    """An image as it is, its background, what is sought in, and what tells the size of objects."""
    sheets = [sheet(120, 160, 0), sheet(150, 150, 1), sheet(110, 200, 2)]
    preparation, static = preparation_for(sheets)
    prepared = []
    for image in sheets:
        rows, columns = (np.arange(size) for size in image.shape)
        prepared.append(prepare(image, look(image, preparation, static), preparation, rows, columns))
    size = object_size(prepared, preparation.polarity)
    assert size is not None
    field = spread(look(sheets[0], preparation, static).background, sheets[0].shape)
    figure = _figure(10, 2.1)
    grid = figure.subplots(1, 4)
    _show(grid[0], sheets[0], "an image", vmax=255)
    _show(grid[1], field[..., 0], f"background: {preparation.background}", vmax=255)
    _show(grid[2], prepared[0][..., 0], "prepared: objects on nothing")
    visible = prepared[0][..., 0] > VISIBLE
    sides, _ = components(prepared[0], preparation.polarity)
    _show(grid[3], visible, f"{len(sides)} components; typical side {size.typical:.0f}")
    return shown(figure)


def tiling() -> Image:
    """A large image, the parts whose objects belong to each tile, and one tile as the model sees it."""
    image, stamp = sheet(330, 480, 3), 32
    preparation, static = preparation_for([image])
    layout = Layout(preparation=preparation, tiling=Tiling((7 * stamp, 7 * stamp), (stamp, stamp)), seen=(196, 196))
    found = tiles(image.shape, layout.tiling)
    number = 5
    figure = _figure(10, 3.4)
    grid = figure.subplots(1, 2, gridspec_kw={"width_ratios": [1.6, 1]})
    _show(grid[0], image, f"{len(found)} tiles; objects whose middle lies in a part belong to its tile", vmax=255)
    for tile in found:
        top, left, bottom, right = tile.core
        _box(grid[0], left, top, right - left, bottom - top, BLUE)
    _box(grid[0], found[number].left, found[number].top, 7 * stamp, 7 * stamp)
    grid[0].set(xlim=(-stamp - 4, 480 + stamp + 4), ylim=(330 + stamp + 4, -stamp - 4))
    seen = [pixels for _, pixels in tiles_of(image, layout, static)][number]
    _show(grid[1], seen[..., 0], "the tile in orange as the model sees it", vmax=255)
    top, left, bottom, right = found[number].core
    scale = 196 / (7 * stamp)
    corner = (left - found[number].left) * scale, (top - found[number].top) * scale
    _box(grid[1], *corner, (right - left) * scale, (bottom - top) * scale, BLUE)
    return shown(figure)


def two_ways() -> Image:
    """The paper's figure 1 and, below it, what matching does instead."""
    figure = _figure(10, 4.1)
    axes = figure.add_subplot()
    axes.set(xlim=(0, 100), ylim=(0, 41), aspect="equal")
    axes.axis("off")

    def part(x: float, y: float, width: float, text: str, colour: str) -> None:
        axes.add_patch(
            FancyBboxPatch((x, y), width, 8, boxstyle="round,pad=0.4", facecolor=f"{colour}33", edgecolor=colour)
        )
        axes.text(x + width / 2, y + 4, text, ha="center", va="center", fontsize=9)

    def arrow(start: tuple[float, float], end: tuple[float, float], text: str = "", bend: float = 0.0) -> None:
        style = f"arc3,rad={bend}"
        axes.add_patch(
            FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color=GREY, connectionstyle=style)
        )
        axes.text((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 1, text, ha="center", fontsize=8, color=GREY)

    axes.text(0, 38.5, "network: choices come from an encoder", fontsize=10, weight="bold", color=BLUE)
    part(1, 27, 10, "image", GREY)
    part(20, 27, 13, "encoder", BLUE)
    part(43, 27, 18, "selection and\nlocalisation", BLUE)
    axes.text(0, 1.5, "matching: choices come from the stamps themselves", fontsize=10, weight="bold", color=ORANGE)
    part(1, 6, 10, "image", GREY)
    part(20, 6, 13, "search", ORANGE)
    part(43, 6, 18, "update of\nthe stamps", ORANGE)
    part(71, 16.5, 11, "stamp\nlayer", GREEN)
    part(89, 16.5, 10, "recon-\nstruction", GREY)
    arrow((11.5, 31), (19.5, 31))
    arrow((33.5, 31), (42.5, 31), "features")
    arrow((61.5, 31), (73, 25))
    axes.text(70.5, 29, "choices", ha="center", fontsize=8, color=GREY)
    arrow((11.5, 10), (19.5, 10))
    arrow((33.5, 10), (42.5, 10), "windows")
    arrow((43, 8), (33.5, 8))
    axes.text(38, 5.6, "stamps", ha="center", fontsize=8, color=GREY)
    arrow((28, 14.5), (70.5, 20), "choices")
    arrow((61.5, 11), (73, 16), "")
    axes.text(69, 11.5, "stamps", ha="center", fontsize=8, color=GREY)
    arrow((82.5, 20.5), (88.5, 20.5))
    return shown(figure)


def gumbel_softmax() -> Image:
    """One choice of five stamps, sampled at four temperatures with the same noise."""
    logits = Logits(*(torch.tensor([[[0.5, 2.0, 1.2, 0.0, 0.3]]]) for _ in range(3)))
    figure = _figure(10, 2.3)
    for axes, temperature in zip(figure.subplots(1, 4, sharey=True), (7.0, 2.0, 0.7, 0.2), strict=True):
        drawn = choose(logits, temperature, torch.Generator().manual_seed(3)).stamp[0, 0]
        axes.bar(range(5), drawn.tolist(), color=BLUE)
        axes.set_title(f"temperature {temperature:g}", fontsize=9)
        axes.set_xlabel("stamp", fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xticks(range(5))
        axes.set_ylim(0, 1)
    return shown(figure)


def annealing() -> Image:
    """How the temperature falls."""
    figure = _figure(6, 2.3)
    axes = figure.add_subplot()
    schedule, epochs = Annealing(), np.arange(0, 500, 5)
    axes.plot(epochs, [schedule(step=int(epoch) * 128) for epoch in epochs], color=BLUE)
    axes.set(xlabel="epoch", ylabel="temperature", yscale="log")
    axes.set_yticks([0.2, 0.5, 1, 2, 7], ["0.2", "0.5", "1", "2", "7"])
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    return shown(figure)


def stamp_layer() -> Image:
    """Rows times stamp times columns, for two slots, and their clipped sum."""
    num_rows, num_columns = (size - 28 + 1 for size in CANVAS)
    stamps, chosen = masks(), (0, 2)
    places = ((4, 6), (22, 18))
    choices = Choices(
        F.one_hot(torch.tensor([chosen]), len(stamps)).float(),
        F.one_hot(torch.tensor([[row for row, _ in places]]), num_rows).float(),
        F.one_hot(torch.tensor([[column for _, column in places]]), num_columns).float(),
    )
    figure = _figure(10, 4)
    grid = figure.subplots(2, 5, gridspec_kw={"width_ratios": [1, 0.35, 1, 1, 1.2]})
    for m, axes in enumerate(grid):
        alone = Choices(*(one[:, m : m + 1] for one in choices))
        _show(axes[0], stamps[chosen[m], 0], f"slot {m}: stamp {chosen[m]}")
        axes[1].barh(range(num_rows), alone.row[0, 0].tolist(), color=BLUE, height=1)
        axes[1].set_ylim(num_rows - 0.5, -0.5)
        axes[1].set_title(f"row {places[m][0]}", fontsize=9)
        axes[2].bar(range(num_columns), alone.column[0, 0].tolist(), color=BLUE, width=1)
        axes[2].set_title(f"column {places[m][1]}", fontsize=9)
        for one in axes[1:3]:
            one.spines[["top", "right"]].set_visible(False)
            one.set_xticks([])
            one.set_yticks([])
        _show(axes[3], press(stamps, alone)[0, 0], "what the slot prints")
        axes[4].axis("off")
    whole = figure.add_subplot(grid[0, 4].get_gridspec()[:, 4])
    _show(whole, press(stamps, choices)[0, 0].clamp(max=1), "sum, clipped: the reconstruction")
    return shown(figure)


@cache
def _overlapping() -> Tensor:
    """The image of the figure of the search: two shapes that overlap."""
    scenes = shapes(num_images=200)
    boxes = torch.from_numpy(scenes.boxes_xyxy)
    apart = (boxes[:, 0] - boxes[:, 1]).abs().amax(dim=1)
    different = torch.from_numpy(scenes.classes[:, 0] != scenes.classes[:, 1])
    number = int(torch.where(different & (apart > 12), apart, torch.inf).argmin())
    return torch.from_numpy(scenes.images[number]).float()[None, None] / 255


def gains(residual: Tensor, stamps: Tensor) -> Float[Tensor, "rows columns"]:
    """By how much the best stamp at each place lowers the squared error: 2 <residual, stamp> - |stamp|^2."""
    energy = stamps.square().sum((1, 2, 3))[:, None, None]
    return (2 * F.conv2d(residual, stamps)[0] - energy).amax(dim=0)


def searching() -> Image:
    """One image, slot by slot: residual, gains at a quarter of the size and at full size, what is explained."""
    image, stamps = _overlapping(), masks()
    figure = _figure(10, 5)
    explained = torch.zeros_like(image)
    for m, axes in enumerate(figure.subplots(2, 4)):
        residual = image - explained
        small = gains(F.avg_pool2d(residual, 4), F.avg_pool2d(stamps, 4))
        full = gains(residual, stamps)
        state = search(image, stamps, m + 1, LIMITS)
        row, column = int(state.placements.row[0, m]), int(state.placements.column[0, m])
        explained = state.explained.clamp(0, 1)
        _show(axes[0], residual[0, 0], f"slot {m}: what is left")
        _show(axes[1], small, "gain at a quarter of the size", cmap="viridis", vmin=None, vmax=None)
        _show(axes[2], full, "gain at full size, best place", cmap="viridis", vmin=None, vmax=None)
        axes[2].plot(column, row, marker="o", markersize=9, markerfacecolor="none", color=RED, markeredgewidth=2)
        _show(axes[3], explained[0, 0], "explained so far")
        _box(axes[3], column, row, 28, 28)
    return shown(figure)


def _squared_error(state: Explanation) -> Float[Tensor, " B"]:
    return (state.images - state.explained.clamp(0, 1)).square().sum((1, 2, 3))


def second_start() -> Image:
    """An image on which the first stamp settles between two objects, and the end of a second beginning."""
    images = torch.from_numpy(shapes(num_images=600, seed=2).images).float()[:, None] / 255
    once, twice = (search(images, masks(), 2, LIMITS, 0.0, SearchConfig(second_start=again)) for again in (False, True))
    number = int((_squared_error(once) - _squared_error(twice)).argmax())
    figure = _figure(8, 2.8)
    grid = figure.subplots(1, 3)
    _show(grid[0], images[number, 0], "two objects")
    for axes, state, name in zip(grid[1:], (once, twice), ("one beginning", "two beginnings"), strict=True):
        error = float(_squared_error(state)[number])
        _show(axes, state.explained[number, 0].clamp(0, 1), f"{name}: squared error {error:.0f}")
        for m in range(2):
            if state.placements.present[number, m]:
                place = int(state.placements.column[number, m]), int(state.placements.row[number, m])
                _box(axes, *place, 28, 28, (ORANGE, BLUE)[m])
    return shown(figure)


def clipped_sum() -> Image:
    """Two stamps on one another: the plain sum is too bright where they overlap, the clipped one is the image."""
    image, stamps = _overlapping(), masks()
    state = search(image, stamps, 2, LIMITS)
    figure = _figure(8, 2.8)
    grid = figure.subplots(1, 3)
    _show(grid[0], image[0, 0], "image")
    _show(grid[1], state.explained[0, 0], "sum of the stamps", vmax=2)
    _show(grid[2], state.explained[0, 0].clamp(0, 1), "sum, clipped")
    return shown(figure)


def threshold() -> Image:
    """Gains of slots with and without an object, and the threshold between them."""
    clean = shapes(num_images=150, least=0, seed=3).images / 255
    noise = np.random.default_rng(0).normal(0, 0.1, clean.shape)
    noisy = (0.3 + 0.5 * clean + noise).clip(0, 1).astype(np.float32)
    matcher = StampNet(num_stamps=5, max_shapes=2, stamp_size=28, epochs=6).fit(noisy).model_
    assert isinstance(matcher, StampMatcher)
    images = torch.from_numpy(noisy)[:, None]
    slots, nothing = matcher.gains_without_threshold(images)
    figure = _figure(7, 2.8)
    axes = figure.add_subplot()
    bins = np.linspace(float(nothing.min()), float(slots.max()), 60)
    axes.hist(slots.numpy(), bins, color=BLUE, label="slots that may hold an object")
    axes.hist(nothing.numpy(), bins, color=ORANGE, alpha=0.8, label="one slot more than there are objects")
    axes.axvline(float(least_gain(slots, nothing)), color=RED, label="threshold")
    axes.set(xlabel="gain", ylabel="slots", yscale="log")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    return shown(figure)


def updating() -> Image:
    """First stamps, and the means of what they explain after each of a few passes."""
    images = torch.from_numpy(shapes(num_images=300).images).float()[:, None] / 255
    stamps = first_stamps(images, 6, (28, 28), torch.Generator().manual_seed(1))
    columns = [stamps]
    for _ in range(4):
        state = search(images, stamps, 2, LIMITS)
        evidence, _ = gather_evidence(state, stamps, polynomials((28, 28), "none"))
        mean = evidence.windows / evidence.placements.clamp(min=1)[:, None, None, None]
        stamps = centred(mean.clamp(0, 1))
        columns.append(stamps)
    figure = _figure(8, 6.4)
    grid = figure.subplots(len(columns), len(stamps))
    for number, (axes, row) in enumerate(zip(grid, columns, strict=True)):
        for one, stamp in zip(axes, row, strict=True):
            _show(one, stamp[0])
        axes[0].set_ylabel("at first" if number == 0 else f"pass {number}", fontsize=9)
    return shown(figure)
