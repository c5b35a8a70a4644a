"""People in overhead depth maps, real and simulated: how many are found and how exactly, how well they are followed,
how fast, beside the rules that a practitioner would write."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64, UInt16
from rich.console import Console
from scipy import ndimage

from stampnet.benchmarks.head_rules import find_heads, height_map
from stampnet.benchmarks.record import Measured
from stampnet.data.data_home import data_home
from stampnet.data.overhead_depth.camera import Camera, to_ground, to_image
from stampnet.data.overhead_depth.clip import ClipRecipe, make_clip
from stampnet.data.overhead_depth.composites import (
    CAMERA_HEIGHT_M,
    FOCAL_PX,
    FULL_SCALE_M,
    MM_PER_PX,
    SIDE_PX,
    Composites,
    cut_outs,
    make_composites,
)
from stampnet.data.overhead_depth.gotpd import GotpdSample, read_gotpd
from stampnet.data.overhead_depth.labels import is_person
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.matching.matcher import StampMatcher
from stampnet.pedestrians.background import background_mm, floor_mm
from stampnet.pedestrians.calibration import calibrated
from stampnet.pedestrians.localizer import MIDDLE_OF_HEAD_M, Localizer, localizer
from stampnet.pedestrians.points import ground_under
from stampnet.pedestrians.run import fitted_site
from stampnet.pedestrians.site_folder import Site
from stampnet.report.page import Table
from stampnet.tracking.config import tracking_for
from stampnet.tracking.people import concatenated
from stampnet.tracking.scores import GATE_M, match_heads, score_detection, score_tracks
from stampnet.tracking.stream import track_people
from stampnet.tracking.truth_file import Heads

DENSITIES = (0.5, 1.0, 2.0, 3.0)
FPS = 15
VISIBLE, LEAST_STATURE_M = 0.3, 1.0
"""Of people who count: the share of the body that is seen, and how tall they are: less is carried. Others, and those
whose head is outside the image, neither count nor are false when they are found."""
ABSORBED_M = 0.6
"""So far from the head of somebody who does not count, one find each is not false."""
PEAK_PX, PEAK_M = 15, 1.0
"""A local maximum of height is the highest pixel of a window of so many pixels to each side, and at least so high."""
DILUTE = 3
"""So many times longer is the clip with the fewest people."""
SEED = 11
"""Of the clips; those of seeds 0 to 3 were looked at when the finder was made."""
CHUNK, REPEATS = 16, 3
"""Frames at once, and how often all are gone through where speed is measured."""
HEADER = (
    *("data", "method", "people", "recall", "false per person", "median cm", "RMSE cm", "count error"),
    *("MOTP cm", "switches per 100 tracks", "frames/s"),
)


class Found(NamedTuple):
    """Heads that were found, in the order of frames."""

    frame: Int64[np.ndarray, " K"]
    xy_m: Float64[np.ndarray, "K 2"]
    pixel: Float64[np.ndarray, "K 2"]
    """Column and row; stampnet's are those of the middle of the head."""
    top_m: Float64[np.ndarray, " K"]


Find = Callable[[UInt16[np.ndarray, "T H W"]], Found]


@dataclass(frozen=True)
class Scene:
    """Frames of one camera and the heads in them."""

    name: str
    depth_mm: UInt16[np.ndarray, "T H W"]
    camera: Camera
    true: Heads
    """Those that count; with who is who, where they are followed."""
    others: Heads
    """Those that do not."""
    marked_depth_m: Float64[np.ndarray, " T"] | None = None
    """Of each frame, where people have marked the middle of a head in the image: the depth at which a pixel is told as
    a place."""


def people_table(*, num_frames: int = 150, num_learned: int = 100) -> Measured:
    """Real frames, composites with a wall, clips by density, and the speed on two cores."""
    console = Console(stderr=True, highlight=False)
    lines: list[tuple[str, ...]] = []
    for line in _lines(num_frames, num_learned):
        console.print(" ".join(line))
        lines.append(line)
    return Measured(
        Table("People in overhead depth maps", HEADER, tuple(lines)),
        (
            (
                f"Clips of {num_frames} simulated frames, {DILUTE} times as many at the least density, at {FPS} frames "
                "a second, of people and places that are not "
                f"in the {num_learned} frames that stamps were learned from, without labels; their background is told "
                "from the clip itself. Who counts is seen by three tenths at least, a metre tall at least, and has the "
                "head in the image. Recall and errors within 35 cm. 'height': regions a metre above the background, "
                "the middle of the highest 8 cm of each; 'local maximum': the highest pixel within 15 pixels, a metre "
                "above the background. Each density is one clip of one place. True heads of clips are the tops; how "
                "much further out they lie than is seen of them stampnet has learned from simulated people (one "
                "number), 'where they are seen' is without it. Of the real frames, all of which but not their labels "
                "were learned from, people have marked the middle of the head in the image: so stampnet tells it, and "
                "the rule of heights in a line of its own. Of composites (real people beside a rendered wall, a camera "
                "each) "
                f"errors are pixels of {MM_PER_PX} mm. MOTP after smoothing; switches of identity for 100 people. "
                "frames/s: two processes of one thread each, from depth to linked people, reading of files apart."
            ),
        ),
    )


