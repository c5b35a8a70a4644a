"""Facts about the page's server, asked as a browser and as a burglar would."""

import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stampnet.detecting import detect_in_files
from stampnet.detection import Detections
from stampnet.export.coco import read_coco
from stampnet.export.csv_table import read_csv
from stampnet.export.yolo import read_yolo
from stampnet.predictor import StampNet
from stampnet.training.run_folder import load_names, save_names
from stampnet.web.access import HEADERS, Access
from stampnet.web.limits import Limits

pytest.importorskip("fastapi", reason="needs the extra web")
pytest.importorskip("uvicorn", reason="needs the extra web")
httpx = pytest.importorskip("httpx")

Serving = Callable[..., AbstractContextManager[str]]
Png = Callable[[np.ndarray], bytes]
HEIGHT, WIDTH = 40, 52
PATIENCE = 60
"""Seconds: what is at work may share its processor with much else."""


@pytest.fixture(scope="module")
def client(made_run: Path, serving: Serving) -> Iterator[Any]:
    """A page that no test changes."""
    with serving(made_run) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        yield client


def test_the_page_and_all_that_it_names_is_there(client: Any) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    names = [part.split('"')[0] for part in page.text.split("/static/")[1:]]
    assert {"page.css", "main.js", "icon.svg"} <= set(names)
    assert all(client.get(f"/static/{name}").status_code == 200 for name in names)
    assert "http" not in page.text.replace("http-equiv", "")
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "onclick=" not in page.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/static/main.js", 200),
        ("GET", "/api/gallery", 200),
        ("GET", "/api/stamps/0.png", 200),
        ("GET", "/api/stamps/4.png", 404),
        ("GET", "/api/stamps/x.png", 404),
        ("GET", "/api/images", 200),
        ("GET", "/api/images?first=1000000000000000000000", 200),
        ("GET", "/api/images?first=-1", 404),
        ("GET", "/api/images?number=1000", 404),
        ("GET", "/api/images/0", 200),
        ("GET", "/api/images/6", 404),
        ("GET", "/api/images/-1", 404),
        ("GET", "/api/images/-1.png", 404),
        ("GET", "/api/images/6.png", 404),
        ("GET", "/api/images/..%2f..%2fsamples.npz", 404),
        ("GET", "/static/..%2f..%2fserver.py", 404),
        ("GET", "/static/%2e%2e/server.py", 404),
        ("GET", "/static/server.py", 404),
        ("GET", "/etc/passwd", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("DELETE", "/api/names", 405),
        ("GET", "/api/detect", 405),
        ("POST", "/api/detect", 422),
        ("PUT", "/api/names", 422),
        ("POST", "/api/download", 422),
    ],
)
def test_every_answer_has_the_headers(client: Any, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "server" not in answer.headers
    if status >= 400 and path.startswith("/api/"):
        assert answer.json()["error"]
    csp = answer.headers["content-security-policy"]
    assert "unsafe" not in csp
    assert "default-src 'self'" in csp


def test_the_gallery_tells_classes_and_uses(client: Any) -> None:
    gallery = client.get("/api/gallery").json()
    classes = gallery["catalogue"]["classes"]
    assert gallery["run"] == "shapes"
    assert [entry["name"] for entry in classes] == [f"stamp {number}" for number in range(4)]
    assert sum(entry["uses"] for entry in classes) == 18
    picture = Image.open(io.BytesIO(client.get("/api/stamps/2.png").content))
    assert picture.size == (11, 11)


def test_samples_have_their_objects(client: Any, images: np.ndarray) -> None:
    listed = client.get("/api/images").json()
    assert (listed["total"], listed["about"]) == (6, "")
    assert listed["images"][1] == {"number": 1, "name": "sample 1.png", "height": HEIGHT, "width": WIDTH}
    assert [len(client.get(f"/api/images/{number}").json()) for number in range(6)] == [3] * 6
    seen = np.asarray(Image.open(io.BytesIO(client.get("/api/images/1.png").content)))
    assert np.array_equal(seen, images[1])


def test_a_model_that_lays_images_out_searches_images_of_any_size(
    own_run: Path, serving: Serving, sheet: np.ndarray, png: Png
) -> None:
    with serving(own_run) as address:
        seen = httpx.post(f"{address}api/detect", content=png(sheet), timeout=PATIENCE).json()
        tiny = httpx.post(f"{address}api/detect", content=png(sheet[:5, :4]), timeout=PATIENCE)
    assert (seen["height"], seen["width"]) == sheet.shape
    (found,) = StampNet.load(own_run).detect([sheet])
    assert [one["stamp"] for one in seen["objects"]] == found.stamp.tolist()
    assert np.allclose([one["box"] for one in seen["objects"]], found.boxes_xyxy)
    assert sorted(found.stamp.tolist()) == [0, 1, 2]
    assert tiny.status_code == 200


def test_images_of_the_run_are_listed_a_few_at_a_time(own_run: Path, serving: Serving, sheet: np.ndarray) -> None:
    with serving(own_run) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        listed = client.get("/api/images").json()
        assert listed["total"] == 14
        assert "cannot be used: 1, such as broken.png: it is not an image" in listed["about"]
        assert [image["number"] for image in listed["images"]] == list(range(12))
        rest = client.get("/api/images?first=12&number=50").json()["images"]
        assert rest == [
            {"number": 12, "name": "12.png", "height": HEIGHT - 12, "width": WIDTH - 12},
            {"number": 13, "name": "large/sheet.png", "height": 90, "width": 130},
        ]
        seen = np.asarray(Image.open(io.BytesIO(client.get("/api/images/13.png").content)))
        assert np.array_equal(seen, sheet)


def test_no_image_of_the_run_is_searched_twice(
    own_run: Path, photos: Path, serving: Serving, sheet: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(own_run) as address:
        first = httpx.get(f"{address}api/images/13", timeout=PATIENCE).json()
    (found,) = StampNet.load(own_run).detect([sheet])
    assert np.allclose([one["box"] for one in first], found.boxes_xyxy)
    search = detect_in_files(own_run, [photos / "large"])
    assert search.num_known == 1
    monkeypatch.setattr(StampNet, "scan", lambda *_: pytest.fail("searched twice"))
    with serving(own_run) as address:
        assert httpx.get(f"{address}api/images/13", timeout=PATIENCE).json() == first


def test_images_that_are_gone_and_runs_that_are_fitted_anew_are_told(
    own_run: Path, photos: Path, serving: Serving
) -> None:
    with serving(own_run) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        (photos / "00.png").unlink()
        (photos / "01.png").write_bytes(b"nonsense")
        for path, said in (
            ("/api/images/0", "00.png cannot be read"),
            ("/api/images/0.png", "00.png cannot be read"),
            ("/api/images/1", "01.png cannot be read"),
        ):
            answer = client.get(path)
            assert (answer.status_code, said in answer.json()["error"]) == (422, True), answer.text
        with (own_run / "model.json").open("a") as file:
            file.write("\n")
        answer = client.get("/api/images/2")
        assert answer.status_code == 422
        assert "fitted anew" in answer.json()["error"]


def test_where_the_images_are_gone_the_run_shows_samples(own_run: Path, photos: Path, serving: Serving) -> None:
    photos.rename(photos.with_name("elsewhere"))
    with serving(own_run) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        listed = client.get("/api/images").json()
        assert listed["total"] == 6
        assert "not where they were (there is no file or folder" in listed["about"]
        assert len(client.get("/api/images/2").json()) == 3
        assert client.get("/api/images/2.png").status_code == 200


def test_an_image_gets_the_detections_of_the_model(client: Any, made_run: Path, images: np.ndarray, png: Png) -> None:
    seen = client.post("/api/detect", content=png(images[2])).json()
    assert (seen["height"], seen["width"], seen["has_more"]) == (HEIGHT, WIDTH, False)
    assert seen["picture"].startswith("data:image/png;base64,iVBOR")
    (found,) = StampNet.load(made_run).detect(images[2][None])
    assert [one["stamp"] for one in seen["objects"]] == found.stamp.tolist()
    assert np.allclose([one["box"] for one in seen["objects"]], found.boxes_xyxy)
    assert [one["stamp"] for one in seen["objects"]] != []


@pytest.mark.parametrize("content", ["text", "small", "other size", "empty"])
def test_what_cannot_be_looked_at_gets_one_sentence(client: Any, content: str, png: Png) -> None:
    sent, said = {
        "text": (b"hello", "none of PNG"),
        "small": (png(np.zeros((1, 1), np.uint8)), "too small"),
        "other size": (png(np.zeros((50, 60), np.uint8)), "the model sees (1, 40, 52); resize or crop it"),
        "empty": (b"", "empty"),
    }[content]
    answer = client.post("/api/detect?name=%2Fetc%2Fpasswd", content=sent)
    assert answer.status_code == 422
    assert said in answer.json()["error"]


def test_names_are_kept_in_the_run_and_followed_by_all(run: Path, serving: Serving) -> None:
    before = (run / "report.html").stat().st_mtime if (run / "report.html").exists() else None
    with serving(run) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        gallery = client.put("/api/names", json={"names": {"0": "box", "3": "box", "1": "ignore"}}).json()
        first, second = gallery["catalogue"]["classes"]
        assert (first["name"], first["numbers"], second["name"]) == ("box", [0, 3], "stamp 2")
        assert [entry["name"] for entry in gallery["catalogue"]["left_out"]] == ["stamp 1"]
        assert load_names(run) == {0: "box", 1: "ignore", 3: "box"}
        assert gallery["can_undo"]
        assert len(client.post("/api/undo").json()["catalogue"]["classes"]) == 4
        assert load_names(run) == {}
        assert client.post("/api/undo").status_code == 422
        client.put("/api/names", json={"names": {"2": "ring"}})
        save_names({2: "hoop"}, run)
        assert client.get("/api/gallery").json()["catalogue"]["classes"][2]["name"] == "hoop"
    assert before is None
    assert (run / "report.html").stat().st_size > 1000


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"names": {"9": "cat"}}', b'{"names": {"0": "a\\nb"}}', b'{"names": {"x": "cat"}}',
     b'{"names": {"0": 1}}', b'{"names": {}, "more": 1}', b'{"names": {"0": "\\ud800"}}', b"[" * 100_000],
)  # fmt: skip
def test_names_that_cannot_be_change_nothing(client: Any, made_run: Path, content: bytes) -> None:
    answer = client.put("/api/names", content=content)
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]
    assert load_names(made_run) == {}


