"""The simulator of depth maps to how near it is to reality: gates that it has to pass, each with its threshold."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage

from stampnet.benchmarks import sensor_marginals
from stampnet.benchmarks.head_rules import RULES, HeadErrors, OnePerson, Rule, head_errors
from stampnet.benchmarks.pedestrian_methods import detected, fitted
from stampnet.benchmarks.pedestrian_scores import People, oracle_scores
from stampnet.benchmarks.realism import BOX_PX, locate, moments, pedestrian_network
from stampnet.benchmarks.record import Measured
from stampnet.data.overhead_depth.anthropometry import HALF_HEAD_MM
from stampnet.data.overhead_depth.camera import Camera
from stampnet.data.overhead_depth.composites import Cutout, cut_outs, make_composites
from stampnet.data.overhead_depth.crops import CropRecipe, make_crops
from stampnet.data.overhead_depth.frames import FrameRecipe, make_frames
from stampnet.data.overhead_depth.gotpd import CAMERA, GotpdSample, read_gotpd
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.data.overhead_depth.presets import preset
from stampnet.data.overhead_depth.site import frame_site
from stampnet.data.overhead_depth.still import SITES, SPLITS
from stampnet.model.network import StampNetwork
from stampnet.report.page import Table

HEADER = ("gate", "measure", "value", "wanted", "holds")
WHOLLY_VISIBLE = 0.95
"""Share of a person's pixels."""
INSIDE_WALL_PX = 3


class Check(NamedTuple):
    """One line of a gate; `holds` is None for what is told only."""

    gate: str
    measure: str
    value: str
    wanted: str
    holds: bool | None


def depth_gates_table(
    num_crops: int = 512,
    num_frames: int = 160,
    num_placements: int = 5,
    num_learned: int = 2000,
    seed: int = 0,
) -> Measured:
    """The gates of the simulator; those of tracks are in `pedestrians`."""
    network = pedestrian_network()
    crops = make_crops(CropRecipe(num_images=num_crops, mode="single", seed=seed))
    sample = read_gotpd()
    people = cut_outs(sample)
    checks = [
        *seen_by_the_network(network, crops),
        *intensities(crops),
        *on_composites(network, people, num_placements, seed),
        *learned(network, people, num_learned, num_placements, seed),
        *sensors(np.random.default_rng(seed)),
        *heads(sample, num_frames, seed),
    ]
    signs = {True: "yes", False: "no", None: ""}
    rows = tuple((check.gate, check.measure, check.value, check.wanted, signs[check.holds]) for check in checks)
    notes = (
        f"G1 and G2: {num_crops} crops of one person each, with what they carry.",
        (
            f"G3: the authors' weights on real people beside a rendered wall, {num_placements} placements of each, and "
            f"matching of {num_learned} crops on the later half of the frames: learned from simulation (wanted: no "
            "less than the authors' weights on the same images, and than what has learned from the earlier half, but "
            "for .05). The stamp nearest to the label counts, as in the paper."
        ),
        "G4: sensor models on an empty floor.",
        (
            "G5: rules that find heads, on 320 real frames and on simulated ones with one adult who carries nothing. "
            "As the real labels do, the true point is the middle of the head, not its top."
        ),
    )
    return Measured(Table("The simulator of depth maps beside reality", HEADER, rows), notes)


def first_people(crops: Pictures) -> tuple[Bool[np.ndarray, " B"], Float64[np.ndarray, "B 2"]]:
    """Which crops show a person, and the middle of the first one's visible body."""
    centre = np.full((len(crops.images), 2), np.nan)
    walks = np.isin(crops.labels["kind"], ("adult", "child"))
    for image, body in zip(crops.labels["image"][walks][::-1], crops.labels["body_px"][walks][::-1], strict=True):
        centre[image] = body
    return ~np.isnan(centre).any(1), centre


def seen_by_the_network(network: StampNetwork, crops: Pictures) -> Iterable[Check]:
    """G1: what the authors' weights say of crops."""
    shown, centre = first_people(crops)
    found, error = locate(network, crops.images[shown], centre[shown])
    far = moments(network, crops.images)
    yield _at_least("G1", "CorLoc", found.corloc, 0.85)
    yield _at_least("G1", "IoU", found.iou, 0.70)
    yield _between("G1", "squared error", error, 60, 125)
    yield _at_most("G1", "mean z2, layers 1 to 5", max(far.mean_z2[:5]), 0.03)
    yield _at_most("G1", "log var2, layers 1 to 5", max(far.log_var2[:5]), 0.25)
    yield _at_most("G1", "log var2, layer 6", far.log_var2[5], 1.3)


