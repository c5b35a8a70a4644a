"""Facts about `stampnet serve`: it answers many at once, good and evil, keeps no memory of them, and ends when told."""

import re
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stampnet.cli.serve import serve
from stampnet.errors import InputError

pytest.importorskip("fastapi", reason="needs the extra web")
pytest.importorskip("uvicorn", reason="needs the extra web")
httpx = pytest.importorskip("httpx")

MB_KEPT = 80
"""What the allocator may keep for next time."""
Png = Callable[[np.ndarray], bytes]


@contextmanager
def served(run: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The command at work; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stampnet", "serve", str(run), "--port", "0", "--no-open"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, line
            yield found[0], process
        finally:
            process.kill()


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def big_png(height: int, width: int) -> bytes:
    """A grey PNG that is small as a file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = zlib.compress(bytes((width + 1) * min(height, 5000)), 9)
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_fifty_at_once_are_all_answered_and_leave_no_memory_behind(
    made_run: Path, images: np.ndarray, png: Png
) -> None:
    stream = BytesIO()
    np.save(stream, np.full((40, 52), np.nan))
    good = png(images[0])
    evil = [
        big_png(60_000, 60_000),
        big_png(3000, 3000),  # decoded, but of another size than the model's
        good[:-30],
        b"text" * 1000,
        stream.getvalue(),
        bytes(33 * 2**20),
    ]
    sent = [good if number % 2 else evil[number // 2 % len(evil)] for number in range(50)]
    with served(made_run) as (address, process), httpx.Client(timeout=60) as client:

        def post(content: bytes) -> Any:
            return client.post(f"{address}api/detect", content=content)

        for content in (good, evil[1]):
            post(content)
        before = resident_mb(process.pid)
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(post, sent))
        for content, answer in zip(sent, answers, strict=True):
            assert answer.status_code in ((200, 503) if content is good else (413, 422, 503))
            assert answer.status_code == 200 or len(answer.json()["error"]) > 20
        assert sum(answer.status_code == 200 for answer in answers) >= 1
        assert post(good).status_code == 200
        deadline = time.monotonic() + 30
        while resident_mb(process.pid) > before + MB_KEPT and time.monotonic() < deadline:
            time.sleep(0.2)
        assert resident_mb(process.pid) < before + MB_KEPT
        client.close()
        process.send_signal(signal.SIGINT)
        said, complaints = process.communicate(timeout=90)
    assert process.returncode == 0
    assert said.endswith("stopped\n")
    assert complaints == ""


def test_a_busy_port_gets_a_sentence(made_run: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} of 127.0.0.1 cannot be used"):
            serve(made_run, "127.0.0.1", port, False)
    with pytest.raises(InputError, match="give another with --port or --host"):
        serve(made_run, "192.0.2.1", 0, False)


def test_other_machines_need_the_token_that_is_printed(
    made_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served: list[Any] = []
    opened: list[str] = []
    monkeypatch.setattr("stampnet.web.serving.serve", lambda app, _: served.append(app))
    monkeypatch.setattr("stampnet.cli.serve._has_screen", lambda: True)
    monkeypatch.setattr("threading.Thread.start", lambda thread: opened.extend(thread._args))
    serve(made_run, "0.0.0.0", 0, True)
    serve(made_run, "127.0.0.1", 0, True)
    first, second = (line for line in capsys.readouterr().out.splitlines() if "http" in line)
    assert re.search(r":\d+/\?token=\S{32}$", first)
    assert re.search(r"http://127.0.0.1:\d+/$", second)
    assert len(served) == 2
    assert second.endswith(": " + opened[0])
    assert len(opened) == 1  # other users of this machine see the command line of a browser, so it has no token


def test_without_the_extra_it_says_what_to_install(made_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "stampnet.web.serving", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(InputError, match=re.escape("pip install 'stampnet[web]'")):
        serve(made_run, "127.0.0.1", 0, False)
