"""Trajectories to one self-contained page: paths over the scene, speeds, density, flow, and errors beside the truth."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from stampnet.report.figures import COLOURS, WIDTH, colour_of, new_figure, png_bytes
from stampnet.report.page import ReportContent, Table, write_report
from stampnet.tracking.config import TrackingConfig
from stampnet.tracking.files.by_suffix import read_trajectories
from stampnet.tracking.files.rows_text import told
from stampnet.tracking.measures import Line, measure_density, measure_flow, middle_line, pedpy_package
from stampnet.tracking.scores import GATE_M, match_heads, motmetrics_package, score_detection, score_tracks, without
from stampnet.tracking.stream import Summary
from stampnet.tracking.trajectories import Trajectories, by_person
from stampnet.tracking.truth_file import Heads, read_truth

MOST_TRACKS = 500
"""Of more, so many evenly spaced ones are drawn."""


@dataclass(frozen=True)
class PageOptions:
    """What else a page shows."""

    truth: Path | None = None
    background: Path | None = None
    """A picture of the area, or of the walkable area's rectangle."""
    line: Line | None = None


def check_options(options: PageOptions) -> None:
    """Raises InputError where a file that the page needs cannot be read, or a package for it is missing: before people
    are followed, not after."""
    pedpy_package()
    if options.truth is not None:
        true, _ = read_truth(options.truth)
        if true.id is not None:
            motmetrics_package()
    if options.background is not None:
        _read_background(options.background)


def write_tracks_page(
    tracks: Path,
    page: Path,
    config: TrackingConfig,
    summary: Summary,
    area_wkt: str | None = None,
    options: PageOptions = PageOptions(),
) -> None:
    """Writes the page of a file of trajectories.

    Raises InputError where a file cannot be read, or PedPy is not installed.
    """
    rows, _ = read_trajectories(tracks)
    rows, fps = by_person(rows), config.linking.fps
    true, ignored = (None, None) if options.truth is None else read_truth(options.truth)
    figures: list[tuple[str, bytes]] = []
    tables = [_facts(summary, fps)]
    if len(rows):
        line = options.line or middle_line(rows, area_wkt)
        density, flow = measure_density(rows, fps, area_wkt), measure_flow(rows, fps, line)
        figures.append(("Where people walked", png_bytes(_draw_paths(rows, line, area_wkt, options.background))))
        figures.append(("Speeds", png_bytes(_histogram(_speeds(rows, fps), "speed, m/s", "rows"))))
        figures.append(
            (
                "Density by PedPy: people in the area, and one by the size of each person's Voronoi cell",
                png_bytes(_draw_density(density.frame / fps, density.classic, density.voronoi)),
            )
        )
        figures.append(("People who passed the line, by PedPy", png_bytes(_draw_flow(flow.time_s, flow.passed))))
        tables.append(
            Table(
                "Density and flow, by PedPy",
                ("measure", "value"),
                (
                    ("area, square metres", f"{density.area_m2:.1f}"),
                    ("mean density, people per square metre", f"{density.classic.mean():.3f}"),
                    ("largest density", f"{density.classic.max():.3f}"),
                    ("line, metres", ", ".join(f"{value:.2f}" for value in line)),
                    ("people who passed it", str(int(flow.passed[-1]))),
                    ("flow, people per second", f"{flow.per_second:.3f}"),
                ),
            )
        )
    if true is not None and ignored is not None:
        found = Heads(rows.frame, np.stack([rows.smooth_x_m, rows.smooth_y_m], axis=1), rows.id)
        found = without(found, true, ignored)
        tables.append(_scores(true, found))
        distance = match_heads(true, found).distance_m
        figures.append(("Distance to the true heads", png_bytes(_histogram(100 * distance, "distance, cm", "heads"))))
    content = ReportContent(
        title=f"Trajectories {tracks.name}",
        summary=(f"{summary.num_heads} heads in {summary.num_frames} frames, {summary.num_tracks} tracks.",),
        warnings=_warnings(summary),
        figures=tuple(figures),
        tables=tuple(tables),
        settings=asdict(config),
        environment={},
    )
    write_report(content, page)


def _facts(summary: Summary, fps: float) -> Table:
    length, speed = summary.median_length_s, summary.median_speed_m_s
    return Table(
        "What was found",
        ("measure", "value"),
        (
            ("frames", str(summary.num_frames)),
            ("seconds", f"{summary.num_frames / fps:.1f}"),
            ("heads in all frames", str(summary.num_heads)),
            ("tracks", str(summary.num_tracks)),
            ("median length, s", "-" if length is None else f"{length:.2f}"),
            ("median speed, m/s", "-" if speed is None else f"{speed:.2f}"),
        ),
    )


