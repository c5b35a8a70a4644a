"""`stampnet track`: depth frames, or people found earlier, to trajectories."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stampnet.errors import InputError

if TYPE_CHECKING:
    from stampnet.tracking.stream import Summary


def track(
    run: Annotated[Path | None, typer.Argument(help="A run folder that finds people.", show_default=False)] = None,
    frames: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Depth frames in millimetres (.npy, .npz, HDF5, 16-bit TIFF, or a folder of PNG), one source for each "
            "camera.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write: .txt (PedPy), .csv, .h5 or .sqlite (JuPedSim).", show_default=False),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(
            help="Instead of RUN and FRAMES, people found earlier: a CSV table with frame, x, y, z in metres.",
            show_default=False,
        ),
    ] = None,
    camera: Annotated[
        Path | None, typer.Option(help="The camera file. [default: that of the run]", show_default=False)
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(
            help="Frames per second, where the file does not say. [default: what it says]", show_default=False
        ),
    ] = None,
    max_speed: Annotated[float, typer.Option(help="How fast people are at most, m/s.")] = 3.0,
    memory: Annotated[
        int | None,
        typer.Option(help="Frames that a person may be missed. [default: 0.2 s, at most 3]", show_default=False),
    ] = None,
    reidentify: Annotated[
        int | None,
        typer.Option(
            help="Frames that a person may be missed and still be known by pace, place and height, 0 for none. "
            "[default: 2 s]",
            show_default=False,
        ),
    ] = None,
    smooth_window: Annotated[
        int | None,
        typer.Option(help="Frames of the smoothing, an odd number, 0 for none. [default: 0.5 s]", show_default=False),
    ] = None,
    least_rows: Annotated[
        int | None,
        typer.Option(help="Tracks with fewer rows are left out. [default: those of 0.3 s]", show_default=False),
    ] = None,
    fill_gaps: Annotated[
        bool, typer.Option(help="Give frames in which a person was missed a row, on a straight line, with score 0.")
    ] = False,
    area: Annotated[
        Path | None, typer.Option(help="The walkable area: a file with a polygon in WKT, metres.", show_default=False)
    ] = None,
    follow: Annotated[
        float | None,
        typer.Option(
            help="The recording is still growing: go on until it has not grown for so many seconds.", show_default=False
        ),
    ] = None,
    anew: Annotated[
        bool, typer.Option(help="Begin anew where an earlier run was cut off, instead of going on.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Also write a page with figures, by PedPy.", show_default=False)
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="For the page, true heads: a CSV table with frame, x, y and perhaps id.", show_default=False),
    ] = None,
    background: Annotated[
        Path | None, typer.Option(help="For the page, a picture of the area.", show_default=False)
    ] = None,
    line: Annotated[
        str | None,
        typer.Option(help="For the page, where flow is measured: x0,y0,x1,y1 in metres.", show_default=False),
    ] = None,
    quiet: Annotated[bool, typer.Option(help="No progress bar.")] = False,
) -> None:
    """Follow people through depth frames and write where they walked, in metres. What was cut off goes on where it was.

    Example: stampnet track --people people.csv --out tracks.txt
    """
    from stampnet.tracking.config import tracking_for
    from stampnet.tracking.measures import read_line
    from stampnet.tracking.people_file import people_batches
    from stampnet.tracking.recording import frame_rate_of, localized, mark_of, mark_of_run, read_area
    from stampnet.tracking.stream import Batches, track_stream

    if out is None:
        raise InputError("there is no file to write; give --out, such as --out tracks.txt")
    source = people or (frames[0] if frames else None)
    if source is None or (people is None) == (run is None):
        raise InputError("give either RUN and FRAMES, or --people TABLE")
    _refuse_what_is_in_vain(
        {"--follow": follow, "--camera": camera} if people is not None else {}, "a table of people is whole, in metres"
    )
    if report is None:
        _refuse_what_is_in_vain(
            {"--truth": truth, "--background": background, "--line": line},
            "unless with --report page.html",
        )
    if follow is not None and not follow >= 0:
        raise InputError(f"--follow is {follow:g} seconds; give how long the recording may stand still, 0 or more")
    across = None if line is None else read_line(line)
    config = tracking_for(
        frame_rate_of(source, fps, is_table=people is not None),
        max_speed_m_s=max_speed,
        memory=memory,
        reidentify=reidentify,
        window=smooth_window,
        least_rows=least_rows,
        fill_gaps=fill_gaps,
    )
    area_wkt = None if area is None else read_area(area)
    if report is not None:
        from stampnet.report.tracks_page import PageOptions, check_options, write_tracks_page

        options = PageOptions(truth=truth, background=background, line=across)
        check_options(options)
    if run is None or not frames:
        made_of = {"people": mark_of(source)}
        batches: Batches = partial(people_batches, source)
    else:
        from stampnet.pedestrians.localizer import load_localizer

        made_of = {
            "run": mark_of_run(run),
            # Sizes and times of what is still growing are others each time.
            "frames": str([str(one.resolve()) if follow is not None else mark_of(one) for one in frames]),
            "camera": str(camera and mark_of(camera)),
        }
        batches = localized(load_localizer(run, camera), frames, follow, show_progress=not quiet)
    found = track_stream(
        batches, out, config, made_of=made_of, area_wkt=area_wkt, keep_state=follow is not None, anew=anew
    )
    _tell(found, out, source, is_area_known=area is not None)
    if report is not None:
        write_tracks_page(out, report, config, found, area_wkt, options)
        print(f"page: {report}")


def _tell(found: "Summary", out: Path, source: Path, *, is_area_known: bool) -> None:
    """What has come of it, in a few lines."""
    if found.num_frames == 0:
        typer.echo(f"{source} has no frame, so nobody is followed", err=True)
    print(f"{found.num_heads} heads in {found.num_frames} frames, {found.num_tracks} tracks: {out}")
    if found.median_length_s is not None and found.median_speed_m_s is not None:
        print(f"medians: {found.median_length_s:.1f} s long, {found.median_speed_m_s:.2f} m/s")
    if is_area_known:
        print(f"{found.num_outside} points outside the walkable area")


def _refuse_what_is_in_vain(options: Mapping[str, object], why: str) -> None:
    """Raises InputError where one of these is given."""
    for name, value in options.items():
        if value is not None:
            raise InputError(f"{name} is of no use here, {why}; leave it out")