def _lines(num_frames: int, num_learned: int) -> Iterator[tuple[str, ...]]:
    learned = _clip(num_learned, 1.0, "train", "glow")
    fitted, site, _ = fitted_site(learned.depth_mm[:, None], (learned.camera,))
    assert isinstance(fitted.model, StampMatcher)
    matcher = fitted.model
    if (data_home() / "overhead_depth").is_dir():
        yield from _real_lines(matcher)
    for density in DENSITIES:
        # Of a few people, a longer clip: a single switch of two would count for much.
        scene = _clip(num_frames * (DILUTE if density == DENSITIES[0] else 1), density, "test", "glow")
        still = background_mm(scene.depth_mm, scene.camera)
        finder = _finder(matcher, scene.camera, still, site.outwards)
        yield _line(scene, "stampnet", _by_stamps(finder), finder)
        if density == DENSITIES[1]:
            seen_only = _finder(matcher, scene.camera, still, 0.0)
            yield _line(scene, "stampnet, heads where they are seen", _by_stamps(seen_only))
        yield _line(scene, "height", partial(_by_height, still, scene.camera))
        yield _line(scene, "local maximum", partial(_by_maximum, still, scene.camera))
    large = _clip(num_frames // 3, 1.0, "test", "gotpd")
    still = background_mm(large.depth_mm, large.camera)
    finder = _finder(matcher, large.camera, still, site.outwards)
    yield _line(large, "stampnet", _by_stamps(finder), finder)


def _real_lines(simulated: StampMatcher) -> Iterator[tuple[str, ...]]:
    """Stamps of the frames themselves and of simulated ones, and the rules."""
    sample = read_gotpd()
    scene = _of_sample(sample)
    fitted, site, _ = fitted_site(sample.recording_mm[:, None], (sample.camera,))
    assert isinstance(fitted.model, StampMatcher)
    finder = localizer(fitted.model, site)
    yield _line(scene, "stampnet, learned from them", _by_stamps(finder), finder)
    outwards = calibrated((sample.camera,), simulated, site.ground, "time of flight", 0)
    finder = localizer(simulated, replace(site, outwards=outwards))
    yield _line(scene, "stampnet, learned from simulation", _by_stamps(finder))
    still = sample.background_mm
    yield _line(scene, "height", partial(_by_height, still, scene.camera))
    yield _line(
        scene, "height, told as marked", partial(_lowered, partial(_by_height, still, scene.camera), scene.camera)
    )
    yield _line(scene, "local maximum", partial(_by_maximum, still, scene.camera))
    composites = make_composites(cut_outs(sample), np.random.default_rng(0))
    yield _composite_line(composites, "stampnet, learned from simulation", partial(_in_composite, simulated))
    for name, rule in (("height", _by_height), ("local maximum", _by_maximum)):
        yield _composite_line(composites, name, partial(_on_bare_floor, rule))


def _clip(num_frames: int, density: float, split: str, camera: str) -> Scene:
    recipe = ClipRecipe(num_images=num_frames, camera=camera, density=density, fps=FPS, split=split, seed=SEED)
    made, seen_by = make_clip(recipe)
    return _scene(f"clip {camera}, {density:g} / m2", made, seen_by)


def _scene(name: str, made: Pictures, camera: Camera) -> Scene:
    labels = made.labels
    width, height = camera.size_px
    inside = ((labels["head_px"] >= 0) & (labels["head_px"] < (width, height))).all(axis=1)
    counts = (labels["visible"] >= VISIBLE) & (labels["stature"] >= LEAST_STATURE_M) & inside

    def heads(which: Bool[np.ndarray, " R"]) -> Heads:
        return Heads(labels["image"][which].astype(np.int64), labels["head_ground"][which, :2], labels["track"][which])

    return Scene(name, made.depth_mm, camera, heads(is_person(labels) & counts), heads(is_person(labels) & ~counts))


def _of_sample(sample: GotpdSample) -> Scene:
    """The labelled frames; heads as the labels mark them."""
    column, row = np.rint(sample.head_px).astype(int).T
    frame = np.arange(len(sample.depth_mm))
    around = [
        sample.depth_mm[frame, (row + down).clip(0, 211), (column + across).clip(0, 255)].astype(float)
        for down in (-1, 0, 1)
        for across in (-1, 0, 1)
    ]
    depth = np.nanmedian(np.where(np.stack(around) > 0, np.stack(around), np.nan), axis=0) / 1000
    xy = to_ground(sample.camera, sample.head_px[:, 0], sample.head_px[:, 1], depth)[:, :2]
    return Scene("real frames", sample.depth_mm, sample.camera, Heads(frame, xy, None), NOBODY, depth)


NOBODY = Heads(np.zeros(0, np.int64), np.zeros((0, 2)), None)


def _finder(matcher: StampMatcher, camera: Camera, still: UInt16[np.ndarray, "H W"], outwards: float) -> Localizer:
    return localizer(matcher, Site((camera,), ground_under((camera,)), still[None], outwards))


def _by_stamps(finder: Localizer) -> Find:
    def find(depth_mm: UInt16[np.ndarray, "T H W"]) -> Found:
        people = finder(depth_mm, 0)
        pixel = np.column_stack([people.column_px, people.row_px]).astype(float)
        return Found(people.frame, np.column_stack([people.x_m, people.y_m]), pixel, people.z_m)

    return find


def _by_height(still: UInt16[np.ndarray, "H W"], camera: Camera, depth_mm: UInt16[np.ndarray, "T H W"]) -> Found:
    """A head for each region of people."""
    each = [find_heads(depth, still) for depth in depth_mm]
    frame = np.repeat(np.arange(len(each)), [len(one.depth_mm) for one in each])
    pixel, xyz = (
        np.concatenate(part) for part in ([one.pixel for one in each], [one.on_ground(camera) for one in each])
    )
    return Found(frame, xyz[:, :2], pixel, xyz[:, 2])


def _lowered(find: Find, camera: Camera, depth_mm: UInt16[np.ndarray, "T H W"]) -> Found:
    """The same heads, their pixels those of the middle of the head, below what is seen of its top."""
    found = find(depth_mm)
    xyz = np.column_stack([found.xy_m, found.top_m - MIDDLE_OF_HEAD_M])
    return found._replace(pixel=np.column_stack(to_image(camera, xyz)[:2]))


def _by_maximum(still: UInt16[np.ndarray, "H W"], camera: Camera, depth_mm: UInt16[np.ndarray, "T H W"]) -> Found:
    """A head for each local maximum of height, a plateau being one."""
    frames, pixels, depths = [], [], []
    for number, depth in enumerate(depth_mm):
        height = height_map(depth, still)
        smooth = ndimage.gaussian_filter(height, 2.0)
        peaks = (smooth == ndimage.maximum_filter(smooth, 2 * PEAK_PX + 1)) & (smooth > 1000 * PEAK_M)
        plateaus, number_of_them = ndimage.label(peaks, np.ones((3, 3)))
        middles = ndimage.center_of_mass(peaks, plateaus, range(1, number_of_them + 1))
        row, column = np.rint(np.array(middles).reshape(-1, 2)).astype(int).T
        frames += [number] * len(row)
        pixels += list(zip(column, row, strict=True))
        depths += ((still - height)[row, column] / 1000).tolist()
    pixel = np.array(pixels, float).reshape(-1, 2)
    xyz = to_ground(camera, pixel[:, 0], pixel[:, 1], np.array(depths))
    return Found(np.array(frames, np.int64), xyz[:, :2], pixel, xyz[:, 2])


def _line(scene: Scene, method: str, find: Find, finder: Localizer | None = None) -> tuple[str, ...]:
    """What a method finds; with a finder also how fast that is and, in clips, how well people are followed."""
    found = find(scene.depth_mm)
    heads = Heads(found.frame, found.xy_m, None)
    if scene.marked_depth_m is not None:
        at = scene.marked_depth_m[found.frame]
        heads = replace(heads, xy_m=to_ground(scene.camera, found.pixel[:, 0], found.pixel[:, 1], at)[:, :2])
    heads = _without_absorbed(scene, heads)
    scores = score_detection(scene.true, heads, centre_m=scene.camera.position_m)
    followed = ("", "") if finder is None or scene.true.id is None else _followed(scene, finder)
    return (
        *(scene.name, method, str(len(scene.true)), f"{scores.recall:.4f}", f"{scores.false_per_person:.4f}"),
        *(f"{100 * scores.median_m:.1f}", f"{100 * scores.rmse_m:.1f}", f"{scores.count_error:.2f}"),
        *followed,
        "" if finder is None else f"{_speed(finder, scene):.0f}",
    )


def _without_absorbed(scene: Scene, heads: Heads) -> Heads:
    """Without those that are no one's who counts, but somebody's."""
    left = np.setdiff1d(np.arange(len(heads)), match_heads(scene.true, heads, GATE_M).found_row)
    others = match_heads(scene.others, Heads(heads.frame[left], heads.xy_m[left], None), ABSORBED_M)
    kept = np.setdiff1d(np.arange(len(heads)), left[others.found_row])
    return Heads(heads.frame[kept], heads.xy_m[kept], None)


def _followed(scene: Scene, finder: Localizer) -> tuple[str, str]:
    """MOTP and switches of people who are linked and smoothed."""
    tracks = track_people(finder(scene.depth_mm, 0), len(scene.depth_mm), tracking_for(FPS))
    heads = Heads(tracks.frame, np.column_stack([tracks.smooth_x_m, tracks.smooth_y_m]), tracks.id)
    scores = score_tracks(scene.true, heads)
    return f"{100 * scores.motp_m:.1f}", f"{scores.switches_per_100_tracks:.1f}"


def _speed(finder: Localizer, scene: Scene) -> float:
    """Frames a second of two processes, each with the frames of a sensor of its own."""
    with ProcessPoolExecutor(2, get_context("spawn"), _prepare, (finder, scene.depth_mm)) as pool:
        list(pool.map(_seconds, [1, 1]))  # both are there, and warm
        start = time.perf_counter()
        frames = sum(pool.map(_seconds, [REPEATS, REPEATS]))
        return frames / (time.perf_counter() - start)


def _prepare(finder: Localizer, depth_mm: UInt16[np.ndarray, "T H W"]) -> None:
    torch.set_num_threads(1)
    _shared["finder"], _shared["depth"] = finder, depth_mm


_shared: dict[str, Any] = {}
"""What a process of `_speed` works on."""


def _seconds(repeats: int) -> int:
    """Finds and links the people of all frames so many times; how many frames that were."""
    finder, depth = _shared["finder"], _shared["depth"]
    for _ in range(repeats):
        parts = [finder(depth[first : first + CHUNK], first) for first in range(0, len(depth), CHUNK)]
        track_people(concatenated(parts), len(depth), tracking_for(FPS))
    return repeats * len(depth)


def _on_bare_floor(
    rule: Callable[[UInt16[np.ndarray, "H W"], Camera, UInt16[np.ndarray, "T H W"]], Found],
    depth_mm: UInt16[np.ndarray, "T H W"],
    camera: Camera,
) -> Found:
    return rule(floor_mm(camera), camera, depth_mm)


def _in_composite(matcher: StampMatcher, depth_mm: UInt16[np.ndarray, "T H W"], camera: Camera) -> Found:
    """The tops of heads in the image: what the sensor saw of them from nearer by cannot be told as from here."""
    people = _finder(matcher, camera, floor_mm(camera), 0.0)(depth_mm, 0)
    column, row, _ = to_image(camera, np.column_stack([people.x_m, people.y_m, people.z_m]))
    xy = np.column_stack([people.x_m, people.y_m])
    return Found(people.frame, xy, np.column_stack([column, row]), people.z_m)


def _composite_line(
    composites: Composites, method: str, find: Callable[[UInt16[np.ndarray, "T H W"], Camera], Found]
) -> tuple[str, ...]:
    """Each composite is an image of its own camera; heads are told in pixels."""
    frames, pixels = [], []
    depth = np.rint(composites.images * (1000 * FULL_SCALE_M / 255)).astype(np.uint16)
    for number, principal in enumerate(composites.principal_px.tolist()):
        camera = Camera(
            size_px=(SIDE_PX, SIDE_PX),
            focal_px=FOCAL_PX,
            centre_px=(principal, SIDE_PX / 2),
            height_m=CAMERA_HEIGHT_M,
        )
        found = find(depth[number : number + 1], camera)
        frames += [number] * len(found.frame)
        pixels.append(found.pixel)
    metres = MM_PER_PX / 1000
    true = Heads(np.arange(len(depth)), composites.head_px * metres, None)
    heads = Heads(np.array(frames, np.int64), np.concatenate(pixels) * metres, None)
    scores = score_detection(true, heads)
    return (
        *("composites with a wall", method, str(len(true)), f"{scores.recall:.4f}", f"{scores.false_per_person:.4f}"),
        *(f"{100 * scores.median_m:.1f}", f"{100 * scores.rmse_m:.1f}", f"{scores.count_error:.2f}", "", "", ""),
    )