def test_downloads_are_read_by_the_readers(run: Path, serving: Serving, images: np.ndarray, tmp_path: Path) -> None:
    save_names({0: "box", 1: "ignore", 3: "box"}, run)
    with serving(run) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        shown = []
        for listed in client.get("/api/images").json()["images"]:
            objects = client.get(f"/api/images/{listed.pop('number')}").json()
            shown.append({**listed, "objects": objects})
        shown[0]["name"] = 'Zürich/"a"; 1.png'
        files = {}
        for kind in ("csv", "coco", "yolo"):
            answer = client.post("/api/download", json={"format": kind, "images": shown})
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-disposition"].startswith("attachment; filename=")
            files[kind] = answer.content
    names, sizes = tuple(image["name"] for image in shown), ((HEIGHT, WIDTH),) * 6
    expected = StampNet.load(run).detect(images)
    for kind in ("csv", "coco"):
        (tmp_path / kind).write_bytes(files[kind])
    with zipfile.ZipFile(io.BytesIO(files["yolo"])) as archive:
        archive.extractall(tmp_path / "yolo")
    table = read_coco(tmp_path / "coco")
    assert table.class_names == ("box", "stamp 2")
    assert (table.image_names, table.image_sizes_hw) == (names, sizes)
    for read in (
        read_csv(tmp_path / "csv", names),
        table.detections,
        read_yolo(tmp_path / "yolo", names, sizes).detections,
    ):
        for one, other in zip(read, expected, strict=True):
            assert one.class_id.tolist() == other.class_id.tolist()
            assert np.allclose(one.boxes_xyxy, other.boxes_xyxy, atol=1e-4)


