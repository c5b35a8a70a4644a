"""Facts about the stream: cut off anywhere, it goes on without losing or doubling a frame; memory is bounded."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import stampnet.tracking.open_tracks
from stampnet.errors import InputError
from stampnet.tracking.config import TrackingConfig, tracking_for
from stampnet.tracking.files.by_suffix import read_trajectories
from stampnet.tracking.open_tracks import OpenTracks
from stampnet.tracking.people import People, nobody
from stampnet.tracking.stream import Batch, state_path, track_people, track_stream
from stampnet.tracking.trajectories import Trajectories, by_person, joined
from tracking_walkers import as_people, walkers

pytest.importorskip("trackpy", reason="trackpy is not installed (extra track)")

CONFIG = tracking_for(15.0, window=3)
PEOPLE, _ = walkers(3, 24, 15.0, missed=0.1)
PEOPLE.sure[40::7] = False
NUM_FRAMES = 27
"""In the last ones, there is nobody."""


class CutOffError(Exception):
    """As if the program had been killed."""


def batches_of(
    people: People, num_frames: int = NUM_FRAMES, size: int = 7, last: int | None = None
) -> Callable[[int], Iterator[Batch]]:
    """Batches of `size` frames; after frame `last`, it is over."""

    def batches(first: int) -> Iterator[Batch]:
        while first < num_frames:
            if last is not None and first >= last:
                raise CutOffError
            stop = min(first + size, num_frames)
            yield Batch(first, stop, people.where((people.frame >= first) & (people.frame < stop)))
            first = stop

    return batches


def streamed(out: Path, config: TrackingConfig = CONFIG, **options: int) -> None:
    track_stream(batches_of(PEOPLE, **options), out, config, made_of={})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run that is not cut off writes."""
    folder = tmp_path_factory.mktemp("whole")
    for suffix in ("csv", "txt"):
        streamed(folder / f"tracks.{suffix}")
    return folder


@pytest.fixture(autouse=True, scope="module")
def _long_tracks_are_written_in_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stampnet.tracking.open_tracks, "LONG", 4)
        yield


def test_the_file_is_that_of_all_people_at_once(whole: Path) -> None:
    expected = by_person(track_people(PEOPLE, NUM_FRAMES, CONFIG))
    written, fps = read_trajectories(whole / "tracks.csv")
    assert fps == 15.0
    for column in ("id", "frame", "stamp"):
        assert np.array_equal(getattr(by_person(written), column), getattr(expected, column))
    for column in ("x_m", "smooth_x_m", "vx_m_s"):
        assert np.allclose(getattr(by_person(written), column), getattr(expected, column), atol=6e-5)


