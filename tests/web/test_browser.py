"""Facts about the page in a browser: what a person does is done, nothing leaves the machine, nothing complains."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stampnet.export.csv_table import read_csv
from stampnet.training.run_folder import load_names, save_names

CHROMIUM = Path("/usr/bin/chromium")
"""Of the system; where it is missing, the one that playwright has installed."""
pytest.importorskip("fastapi", reason="needs the extra web")
pytest.importorskip("uvicorn", reason="needs the extra web")
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

playwright.expect.set_options(timeout=60_000)
Serving = Callable[..., AbstractContextManager[str]]
Png = Callable[[np.ndarray], bytes]
DROP = """([content, name]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        program = next((path for path in (CHROMIUM, Path(driver.chromium.executable_path)) if path.exists()), None)
        if program is None:
            pytest.skip(f"needs {CHROMIUM} or the browser of: playwright install chromium")
        browser = driver.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def trouble() -> list[str]:
    """What the browser complained of, and addresses of other machines that it asked for."""
    return []


Opened = Callable[[Path], AbstractContextManager[Any]]


@pytest.fixture
def opened(browser: Any, serving: Serving, trouble: list[str], monkeypatch: pytest.MonkeyPatch) -> Opened:
    """The page of a run, loaded; there must be no trouble in the end. Its report is left as it is: that takes long."""
    monkeypatch.setattr("stampnet.web.page.report_run", lambda _: None)

    @contextmanager
    def opened(run: Path) -> Iterator[Any]:
        with serving(run) as address:
            context = browser.new_context(viewport={"width": 1300, "height": 900}, accept_downloads=True)
            context.route("**/*", local_only)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.on("console", lambda said: trouble.append(said.text) if said.type in ("error", "warning") else 0)
            page.on("pageerror", lambda error: trouble.append(str(error)))
            page.goto(address)
            page.wait_for_selector("#stage .label")
            yield page
            context.close()
        assert trouble == []

    def local_only(route: Any) -> None:
        if route.request.url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:")):
            route.continue_()
        else:
            trouble.append(route.request.url)
            route.abort()

    return opened


@pytest.fixture
def page(opened: Opened, run: Path) -> Iterator[Any]:
    with opened(run) as page:
        yield page


def card(page: Any, name: str) -> Any:
    return page.locator(".card", has=page.get_by_text(name, exact=True))


def drop(page: Any, content: bytes, name: str) -> None:
    page.evaluate(DROP, [b64encode(content).decode(), name])


def test_a_stamp_is_named_and_all_views_follow(page: Any, run: Path) -> None:
    assert page.title().startswith("shapes")
    assert page.locator("#gallery .card").count() == 4
    assert page.locator(".thumbnail").count() == 6
    assert page.locator("#stage .box").count() == 3
    card(page, "stamp 0").click()
    page.fill("#name", "box")
    page.click("#give")
    card(page, "box").wait_for()
    assert load_names(run) == {0: "box"}
    assert "box" in page.locator("#stage .label").all_text_contents()
    assert page.locator("#legend .chip", has_text="box").count() == 1
    page.click("#undo")
    card(page, "stamp 0").wait_for()
    assert load_names(run) == {}


def test_by_keys_alone_two_become_one_and_a_third_is_left_out(page: Any, run: Path) -> None:
    card(page, "stamp 1").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "name"
    page.keyboard.type("line")
    page.keyboard.press("Enter")
    card(page, "line").wait_for()
    assert "line" in page.evaluate("document.activeElement.textContent")
    card(page, "stamp 3").focus()
    page.keyboard.press("Space")
    page.focus("#name")
    page.keyboard.type("line")
    assert "Joins line" in page.text_content("#joins")
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#gallery .card")).to_have_count(3)
    assert load_names(run) == {1: "line", 3: "line"}
    card(page, "stamp 2").focus()
    page.keyboard.press("Space")
    page.click("#leave-out")
    page.wait_for_selector("#left-out .card")
    assert load_names(run)[2] == "ignore"
    page.keyboard.press("Control+z")
    page.wait_for_selector("#left-out", state="hidden")
    first = page.text_content("#caption")
    for key in ("ArrowRight", "b"):  # they belong to the images
        page.keyboard.press(key)
    assert page.text_content("#caption") == first
    assert page.locator("#stage .box").count() == 3
    page.locator("#viewer").focus()
    page.keyboard.press("ArrowRight")
    assert page.text_content("#caption") != first
    page.keyboard.press("b")
    assert page.locator("#stage .box").count() == 0


def test_an_image_that_is_dropped_is_looked_at_and_what_is_none_is_told(
    page: Any, images: np.ndarray, png: Png, trouble: list[str]
) -> None:
    drop(page, png(images[3]), "a/../<b>mine</b>.png")
    page.wait_for_selector(".thumbnail[title*='mine']")
    assert page.locator(".thumbnail").count() == 7
    assert "3 objects" in page.text_content("#caption")
    assert page.locator("#stage .label").count() == 3
    assert page.locator("#table tbody tr").count() == 0
    page.click("#table summary")
    playwright.expect(page.locator("#table tbody tr")).to_have_count(3)
    page.mouse.move(0, 0)  # where the table has opened it may be over a row, which is lit, too
    page.locator("#table tbody tr").nth(1).focus()
    playwright.expect(page.locator("#stage .lit")).to_have_attribute("data-number", "1")
    for _ in ("boxes off", "boxes on"):
        page.keyboard.press("b")  # all is drawn anew
    assert page.evaluate("document.activeElement.dataset.key") == "row-1"
    playwright.expect(page.locator("#stage .lit")).to_have_attribute("data-number", "1")
    drop(page, b"hello", "text.png")
    playwright.expect(page.locator("#messages .message")).to_have_count(1)
    drop(page, b"hello", "text.png")  # what is told is not told again
    drop(page, png(np.zeros((50, 60), np.uint8)), "larger.png")
    playwright.expect(page.locator("#messages .message")).to_have_count(2)
    larger, text = sorted(page.locator("#messages .message").all_text_contents())
    assert text.startswith("text.png: the file is none of PNG")
    assert "the model sees" in larger
    # Chromium itself writes each answer of 4xx to the console.
    told = [message for message in trouble if "status of 422" in message]
    assert len(told) == 3
    for message in told:
        trouble.remove(message)


def test_an_image_that_was_dropped_can_be_removed_and_its_memory_is_given_back(
    page: Any, images: np.ndarray, png: Png, trouble: list[str]
) -> None:
    for name in (" .sample 0.png", "sample 0.png"):
        drop(page, png(images[0]), name)
    names = page.locator(".thumbnail[aria-label^='sample 0']")
    playwright.expect(names).to_have_count(3)
    assert names.first.get_attribute("aria-label") == "sample 0 (3).png: 3 objects"
    picture = page.locator("#stage img")
    assert re.fullmatch(r"sample 0 \(3\).png; objects: \d .+, \d .+", picture.get_attribute("alt"))
    address = picture.get_attribute("src")
    assert address.startswith("blob:")
    assert page.locator(".remove").count() == 2
    page.locator(".remove").first.click()
    playwright.expect(names).to_have_count(2)
    assert page.text_content("#caption").startswith("sample 0 (2).png")
    load = """(address) => new Promise((done) => {
        const image = new Image();
        image.onload = image.onerror = ({ type }) => done(type);
        image.src = address;
    })"""
    assert page.evaluate(load, picture.get_attribute("src")) == "load"
    assert page.evaluate(load, address) == "error"
    assert "ERR_FILE_NOT_FOUND" in trouble.pop()
    page.locator(".remove").click()
    playwright.expect(names).to_have_count(1)


def test_what_did_not_change_is_not_drawn_again(page: Any, run: Path) -> None:
    playwright.expect(page.locator("#images-summary")).to_contain_text("in 6 of 6 images")
    mark = "document.querySelectorAll('.card, .thumbnail').forEach((one) => { one.marked = true; })"
    count = "[...document.querySelectorAll('.card, .thumbnail')].filter((one) => one.marked).length"
    page.evaluate(mark)
    page.locator(".thumbnail").nth(1).click()
    assert page.evaluate(count) == 10 - 2  # what was chosen and what is
    page.evaluate(mark)
    with page.expect_response("**/api/gallery"):
        page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert page.evaluate(count) == 10
    save_names({0: "box"}, run)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    card(page, "box").wait_for()
    assert page.evaluate(count) < 10


def test_only_what_is_seen_to_be_chosen_gets_the_name(page: Any, run: Path) -> None:
    for name in ("stamp 0", "stamp 1"):
        card(page, name).click()
    page.fill("#name", "pair")
    page.click("#give")
    card(page, "stamp 2").click()
    page.click("#undo")
    card(page, "stamp 0").click()
    save_names({0: "pair", 3: "pair"}, run)
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # a half of what is one class now was chosen
    card(page, "pair").wait_for()
    assert page.text_content("#chosen") == "stamp 2"
    page.fill("#name", "ring")
    page.click("#give")
    card(page, "ring").wait_for()
    assert load_names(run) == {0: "pair", 2: "ring", 3: "pair"}


def test_the_download_holds_what_is_shown(page: Any, tmp_path: Path) -> None:
    names = page.locator("#stage .label").all_text_contents()
    page.locator("#legend .chip").first.click()
    assert page.locator("#stage .box").count() == 2
    assert page.locator("#legend .chip").first.get_attribute("aria-pressed") == "false"
    with page.expect_download() as waiting:
        page.click("#downloads [value=csv]")
    waiting.value.save_as(tmp_path / "boxes.csv")
    assert waiting.value.suggested_filename == "detections.csv"
    (found,) = read_csv(tmp_path / "boxes.csv", ["sample 0.png"])
    assert len(found) == len(names) - 1 == 2
    playwright.expect(page.locator("#images-summary")).to_contain_text("in 6 of 6 images")
    page.select_option("#scope", "all")
    with page.expect_download() as waiting:
        page.click("#downloads [value=yolo]")
    assert waiting.value.suggested_filename == "detections-yolo.zip"


def test_images_of_the_run_are_turned_like_pages_and_any_size_can_be_dropped(
    opened: Opened, own_run: Path, sheet: np.ndarray, png: Png, tmp_path: Path
) -> None:
    with opened(own_run) as page:
        assert page.locator(".thumbnail").count() == 12
        assert "broken.png" in page.text_content("#images-summary")
        playwright.expect(page.locator(".thumbnail img")).to_have_count(12)
        page.click("#after")
        playwright.expect(page.locator(".thumbnail img")).to_have_count(2)
        assert page.text_content("#caption").startswith("12.png")
        page.locator(".thumbnail").first.focus()
        page.keyboard.press("ArrowRight")
        playwright.expect(page.locator("#caption")).to_contain_text(
            re.compile("large/sheet.png, 130 . 90 pixels: 3 objects")
        )
        with page.expect_download() as waiting:
            page.click("#downloads [value=csv]")
        waiting.value.save_as(tmp_path / "boxes.csv")
        (found,) = read_csv(tmp_path / "boxes.csv", ["large/sheet.png"])
        assert len(found) == 3
        page.locator(".thumbnail").nth(1).focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        playwright.expect(page.locator("#caption")).to_contain_text("11.png")
        playwright.expect(page.locator(".thumbnail[aria-pressed=true]")).to_be_focused()
        page.fill("#from", "2.5")
        page.keyboard.press("Enter")
        playwright.expect(page.locator("#to")).to_have_text("to 13 of 14")
        page.fill("#from", "14")
        page.keyboard.press("Enter")
        playwright.expect(page.locator("#caption")).to_contain_text("large/sheet.png")
        playwright.expect(page.locator("#to")).to_have_text("to 14 of 14")
        drop(page, png(sheet.T), "turned.png")
        playwright.expect(page.locator("#caption")).to_contain_text(
            re.compile("turned.png, 90 . 130 pixels: 3 objects")
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    card(page, "stamp 1").click()
    assert page.locator("#naming").is_visible()
    bottom = page.evaluate("document.querySelector('#give').getBoundingClientRect().bottom")
    assert bottom <= 740
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