def image(**changes: object) -> dict[str, object]:
    one = {"box": [0, 0, 5, 5], "stamp": 0, "score": 0.5, "tight": None, "angle_deg": None, "scale": None}
    return {"name": "a.png", "height": 40, "width": 52, "objects": [one]} | changes


@pytest.mark.parametrize(
    "images",
    [
        [],
        [image(name="../../a.png")],
        [image(name="/etc/a.png")],
        [image(name="a//b.png")],
        [image(name="a/../../b.png")],
        [image(name="a/.b.png")],
        [image(name="a\\b.png")],
        [image(name=".bashrc")],
        [image(name="")],
        [image(name="a\nb")],
        [image(name="x" * 181)],
        [image(height=0)],
        [image(objects=[{"box": [0, 0, 5, 5], "stamp": 4, "score": 1}])],
        [image(objects=[{"box": [0, 0, 5, 5], "stamp": -1, "score": 1}])],
        [image(objects=[{"box": [5, 0, 0, 5], "stamp": 1, "score": 1}])],
        [image(objects=[{"box": [0, 0, 5, 1e300], "stamp": 1, "score": 1}])],
        [image(objects=[{"box": [0, 0, 5], "stamp": 1, "score": 1}])],
    ],
)
def test_downloads_of_what_cannot_be_are_refused(client: Any, images: list[object]) -> None:
    answer = client.post("/api/download", json={"format": "yolo", "images": images})
    assert answer.status_code == 422
    assert answer.json()["error"]


