"""A small run with four stamps that were made by hand, and its page on a server of this process."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from stampnet.data.layout import Layout
from stampnet.data.preparation import Preparation
from stampnet.data.tiles import Tiling
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.predictor import StampNet
from stampnet.report.run_report import save_samples
from stampnet.training.run_folder import load_config, save_config

SIDE = 11
HEIGHT, WIDTH = 40, 52
Serving = Callable[..., AbstractContextManager[str]]


def stamps() -> np.ndarray:
    """A square, a cross, a ring and a bar, (4, 11, 11)."""
    row, column = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    radius = np.hypot(row, column)
    shapes = [
        np.maximum(abs(row), abs(column)) <= 3,
        (abs(row) <= 1) | (abs(column) <= 1),
        (radius > 2.5) & (radius < 5),
        abs(row) <= 1,
    ]
    return np.stack(shapes).astype(np.float32) * (radius < 5.3)


def scenes() -> np.ndarray:
    """Six images of 40 x 52 pixels, three objects each, in turn a square, a cross, a ring or a bar."""
    made = np.zeros((6, HEIGHT, WIDTH), np.uint8)
    for image in range(6):
        for place in range(3):
            top, left = (2, 5)[place % 2] + 12 * (image % 2), 2 + 17 * place
            made[image, top : top + SIDE, left : left + SIDE] = 255 * stamps()[(image + place) % 4]
    return made


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    return scenes()


@pytest.fixture(scope="session")
def png() -> Callable[[np.ndarray], bytes]:
    """An image as a file."""

    def saved(image: np.ndarray) -> bytes:
        stream = BytesIO()
        Image.fromarray(image).save(stream, "PNG")
        return stream.getvalue()

    return saved


def matcher() -> StampMatcher:
    """Finds up to three of the stamps in images of 40 x 52 pixels."""
    config = MatchingConfig(image_size=(HEIGHT, WIDTH), stamp_size=(SIDE, SIDE), num_stamps=4, max_shapes=3)
    made = StampMatcher(config)
    with torch.no_grad():
        made.stamp.stamps.copy_(torch.from_numpy(stamps())[:, None])
    return made


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = StampNet.from_model(matcher())
    folder = tmp_path_factory.mktemp("runs") / "shapes"
    model.save(folder)
    save_samples(model, scenes(), folder)
    return folder


@pytest.fixture
def run(made_run: Path, tmp_path: Path) -> Path:
    """A run that a test may change."""
    return Path(shutil.copytree(made_run, tmp_path / "shapes"))


@pytest.fixture(scope="session")
def sheet() -> np.ndarray:
    """An image that is larger than a tile: 90 x 130 pixels with a cross, a ring and a square far from each other."""
    made = np.zeros((90, 130), np.uint8)
    for stamp, top, left in ((1, 5, 8), (2, 60, 20), (0, 30, 100)):
        made[top : top + SIDE, left : left + SIDE] = 255 * stamps()[stamp]
    return made


@pytest.fixture
def photos(tmp_path: Path, images: np.ndarray, sheet: np.ndarray) -> Path:
    """A folder with fourteen images of several sizes, one of them in a folder of its own, and a file that is none."""
    folder = tmp_path / "photos"
    (folder / "large").mkdir(parents=True)
    for number in range(13):
        image = images[number % 6, : HEIGHT - number, : WIDTH - number]
        Image.fromarray(image).save(folder / f"{number:02}.png")
    Image.fromarray(sheet).save(folder / "large" / "sheet.png")
    (folder / "broken.png").write_bytes(b"nonsense")
    return folder


@pytest.fixture
def own_run(tmp_path: Path, photos: Path) -> Path:
    """A run on these, with a model that lays images out."""
    preparation = Preparation(background="constant", largest=255.0)
    layout = Layout(preparation=preparation, tiling=Tiling((HEIGHT, WIDTH), (SIDE, SIDE)), seen=(HEIGHT, WIDTH))
    model = StampNet.from_model(matcher(), 255.0, layout)
    folder = tmp_path / "own"
    model.save(folder)
    save_samples(model, scenes()[..., None], folder)
    save_config(replace(load_config(folder), images=(str(photos),)), folder)
    return folder


@pytest.fixture(scope="session")
def serving() -> Serving:
    """Serves a page on a free port of this machine, for as long as the `with` lasts; gives its address."""
    from stampnet.web.server import page_for
    from stampnet.web.serving import address_of, listening, server_of

    @contextmanager
    def serve(run: Path, **options: Any) -> Iterator[str]:
        server = server_of(page_for(run, **options))
        listener = listening("127.0.0.1", 0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield address_of(listener, "127.0.0.1", None)
        finally:
            server.should_exit = True
            thread.join(200)
            assert not thread.is_alive()

    return serve
