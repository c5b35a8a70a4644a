"""People in overhead depth maps, real and simulated: how many are found and how exactly, how well they are followed,
how fast, beside the rules that a practitioner would write."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt16
from rich.console import Console

from stampnet.benchmarks.head_finders import RULES, Find, Found, Rule, as_found, finder_for, told_as_marked
from stampnet.benchmarks.pedestrian_scenes import FPS, Scene, clip, of_sample
from stampnet.benchmarks.record import Measured
from stampnet.data.data_home import data_home
from stampnet.data.overhead_depth.camera import Camera, to_ground, to_image
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
from stampnet.data.overhead_depth.gotpd import read_gotpd
from stampnet.matching.matcher import StampMatcher
from stampnet.pedestrians.background import background_mm, floor_mm
from stampnet.pedestrians.calibration import calibrated
from stampnet.pedestrians.localizer import Localizer, localizer
from stampnet.pedestrians.run import fitted_site
from stampnet.report.page import Table
from stampnet.tracking.config import tracking_for
from stampnet.tracking.people import People, concatenated
from stampnet.tracking.scores import GATE_M, match_heads, score_detection, score_tracks
from stampnet.tracking.stream import track_people
from stampnet.tracking.truth_file import Heads

DENSITIES = (0.5, 1.0, 2.0, 3.0)
ABSORBED_M = 0.6
"""So far from the head of somebody who does not count, one find each is not false."""
DILUTE = 3
"""So many times longer are the clips with the fewest people."""
SEEDS = (11, 12, 13)
"""Of the places that are simulated at each density; finder and tracks were made on others."""
CHUNK, REPEATS = 16, 3
"""Frames at once, and how often all are gone through where speed is measured."""
SCENE = 10**6
"""Frames and people of one scene are fewer."""
HEADER = (
    *("data", "method", "people", "recall", "false per person", "median cm", "RMSE cm", "count error"),
    *("MOTP cm", "switches per 100 tracks", "IDF1", "frames/s"),
)


def people_table(*, num_frames: int = 150, num_learned: int = 100, seeds: Sequence[int] = SEEDS) -> Measured:
    """Real frames, composites with a wall, clips by density, and the speed on two cores."""
    console = Console(stderr=True, highlight=False)
    lines: list[tuple[str, ...]] = []
    for line in _lines(num_frames, num_learned, seeds):
        console.print(" ".join(line))
        lines.append(line)
    return Measured(
        Table("People in overhead depth maps", HEADER, tuple(lines)),
        (
            (
                f"Clips of {num_frames} simulated frames, {DILUTE} times as many at the least density, at {FPS} frames "
                f"a second, of {len(seeds)} places at each density. Neither people nor places are "
                f"in the {num_learned} frames that stamps were learned from, without labels; the background is told "
                "from each clip itself. Who counts is seen by three tenths at least, a metre tall at least, and has "
                "the head in the image; of the others, one find each within 60 cm is not false. Recall and errors "
                "within 35 cm."
            ),
            (
                "'height': regions a metre above the background, "
                "the middle of the highest 8 cm of each; 'local maximum': the highest pixel within 15 pixels, a metre "
                "above the background. True heads of clips are the tops; how "
                "much further out they lie than is seen of them stampnet has learned from simulated people (one "
                "number), 'where they are seen' is without it. Of the real frames, all of which but not their labels "
                "were learned from, people have marked the middle of the head in the image: so stampnet tells it, and "
                "the rule of heights in a line of its own. Of composites (real people beside a rendered wall, a camera "
                f"each) errors are pixels of {MM_PER_PX} mm."
            ),
            (
                "MOTP is after smoothing; switches of identity for 100 people. What is matched to somebody who does "
                "not count is left out before tracks are scored by motmetrics, as in MOTChallenge. "
                "frames/s: two processes of one thread each, from depth to linked people, reading of files apart; in "
                "the first place of each density."
            ),
        ),
    )


def _lines(num_frames: int, num_learned: int, seeds: Sequence[int]) -> Iterator[tuple[str, ...]]:
    learned = clip(num_learned, 1.0, "train", "glow", seeds[0])
    fitted, site, _ = fitted_site(learned.depth_mm[:, None], (learned.camera,))
    assert isinstance(fitted.model, StampMatcher)
    if (data_home() / "overhead_depth").is_dir():
        yield from _real_lines(fitted.model)
    for density in DENSITIES:
        # Of a few people, longer clips: a single switch of two would count for much.
        length = num_frames * (DILUTE if density == DENSITIES[0] else 1)
        scenes = [clip(length, density, "test", "glow", seed) for seed in seeds]
        yield from _clip_lines(f"clips glow, {density:g} / m2", scenes, fitted.model, site.outwards)
    large = [clip(num_frames // 3, 1.0, "test", "gotpd", seeds[0])]
    yield from _clip_lines("clip gotpd, 1 / m2", large, fitted.model, site.outwards)


def _clip_lines(
    name: str, scenes: Sequence[Scene], matcher: StampMatcher, outwards: float
) -> Iterator[tuple[str, ...]]:
    stills = [background_mm(scene.depth_mm, scene.camera) for scene in scenes]

    def people_found(outwards: float) -> Iterator[tuple[Localizer, People]]:
        for scene, still in zip(scenes, stills, strict=True):
            finder = finder_for(matcher, scene.camera, still, outwards)
            yield finder, _in_chunks(finder, scene.depth_mm)

    finders, people = zip(*people_found(outwards), strict=True)
    found = [as_found(one) for one in people]
    yield _line(name, "stampnet", scenes, found, _followed(scenes, people), _speed(finders[0], scenes[0]))
    found = [as_found(one) for _, one in people_found(0.0)]
    yield _line(name, "stampnet, heads where they are seen", scenes, found)
    for rule_name, rule in RULES.items():
        found = [rule(still, one.camera, one.depth_mm) for one, still in zip(scenes, stills, strict=True)]
        yield _line(name, rule_name, scenes, found)


def _real_lines(simulated: StampMatcher) -> Iterator[tuple[str, ...]]:
    """Stamps of the frames themselves and of simulated ones, and the rules."""
    sample = read_gotpd()
    scene = of_sample(sample)
    fitted, site, _ = fitted_site(sample.recording_mm[:, None], (sample.camera,))
    assert isinstance(fitted.model, StampMatcher)
    finder = localizer(fitted.model, site)
    outwards = calibrated((sample.camera,), simulated, site.ground, "time of flight", 0)
    other = localizer(simulated, replace(site, outwards=outwards))
    rules = {name: partial(rule, sample.background_mm, scene.camera) for name, rule in RULES.items()}
    ways: dict[str, Find] = {
        "stampnet, learned from them": lambda depth: as_found(_in_chunks(finder, depth)),
        "stampnet, learned from simulation": lambda depth: as_found(_in_chunks(other, depth)),
        "height": rules["height"],
        "height, told as marked": told_as_marked(rules["height"], scene.camera),
        "local maximum": rules["local maximum"],
    }
    for number, (name, find) in enumerate(ways.items()):
        speed = _speed(finder, scene) if number == 0 else ""
        yield _line("real frames", name, [scene], [find(scene.depth_mm)], speed=speed)
    composites = make_composites(cut_outs(sample), np.random.default_rng(0))
    yield _composite_line(composites, "stampnet, learned from simulation", partial(_in_composite, simulated))
    for rule_name, rule in RULES.items():
        yield _composite_line(composites, rule_name, partial(_on_bare_floor, rule))


def _line(
    name: str,
    method: str,
    scenes: Sequence[Scene],
    found: Sequence[Found],
    followed: tuple[str, str, str] = ("", "", ""),
    speed: str = "",
) -> tuple[str, ...]:
    """What a method finds in all scenes."""
    true = _together([scene.true for scene in scenes])
    heads = _together([_counted(scene, one) for scene, one in zip(scenes, found, strict=True)])
    return (name, method, str(len(true)), *_detection(true, heads), *followed, speed)


def _counted(scene: Scene, found: Found) -> Heads:
    """As the scene's heads are told, without those that are no one's who counts, but somebody's."""
    heads = Heads(found.frame, found.xy_m, None)
    if scene.marked_depth_m is not None:
        at = scene.marked_depth_m[found.frame]
        heads = replace(heads, xy_m=to_ground(scene.camera, found.pixel[:, 0], found.pixel[:, 1], at)[:, :2])
    left = np.setdiff1d(np.arange(len(heads)), match_heads(scene.true, heads, GATE_M).found_row)
    others = match_heads(scene.others, heads.where(left), ABSORBED_M)
    return heads.where(np.setdiff1d(np.arange(len(heads)), left[others.found_row]))