def intensities(crops: Pictures) -> Iterable[Check]:
    """G2: brightness of crops."""
    yield _between("G2", "mean value", float(crops.images.mean()) / 255, 0.11, 0.14)
    yield _between("G2", "slope of bright walls, per px", wall_slope(crops), -0.017, -0.009)
    share = float((crops.images > 0).mean())
    yield Check("G2", "foreground", f"{share:.3f}", "0.16 to 0.26, a warning only", None)


def wall_slope(crops: Pictures) -> float:
    """Median over bright images of the change of value along columns, well inside the wall at the right."""
    slopes = []
    for image in np.flatnonzero(crops.columns["encoding"] == "far5"):
        value = crops.images[image] / 255
        wall = (crops.masks[image] == -2) & (value > 0.3)
        wall[:, : wall.shape[1] // 2] = False
        inside = ndimage.binary_erosion(wall, np.ones((2 * INSIDE_WALL_PX + 1,) * 2), border_value=1) & wall
        rows, columns = np.nonzero(inside)
        if len(rows) > 60:
            plane = np.column_stack([columns, rows, np.ones(len(rows))])  # the wall need not run along the rows
            slopes.append(np.linalg.lstsq(plane, value[inside])[0][0])
    return float(np.median(slopes)) if slopes else float("nan")


def on_composites(network: StampNetwork, people: list[Cutout], num_placements: int, seed: int = 0) -> Iterable[Check]:
    """G3, its reference: the authors' weights on real people."""
    found = []
    for placement in range(num_placements):
        crops = make_composites(people, np.random.default_rng([seed, placement]))
        found.append(locate(network, crops.images, crops.body_px)[0])
    values = np.array([(one.corloc, one.iou) for one in found])
    (corloc, iou), (corloc_sd, iou_sd) = values.mean(0), values.std(0)
    yield Check(
        "G3",
        "CorLoc, authors' weights",
        f"{corloc:.3f} ({corloc_sd:.3f})",
        "0.891 (0.014)",
        abs(corloc - 0.891) < 0.028,
    )
    yield Check("G3", "IoU, authors' weights", f"{iou:.3f} ({iou_sd:.3f})", "0.763 (0.011)", abs(iou - 0.763) < 0.022)


def learned(
    network: StampNetwork, people: list[Cutout], num_crops: int, num_placements: int, seed: int = 0
) -> Iterable[Check]:
    """G3: matching that has learned from simulated people, on real ones; beside what has learned from real ones that
    were recorded before, and the authors' weights, on the same images."""
    known, new = people[: len(people) // 2], people[len(people) // 2 :]
    rng = np.random.default_rng([seed, num_placements])
    times = -(-num_crops // len(known))
    real = np.concatenate([make_composites(known, rng).images for _ in range(times)])[:num_crops]
    simulated = make_crops(CropRecipe(num_images=num_crops, mode="single", seed=seed)).images
    placed = [make_composites(new, np.random.default_rng([seed, placement])) for placement in range(num_placements)]
    images, body_px = (np.concatenate([getattr(one, name) for one in placed]) for name in ("images", "body_px"))
    authors, _ = locate(network, images, body_px)
    boxes = [np.concatenate([at - BOX_PX / 2, at + BOX_PX / 2])[None] for at in body_px]
    labels = [People(box, at[None], np.ones(1)) for box, at in zip(boxes, body_px, strict=True)]
    ours, theirs = (oracle_scores(detected(fitted(crops, seed)[0], images), labels) for crops in (simulated, real))
    for name, measure in (("CorLoc", "corloc"), ("IoU", "iou")):
        value, other, published = (getattr(one, measure) for one in (ours, theirs, authors))
        yield _at_least("G3", f"{name}, learned from simulation", value, round(max(other - 0.05, published), 3))
        yield Check("G3", f"{name}, learned from real people", f"{other:.3f}", "", None)


def sensors(rng: np.random.Generator) -> Iterable[Check]:
    """G4: the sensor models beside real sensors."""
    levels, known = sensor_marginals.structured_light_levels(rng), sensor_marginals.LEVELS
    yield _near("G4", "structured light: step of levels, 1e-6/mm", 1e6 * levels.step, 1e6 * known.step)
    yield _near("G4", "structured light: one level off", levels.one_off, known.one_off)
    yield _between("G4", "structured light: two levels off, %", 100 * levels.two_off, 0.07, 0.12)
    rings = sensor_marginals.time_of_flight_rings(rng)
    edges = pairwise(sensor_marginals.RING_EDGES_PX)
    for (near, far), ring, real in zip(edges, rings, sensor_marginals.MEASURED, strict=True):
        where = f"time of flight, {near} to {far} px: "
        yield _near("G4", where + "SD, mm", ring.sd_mm, real.sd_mm)
        yield _near("G4", where + "invalid", ring.invalid, real.invalid)
        yield _near("G4", where + "correlation at 1 px", ring.correlation[0], real.correlation[0])
    around, known_around = sensor_marginals.time_of_flight_silhouette(rng), sensor_marginals.SILHOUETTE
    yield _near("G4", "time of flight: lost around a silhouette", around.ring_invalid, known_around.ring_invalid)


def heads(sample: GotpdSample, num_frames: int, seed: int = 0) -> Iterable[Check]:
    """G5: rules that find heads, on real and on simulated frames."""
    room = np.broadcast_to(sample.background_mm, sample.depth_mm.shape)
    real = _errors(OnePerson(sample.depth_mm, room, sample.head_px), sample.camera)
    made = _errors(simulated_people(num_frames, seed), CAMERA)
    for rule in RULES:
        one, other = made[rule], real[rule]
        value, wanted = (f"{errors.median_cm:.1f}, {errors.rmse_cm:.1f}" for errors in (one, other))
        yield Check("G5", f"{rule}: median and RMSE, cm", value, f"real {wanted}", None)
    best, known = (sorted(RULES, key=lambda rule: errors[rule].rmse_cm) for errors in (made, real))
    yield Check("G5", "rules, best first", _ranking(best), _ranking(known), best == known)
    found, known_found = made["patch within 80 mm"].found, real["patch within 80 mm"].found
    yield Check("G5", "heads found", f"{found:.3f}", f"{known_found:.3f} (0.05)", abs(found - known_found) <= 0.05)


def _errors(people: OnePerson, camera: Camera) -> dict[Rule, HeadErrors]:
    return {rule: head_errors(people, camera, rule) for rule in RULES}


def _ranking(rules: Iterable[str]) -> str:
    return ", ".join(rule.removeprefix("patch within ") for rule in rules)


def simulated_people(num_frames: int, seed: int = 0) -> OnePerson:
    """As the real one: in each frame one adult and nothing else, wholly in view, in a room that is known empty."""
    recipe = FrameRecipe(num_images=num_frames, camera=CAMERA.name, mode="single", seed=seed)
    frames = make_frames(recipe)
    rooms = {}
    for number in np.unique(frames.columns["site"]):
        stream = [recipe.seed, SPLITS[recipe.split], SITES, int(number)]
        site = frame_site(np.random.default_rng(stream), preset(recipe.camera))
        rooms[number] = 1000 * site.background.depth_m
    table = frames.labels
    alone = np.bincount(table["image"], minlength=num_frames)[table["image"]] == 1
    shown = alone & (table["kind"] == "adult") & ~table["truncated"] & (table["visible"] > WHOLLY_VISIBLE)
    image = table["image"][shown]
    # In the camera's frame, which looks down.
    # From the vertex down to the middle of the head, which is what the real labels mark.
    middle = table["head_xyz"][shown] + np.array([0, 0, HALF_HEAD_MM / 1000])
    return OnePerson(
        frames.depth_mm[image],
        np.stack([rooms[site] for site in frames.columns["site"][image]]),
        CAMERA.focal_px * middle[:, :2] / middle[:, 2:] + CAMERA.centre_px,
    )


def _at_least(gate: str, measure: str, value: float, least: float) -> Check:
    return Check(gate, measure, f"{value:.3f}", f"at least {least:g}", value >= least)


def _at_most(gate: str, measure: str, value: float, most: float) -> Check:
    return Check(gate, measure, f"{value:.3f}", f"at most {most:g}", value <= most)


def _between(gate: str, measure: str, value: float, least: float, most: float) -> Check:
    return Check(gate, measure, f"{value:.4g}", f"{least:g} to {most:g}", least <= value <= most)


def _near(gate: str, measure: str, value: float, known: float) -> Check:
    """Within a fifth of what was measured."""
    return Check(gate, measure, f"{value:.3g}", f"{known:.3g} (20 %)", abs(value - known) <= 0.2 * abs(known))