def _scores(true: Heads, found: Heads) -> Table:
    heads = score_detection(true, found)
    rows = [
        ("true heads that count", str(len(true))),
        ("of these, heads found", f"{heads.recall:.1%}"),
        ("of what was found, on a true head", f"{heads.precision:.1%}"),
        ("finds on nobody, for each true head", f"{heads.false_per_person:.3f}"),
        ("root mean square distance, cm", f"{100 * heads.rmse_m:.1f}"),
        ("median distance, cm", f"{100 * heads.median_m:.1f}"),
        ("95 % are nearer than, cm", f"{100 * heads.within_95_m:.1f}"),
        ("mean error away from the centre, cm", f"{100 * heads.outward_m:+.1f}"),
        ("mean absolute error of how many are in a frame", f"{heads.count_error:.2f}"),
    ]
    if true.id is not None:
        tracks = score_tracks(true, found)
        rows += [
            ("MOTP, cm (lower is better)", f"{100 * tracks.motp_m:.1f}"),
            ("MOTA", f"{tracks.mota:.3f}"),
            ("identity switches for 100 true tracks", f"{tracks.switches_per_100_tracks:.1f}"),
            ("fragmentations", str(tracks.fragmentations)),
            ("IDF1", f"{tracks.idf1:.3f}"),
        ]
    title = f"Beside the truth: smooth positions of tracks, matched within {100 * GATE_M:.0f} cm"
    return Table(title, ("measure", "value"), tuple(rows))


def _warnings(summary: Summary) -> tuple[str, ...]:
    if summary.num_outside:
        return (f"{summary.num_outside} points lie outside the walkable area: PedPy refuses some measures of these.",)
    return ()


def _speeds(rows: Trajectories, fps: float) -> np.ndarray:
    """As stored; from positions where the file holds no velocities."""
    speed = np.hypot(rows.vx_m_s, rows.vy_m_s)
    if np.isfinite(speed).any():
        return speed[np.isfinite(speed)]
    is_next = np.diff(rows.id) == 0
    step = np.hypot(np.diff(rows.smooth_x_m), np.diff(rows.smooth_y_m))
    return (step * fps / np.diff(rows.frame).clip(1))[is_next]


def _read_background(path: Path) -> np.ndarray:
    with told(path, "picture", "give a PNG or JPEG of the area"), Image.open(path) as picture:
        return np.asarray(picture if picture.mode in ("L", "I;16", "I") else picture.convert("RGB"))


def _draw_paths(rows: Trajectories, line: Line, area_wkt: str | None, background: Path | None) -> Figure:
    x, y = rows.smooth_x_m, rows.smooth_y_m
    x0, x1, y0, y1 = _extent(rows, area_wkt)
    figure = new_figure(min(2 * WIDTH, max(3.0, WIDTH * (y1 - y0) / (x1 - x0))) + 0.6)
    axes = figure.add_subplot()
    if background is not None:
        axes.imshow(_read_background(background), cmap="gray", extent=(x0, x1, y0, y1), alpha=0.6)
    people = np.unique(rows.id)
    people = people[np.linspace(0, len(people) - 1, min(MOST_TRACKS, len(people))).astype(int)]
    edges = np.searchsorted(rows.id, np.stack([people, people + 1]))
    for number, (first, last) in enumerate(edges.T.tolist()):
        axes.plot(x[first:last], y[first:last], color=colour_of(number), linewidth=0.8)
    axes.plot(line[::2], line[1::2], color="black", linestyle="--", linewidth=1.5)
    if area_wkt is not None:
        _outline(axes, area_wkt)
    axes.set(xlim=(x0, x1), ylim=(y0, y1), xlabel="x, m", ylabel="y, m", aspect="equal")
    return figure


def _extent(rows: Trajectories, area_wkt: str | None) -> Line:
    """x0, x1, y0, y1 of the area, else of all positions."""
    if area_wkt is not None:
        import shapely

        x0, y0, x1, y1 = shapely.from_wkt(area_wkt).bounds
        return (x0, x1, y0, y1)
    x, y = rows.smooth_x_m, rows.smooth_y_m
    return (float(x.min()) - 0.3, float(x.max()) + 0.3, float(y.min()) - 0.3, float(y.max()) + 0.3)


def _outline(axes: Axes, area_wkt: str) -> None:
    import shapely

    area: Any = shapely.from_wkt(area_wkt)
    for ring in (area.exterior, *area.interiors):
        axes.plot(*np.array(ring.coords).T, color="black", linewidth=1.2)


def _histogram(values: np.ndarray, label: str, counted: str) -> Figure:
    figure = new_figure(3.0)
    axes = figure.add_subplot()
    axes.hist(values, bins=60, color=COLOURS[1])
    if len(values):
        axes.axvline(float(np.median(values)), color="black", linestyle="--", linewidth=1)
        axes.set_title(f"median {np.median(values):.2f}", fontsize=9, loc="right")
    axes.set(xlabel=label, ylabel=counted)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_density(time_s: np.ndarray, classic: np.ndarray, voronoi: np.ndarray) -> Figure:
    figure = new_figure(3.0)
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    left.plot(time_s, classic, color=COLOURS[4], linewidth=1)
    left.set(xlabel="time, s", ylabel="people per square metre", ylim=(0, None))
    right.hist(voronoi, bins=40, color=COLOURS[0])
    right.set(xlabel="people per square metre, Voronoi", ylabel="people")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_flow(time_s: np.ndarray, passed: np.ndarray) -> Figure:
    figure = new_figure(3.0)
    axes = figure.add_subplot()
    axes.step(time_s, passed, where="post", color=COLOURS[2])
    axes.set(xlabel="time, s", ylabel="people", ylim=(0, None))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    return figure