def _detection(true: Heads, heads: Heads) -> tuple[str, ...]:
    scores = score_detection(true, heads)
    return (
        *(f"{scores.recall:.4f}", f"{scores.false_per_person:.4f}"),
        *(f"{100 * scores.median_m:.1f}", f"{100 * scores.rmse_m:.1f}", f"{scores.count_error:.2f}"),
    )


def _together(each: Sequence[Heads]) -> Heads:
    """Heads of several scenes: frames and people of one are not those of another."""
    first = [SCENE * place for place in range(len(each))]
    frame = np.concatenate([one.frame + more for one, more in zip(each, first, strict=True)])
    ids = [one.id + more for one, more in zip(each, first, strict=True) if one.id is not None]
    return Heads(frame, np.concatenate([one.xy_m for one in each]), np.concatenate(ids) if ids else None)


def _followed(scenes: Sequence[Scene], people: Sequence[People]) -> tuple[str, str, str]:
    """MOTP, switches and IDF1 of people who are linked and smoothed."""
    found = []
    for scene, here in zip(scenes, people, strict=True):
        tracks = track_people(here, len(scene.depth_mm), tracking_for(FPS))
        found.append(Heads(tracks.frame, np.column_stack([tracks.smooth_x_m, tracks.smooth_y_m]), tracks.id))
    true, others = (_together(each) for each in ([one.true for one in scenes], [one.others for one in scenes]))
    scores = score_tracks(true, _together(found), ignored=others)
    return f"{100 * scores.motp_m:.1f}", f"{scores.switches_per_100_tracks:.1f}", f"{scores.idf1:.4f}"