@pytest.mark.parametrize("kind", ["csv", "coco", "yolo"])
def test_images_of_one_name_are_told_apart_by_numbers(client: Any, kind: str, tmp_path: Path) -> None:
    shown = [image(name=name) for name in ("a.png", "a.png", "a (2).png", "a.jpg", "classes.png", "b/a.png")]
    answer = client.post("/api/download", json={"format": kind, "images": shown})
    assert answer.status_code == 200, answer.text
    apart = ["a.png", "a (2).png", "a (2) (2).png", "a.jpg", "classes.png", "b/a.png"]
    if kind == "yolo":
        files = ["a.txt", "a (2).txt", "a (2) (2).txt", "a (3).txt", "classes (2).txt", "b/a.txt", "classes.txt"]
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.namelist() == files
        return
    (tmp_path / kind).write_bytes(answer.content)
    if kind == "coco":
        assert read_coco(tmp_path / kind).image_names == tuple(apart)
    else:
        assert [len(found) for found in read_csv(tmp_path / kind, apart)] == [1] * 6


def test_foreign_names_and_pages_are_refused(client: Any, made_run: Path) -> None:
    for headers in (
        {"Host": "evil.example"},
        {"Host": "192.168.0.9:8000"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = client.put("/api/names", json={"names": {"0": "cat"}}, headers=headers)
        assert answer.status_code == 403, headers
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert load_names(made_run) == {}
    assert client.get("/api/gallery", headers={"Host": "evil.example"}).status_code == 403
    assert client.get("/api/images/0", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_token_opens_the_page_and_its_cookie_the_rest(made_run: Path, serving: Serving) -> None:
    access = Access(host="0.0.0.0", token="open-sesame")
    with serving(made_run, access=access) as address:
        for path in ("/", "/static/main.js", "/api/gallery", "/api/gallery?token=open-sesame", "/?token=wrong"):
            answer = httpx.get(f"{address}{path[1:]}", timeout=PATIENCE)
            assert answer.status_code == 401, path
            assert "open the address" in answer.text
            assert "set-cookie" not in answer.headers
        with httpx.Client(base_url=address, timeout=PATIENCE) as client:
            first = client.get("/?token=open-sesame")
            assert first.status_code == 200
            assert {"HttpOnly", "SameSite=Strict"} <= set(first.headers["set-cookie"].split("; "))
            assert client.get("/api/gallery").status_code == 200
            assert client.get("/").status_code == 200
        bearer = {"Authorization": "Bearer open-sesame"}
        assert httpx.get(f"{address}api/gallery", headers=bearer, timeout=PATIENCE).status_code == 200


def test_long_bodies_are_refused_before_they_are_in_memory(made_run: Path, serving: Serving) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 65_536
            yield bytes(65_536)

    with serving(made_run, limits=Limits(max_bytes=200_000)) as address:
        told = httpx.post(f"{address}api/detect", content=bytes(300_000), timeout=PATIENCE)
        assert (told.status_code, "the file has more than 0.19" in told.json()["error"]) == (413, True)
        answer = httpx.post(f"{address}api/detect", content=endless(), timeout=PATIENCE)
        assert answer.status_code == 413
        names = httpx.put(f"{address}api/names", content=bytes(1_100_000), timeout=PATIENCE)
        assert (names.status_code, names.json()["error"]) == (
            413,
            "the request has more than 1 MB; ask for less at once",
        )


def test_who_comes_when_all_places_are_taken_is_asked_to_come_again(
    made_run: Path, serving: Serving, images: np.ndarray, png: Png, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> list[Detections]:
        at_work.set()
        assert go_on.wait(PATIENCE)
        nothing = np.zeros(0, np.int64)
        return [Detections(np.zeros((0, 4), np.float32), nothing, nothing, np.zeros(0, np.float32))]

    monkeypatch.setattr(StampNet, "scan", slow)
    answers: list[Any] = []
    with serving(made_run, limits=Limits(max_waiting=2)) as address:

        def post() -> None:
            answers.append(httpx.post(f"{address}api/detect", content=png(images[0]), timeout=PATIENCE))

        threads = [threading.Thread(target=post) for _ in range(2)]
        for thread in threads:
            thread.start()
        assert at_work.wait(PATIENCE)
        time.sleep(1)  # on a busy machine the second must not come after the third, who would wait in its place
        deadline = time.monotonic() + PATIENCE
        content = png(images[0])
        while (refused := httpx.post(f"{address}api/detect", content=content, timeout=PATIENCE)).status_code != 503:
            assert time.monotonic() < deadline
        assert refused.headers["retry-after"] == "2"
        assert "try again" in refused.json()["error"]
        # What computes nothing is still answered.
        assert httpx.get(f"{address}api/gallery", timeout=PATIENCE).status_code == 200
        go_on.set()
        for thread in threads:
            thread.join()
    assert sum(one.status_code == 200 for one in answers) >= 1


def test_what_takes_too_long_is_given_up(
    made_run: Path,
    serving: Serving,
    images: np.ndarray,
    png: Png,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    go_on = threading.Event()

    def slow(*_: object) -> list[Detections]:
        assert go_on.wait(PATIENCE)
        raise AssertionError

    def post() -> Any:
        return httpx.post(f"{address}api/detect", content=png(images[0]), timeout=PATIENCE)

    monkeypatch.setattr(StampNet, "scan", slow)
    with serving(made_run, limits=Limits(max_seconds=0.2, max_waiting=1)) as address:
        answer = post()
        assert answer.status_code == 504
        assert "more than 0.2 seconds" in answer.json()["error"]
        assert post().status_code == 503  # it is at work still
        go_on.set()
        deadline = time.monotonic() + PATIENCE
        while post().status_code == 503:
            assert time.monotonic() < deadline
        go_on.clear()
        assert post().status_code == 504
        threading.Timer(0.5, go_on.set).start()
    assert "the image at work is finished first" in caplog.text


def test_a_failure_is_answered_logged_and_survived(
    made_run: Path,
    serving: Serving,
    images: np.ndarray,
    png: Png,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> list[Detections]:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(StampNet, "scan", broken)
    with serving(made_run) as address:
        answer = httpx.post(f"{address}api/detect", content=png(images[0]), timeout=PATIENCE)
        assert httpx.get(f"{address}api/gallery", timeout=PATIENCE).status_code == 200
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "secret detail" in caplog.text


def test_a_damaged_file_of_names_is_told_and_survived(run: Path, serving: Serving) -> None:
    with serving(run) as address:
        (run / "names.yaml").write_text("{")
        answer = httpx.get(f"{address}api/gallery", timeout=PATIENCE)
        assert answer.status_code == 422
        assert "not readable YAML" in answer.json()["error"]