def test_tracks_written_in_parts_are_as_smooth_as_whole_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = by_person(track_people(PEOPLE, NUM_FRAMES, CONFIG))
    monkeypatch.setattr(stampnet.tracking.open_tracks, "LONG", 10_000)
    at_once = by_person(track_people(PEOPLE, NUM_FRAMES, CONFIG))
    assert len(parts) == len(at_once) > 0
    # Numbers are those of writing, which is earlier in parts.
    order, order_at_once = (np.lexsort((rows.x_m, rows.frame)) for rows in (parts, at_once))
    for column in ("frame", "x_m", "smooth_x_m", "smooth_y_m", "vx_m_s", "vy_m_s"):
        assert np.allclose(getattr(parts, column)[order], getattr(at_once, column)[order_at_once], atol=1e-9)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(1, NUM_FRAMES), max_size=2).map(sorted),
    sizes=st.lists(st.integers(1, 20), min_size=3, max_size=3),
    torn=st.integers(0, 200),
    suffix=st.sampled_from(["csv", "txt"]),
)
def test_cut_off_anywhere_it_writes_the_same_bytes(
    cuts: list[int], sizes: list[int], torn: int, suffix: str, whole: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("cut") / f"tracks.{suffix}"
    for cut, size in zip(cuts, sizes, strict=False):
        try:
            streamed(out, size=size, last=cut)
        except CutOffError:
            with out.open("ab") as file:
                file.write(b"1 2 3.0\n" * (torn // 8) + b"7" * (torn % 8))  # rows after the last state, half a row
        else:
            break  # no batch began after the cut
    streamed(out, size=sizes[-1])
    assert out.read_bytes() == (whole / out.name).read_bytes()
    assert not state_path(out).exists()


@pytest.mark.parametrize("suffix", ["csv", "txt"])
def test_cut_off_after_every_frame_it_writes_the_same_bytes(suffix: str, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / f"tracks.{suffix}"
    for cut in range(1, NUM_FRAMES):
        with pytest.raises(CutOffError):
            streamed(out, size=1, last=cut)
        with out.open("ab") as file:
            file.write(b"1 2 3.0")  # what was written after the state
    streamed(out, size=1)
    assert out.read_bytes() == (whole / out.name).read_bytes()


@pytest.mark.parametrize("moment", ["advance", "lines", "_flush", "_save", "close"])
def test_an_error_at_any_step_loses_nothing(
    moment: str, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "tracks.csv"
    places = {
        "advance": "stampnet.tracking.open_tracks.OpenTracks.advance",
        "close": "stampnet.tracking.open_tracks.OpenTracks.close",
        "lines": "stampnet.tracking.files.csv_table.lines",
        "_flush": "stampnet.tracking.stream._flush",
        "_save": "stampnet.tracking.stream._save",
    }
    for fails_at in range(0, 7, 2):
        calls = 0

        def failing(*arguments: object, of: Callable[..., object], at: int = fails_at, **options: object) -> object:
            nonlocal calls
            calls += 1
            if calls > at:
                raise CutOffError
            return of(*arguments, **options)

        with monkeypatch.context() as patch:
            module, _, name = places[moment].rpartition(".")
            holder = OpenTracks if module.endswith("OpenTracks") else sys.modules[module]
            original = getattr(holder, name)
            patch.setattr(holder, name, lambda *a, _of=original, **k: failing(*a, of=_of, **k))
            try:
                streamed(out)
            except CutOffError:
                continue
            break
    streamed(out)
    assert out.read_bytes() == (whole / "tracks.csv").read_bytes()


def test_a_killed_program_is_gone_on_with(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "tracks.csv"
    np.savez(tmp_path / "people.npz", frame=PEOPLE.frame, x=PEOPLE.x_m, y=PEOPLE.y_m)
    script = (
        "import sys, time; from pathlib import Path; import numpy as np\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from tracking_walkers import as_people\n"
        "from stampnet.tracking.config import tracking_for\n"
        "from stampnet.tracking import open_tracks\n"
        "from stampnet.tracking.stream import Batch, track_stream\n"
        "open_tracks.LONG = 4\n"
        f"with np.load({str(tmp_path / 'people.npz')!r}) as kept:\n"
        "    people = as_people(kept['frame'], kept['x'], kept['y'])\n"
        "def batches(first):\n"
        f"    for frame in range(first, {NUM_FRAMES}):\n"
        "        time.sleep(0.01 if frame < 20 else 60)\n"  # it does not end by itself
        "        yield Batch(frame, frame + 1, people.where(people.frame == frame))\n"
        f"track_stream(batches, Path({str(out)!r}), tracking_for(15.0, window=3), made_of={{}})\n"
    )
    program = subprocess.Popen([sys.executable, "-c", script])
    deadline = time.monotonic() + 60
    while not state_path(out).exists() and time.monotonic() < deadline and program.poll() is None:
        time.sleep(0.005)
    time.sleep(0.1)
    program.send_signal(signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL
    assert state_path(out).exists()
    streamed(out)
    assert out.read_bytes() == (whole / "tracks.csv").read_bytes()


def test_a_recording_that_grows_is_gone_on_with(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "tracks.csv"
    for num_frames in (8, 17, NUM_FRAMES, NUM_FRAMES):
        track_stream(batches_of(PEOPLE, num_frames), out, CONFIG, made_of={}, keep_state=True)
        assert len(read_trajectories(out)[0]) > 0
    assert out.read_bytes() == (whole / "tracks.csv").read_bytes()


@pytest.mark.parametrize("suffix", ["h5", "sqlite"])
def test_formats_that_are_written_whole_have_the_same_rows(suffix: str, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / f"tracks.{suffix}"
    with pytest.raises(CutOffError):
        streamed(out, last=15)
    assert not out.exists()
    streamed(out)
    expected = by_person(read_trajectories(whole / "tracks.csv")[0])
    written, fps = read_trajectories(out)
    assert fps == 15.0
    assert np.array_equal(written.id, expected.id)
    assert np.array_equal(written.smooth_x_m, expected.smooth_x_m)
    assert [file.name for file in tmp_path.iterdir()] == [out.name]


def test_the_summary_counts_what_was_before_the_cut(tmp_path: Path) -> None:
    found = [
        track_stream(batches_of(PEOPLE), tmp_path / "whole.csv", CONFIG, made_of={}),
    ]
    with pytest.raises(CutOffError):
        streamed(tmp_path / "tracks.csv", last=20)
    found.append(track_stream(batches_of(PEOPLE), tmp_path / "tracks.csv", CONFIG, made_of={}))
    assert found[0] == found[1]
    assert found[0].num_frames == NUM_FRAMES
    assert found[0].num_heads == len(PEOPLE.certain()) < len(PEOPLE)
    assert found[0].num_tracks == 3
    assert found[0].median_length_s == pytest.approx(22 / 15, abs=0.2)


def test_rows_outside_the_area_are_counted(tmp_path: Path) -> None:
    pytest.importorskip("shapely", reason="shapely is not installed (extra ped)")
    people = as_people(np.arange(20), np.linspace(0, 1.9, 20), np.zeros(20))
    area = "POLYGON ((-1 -1, 1.05 -1, 1.05 1, -1 1, -1 -1))"
    found = track_stream(batches_of(people, 20), tmp_path / "tracks.txt", CONFIG, made_of={}, area_wkt=area)
    assert found.num_outside == 9


def test_what_is_left_of_another_run_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "tracks.csv"
    with pytest.raises(CutOffError):
        streamed(out, last=15)
    with pytest.raises(InputError, match="other settings or another recording"):
        streamed(out, tracking_for(15.0, memory=1))
    with pytest.raises(InputError, match="other settings or another recording"):
        track_stream(batches_of(PEOPLE), out, CONFIG, made_of={"frames": "other.npy"})
    out.write_text("x")
    with pytest.raises(InputError, match="shorter than"):
        streamed(out)
    state_path(out).write_bytes(state_path(out).read_bytes()[:-50])
    with pytest.raises(InputError, match="is damaged"):
        streamed(out)


def test_what_is_left_of_another_area_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("shapely", reason="shapely is not installed (extra ped)")
    with pytest.raises(CutOffError):
        streamed(tmp_path / "tracks.csv", last=15)
    area = "POLYGON ((0 0, 1 0, 1 1, 0 0))"
    with pytest.raises(InputError, match="other settings or another recording"):
        track_stream(batches_of(PEOPLE), tmp_path / "tracks.csv", CONFIG, made_of={}, area_wkt=area)


def test_people_of_other_frames_are_refused(tmp_path: Path) -> None:
    def wrong(first: int) -> Iterator[Batch]:
        yield Batch(first, 5, as_people(np.array([7]), np.zeros(1), np.zeros(1)))

    with pytest.raises(InputError, match="people of frames 7 to 7 came with frames 0 to 4"):
        track_stream(wrong, tmp_path / "tracks.csv", CONFIG, made_of={})


def test_frames_that_are_left_out_are_refused(tmp_path: Path) -> None:
    def wrong(first: int) -> Iterator[Batch]:
        yield Batch(first, 5, nobody())
        yield Batch(6, 8, nobody())

    with pytest.raises(InputError, match="frame 5 was expected, frame 6 came"):
        track_stream(wrong, tmp_path / "tracks.csv", CONFIG, made_of={})


@pytest.mark.parametrize("anew", [False, True])
def test_a_source_that_cannot_be_read_costs_nothing_that_was_written(anew: bool, whole: Path, tmp_path: Path) -> None:
    def missing(first: int) -> Iterator[Batch]:
        raise InputError(f"there is no frame {first}")
        yield

    def misplaced(first: int) -> Iterator[Batch]:
        yield Batch(first, first + 5, as_people(np.array([first + 7]), np.zeros(1), np.zeros(1)))

    def late(first: int) -> Iterator[Batch]:
        yield Batch(first + 1, first + 5, nobody())

    out = tmp_path / "tracks.csv"
    for sources, last in ((batches_of(PEOPLE, last=15), 15), (batches_of(PEOPLE), None)):
        try:
            track_stream(sources, out, CONFIG, made_of={})
        except CutOffError:
            assert last is not None
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        assert (state_path(out).name in before) == (last is not None)
        for wrong in (missing, misplaced, late):
            with pytest.raises(InputError):
                track_stream(wrong, out, CONFIG, made_of={}, anew=anew)
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert out.read_bytes() == (whole / "tracks.csv").read_bytes()


def test_an_empty_recording_gives_a_file_without_rows(tmp_path: Path) -> None:
    found = track_stream(batches_of(nobody(), 0), tmp_path / "tracks.txt", CONFIG, made_of={})
    assert (found.num_tracks, found.median_length_s) == (0, None)
    rows, fps = read_trajectories(tmp_path / "tracks.txt")
    assert (len(rows), fps) == (0, 15.0)


def test_memory_does_not_grow_though_somebody_never_leaves() -> None:
    tracks, num_bytes, num_rows = OpenTracks(CONFIG), [], 0
    standing = as_people(np.zeros(1), np.zeros(1), np.zeros(1))
    for frame in range(120):
        standing.frame[:] = frame
        num_rows += len(tracks.advance(standing, frame))
        num_bytes.append(sum(values.nbytes for values in tracks.to_arrays().values()))
    assert max(num_bytes[60:]) == max(num_bytes[:60])
    assert num_rows > 100


def test_gaps_are_filled_when_asked() -> None:
    people = as_people(np.array([0, 1, 2, 5]), np.array([0.0, 0.1, 0.2, 0.5]), np.zeros(4))
    rows = track_people(people, 6, tracking_for(15.0, fill_gaps=True))
    assert rows.frame.tolist() == [0, 1, 2, 3, 4, 5]
    assert rows.x_m == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert rows.stamp.tolist() == [3, 3, 3, -1, -1, 3]
    assert track_people(people, 6, tracking_for(15.0)).frame.tolist() == [0, 1, 2, 5]


def test_filled_rows_do_not_make_a_chance_find_long_enough() -> None:
    people = as_people(np.array([0, 1, 4]), np.zeros(3), np.zeros(3))
    assert len(track_people(people, 5, tracking_for(15.0, fill_gaps=True, least_rows=3))) == 5
    assert len(track_people(people, 5, tracking_for(15.0, fill_gaps=True, least_rows=4))) == 0


def test_who_is_recognized_goes_on_under_the_same_number_also_after_a_stop() -> None:
    """Lost for eight frames: until the third find it is not known who has come. All is known again from its arrays."""
    frames = [0, 1, 2, 3, 12, 13, 14, 15]
    people = as_people(np.array(frames), 0.05 * np.array(frames), np.zeros(8))
    config = tracking_for(15.0, fill_gaps=True)
    at_once = track_people(people, 16, config)
    assert at_once.id.tolist() == [1] * 16
    assert at_once.frame.tolist() == list(range(16))
    tracks, parts = OpenTracks(config), []
    for frame in range(16):
        parts.append(tracks.advance(people.where(people.frame == frame), frame))
        stored, tracks = tracks.to_arrays(), OpenTracks(config)
        tracks.restore(stored)
    parts.append(tracks.close())
    assert np.array_equal(joined(parts).smooth_x_m, at_once.smooth_x_m)
    assert joined(parts).id.tolist() == [1] * 16


@pytest.mark.parametrize("fill_gaps", [False, True])
def test_who_is_recognized_after_rows_were_written_goes_on_smoothly(
    fill_gaps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = np.concatenate([np.arange(60), np.arange(68, 100)])
    people = as_people(frames, 0.05 * frames, 0.1 * np.sin(frames / 5))
    config = tracking_for(15.0, fill_gaps=fill_gaps)
    parts = track_people(people, 100, config)
    monkeypatch.setattr(stampnet.tracking.open_tracks, "LONG", 10_000)
    at_once = track_people(people, 100, config)
    assert set(parts.id.tolist()) == {1}
    assert len(parts) == (100 if fill_gaps else 92)
    assert np.allclose(parts.smooth_x_m, at_once.smooth_x_m, atol=1e-9)
    assert np.allclose(parts.vy_m_s, at_once.vy_m_s, atol=1e-9)


def test_a_doubtful_find_that_nobody_needs_has_no_row() -> None:
    people = as_people(np.array([0, 0, 1, 1]), np.array([0.0, 2.0, 0.0, 2.0]), np.zeros(4))
    people.sure[[1, 3]] = False
    assert track_people(people, 2, tracking_for(15.0, least_rows=1)).x_m.tolist() == [0.0, 0.0]


def test_rows_come_as_soon_as_a_track_is_over() -> None:
    tracks = OpenTracks(tracking_for(15.0, memory=1, least_rows=1))
    people = as_people(np.array([0]), np.zeros(1), np.zeros(1))
    written: list[Trajectories] = [tracks.advance(people, 0)]
    written += [tracks.advance(nobody(), frame) for frame in (1, 2, 3)]
    assert [len(rows) for rows in written] == [0, 0, 0, 1]