def _in_chunks(finder: Localizer, depth_mm: UInt16[np.ndarray, "T H W"]) -> People:
    return concatenated([finder(depth_mm[first : first + CHUNK], first) for first in range(0, len(depth_mm), CHUNK)])


def _speed(finder: Localizer, scene: Scene) -> str:
    """Frames a second of two processes, each with the frames of a sensor of its own."""
    with ProcessPoolExecutor(2, get_context("spawn"), _prepare, (finder, scene.depth_mm)) as pool:
        list(pool.map(_seconds, [1, 1]))  # both are there, and warm
        start = time.perf_counter()
        frames = sum(pool.map(_seconds, [REPEATS, REPEATS]))
        return f"{frames / (time.perf_counter() - start):.0f}"


def _prepare(finder: Localizer, depth_mm: UInt16[np.ndarray, "T H W"]) -> None:
    torch.set_num_threads(1)
    _shared["finder"], _shared["depth"] = finder, depth_mm


_shared: dict[str, Any] = {}
"""What a process of `_speed` works on."""


def _seconds(repeats: int) -> int:
    """Finds and links the people of all frames so many times; how many frames that were."""
    finder, depth = _shared["finder"], _shared["depth"]
    for _ in range(repeats):
        track_people(_in_chunks(finder, depth), len(depth), tracking_for(FPS))
    return repeats * len(depth)


def _on_bare_floor(rule: Rule, depth_mm: UInt16[np.ndarray, "T H W"], camera: Camera) -> Found:
    return rule(floor_mm(camera), camera, depth_mm)


def _in_composite(matcher: StampMatcher, depth_mm: UInt16[np.ndarray, "T H W"], camera: Camera) -> Found:
    """The tops of heads in the image: what the sensor saw of them from nearer by cannot be told as from here."""
    people = finder_for(matcher, camera, floor_mm(camera), 0.0)(depth_mm, 0).certain()
    column, row, _ = to_image(camera, np.column_stack([people.x_m, people.y_m, people.z_m]))
    return as_found(people)._replace(pixel=np.column_stack([column, row]))


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
    return ("composites with a wall", method, str(len(true)), *_detection(true, heads), "", "", "", "")
