"""A study in a real Chromium: answered by keyboard and by touch, wide and narrow, left and taken up again."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from bench.study.answers import read_answers
from bench.study.make import make_study
from bench.study.manifest import read_key
from bench.study.serve import StudyServer
from bench.study.votes import votes_of
from tests.bench.study.conftest import METHODS
from tests.chromium import chromium

api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = api.expect

pytestmark = pytest.mark.browser

WIDE = {"viewport": {"width": 1280, "height": 800}}
NARROW = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SCREEN = "document.body.dataset.screen"
KEYS = {
    "ArrowLeft": "A", "ArrowRight": "B", "ArrowDown": "tie", "1": "A", "2": "B", "0": "tie", "a": "A",
    "b": "B",
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[api.Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def lab(study, tmp_path):
    """The study on a server of its own, and the folder of its answers."""
    with served(StudyServer(study.folder, port=0, answers=tmp_path / "answers")) as server:
        yield server


@contextmanager
def served(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def static(folder):
    """Any static host: the standard library's."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with served(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}/"


@contextmanager
def opened(browser, address, **settings):
    """A page that must not log, throw or ask for anything beyond its host."""
    context = browser.new_context(**settings)
    page = context.new_page()
    host = address.split("?")[0]
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: beyond(request.url, host, complaints))
    page.goto(address)
    page.wait_for_selector("h1")
    yield page
    context.close()
    assert complaints == []


def beyond(url, host, complaints):
    if not url.startswith((host, "data:", "blob:")):
        complaints.append(f"asked for {url}")


def next_screen(page, before):
    """Waits for another question than that which `before` names, or for the end."""
    page.wait_for_function(
        f"before => {SCREEN} === 'comment' || {SCREEN} === 'question'"
        " && document.querySelector('.progress')?.textContent !== before",
        arg=before,
    )


def answer_all(page, act, limit=100):
    """Answers every question by `act(page)`; gives how many there were."""
    for count in range(limit):
        if page.evaluate(SCREEN) == "comment":
            return count
        before = page.locator(".progress").inner_text()
        act(page)
        next_screen(page, before)
    raise AssertionError("the study does not end")


def stored(lab, rater):
    return json.loads((lab.answers_folder / f"answers-{rater}.json").read_text())


def test_while_the_script_is_on_its_way_nobody_reads_that_there_is_no_study(browser, lab):
    page = browser.new_page()
    page.context.new_cdp_session(page).send("Animation.setPlaybackRate", {"playbackRate": 0})
    page.route("**/study.js", lambda route: None)
    page.goto(lab.address, wait_until="commit")
    page.wait_for_selector(".card", state="attached")
    expect(page.locator(".card")).to_be_hidden()
    page.close()


def test_a_study_opened_from_disk_says_after_a_while_what_it_takes(browser, study):
    page = browser.new_page()
    page.goto((study.folder / "index.html").as_uri())
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
    expect(page.locator(".card")).to_be_visible()
    expect(page.locator(".card")).to_contain_text("could not be read")
    page.close()


def test_a_whole_study_by_keyboard_is_stored_at_once(browser, lab, study):
    sheet = study.manifest.sheets[0]
    keys = iter([*KEYS] * 9)
    with opened(browser, f"{lab.address}?PROLIFIC_PID=anna&code=C0DE", **WIDE) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-screen=question] figure.judged")
        assert page.evaluate("document.activeElement.tagName") == "H1"
        assert answer_all(page, lambda page: page.keyboard.press(next(keys))) == len(sheet)
        page.locator("#comment").fill("<img src=x onerror=alert(1)>")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Your answers are stored").wait_for()
        expect(page.locator(".code")).to_have_text("C0DE")
    found = stored(lab, "anna")
    assert [one["choice"] for one in found["answers"]] == ([*KEYS.values()] * 9)[: len(sheet)]
    assert [one["screen"] for one in found["answers"]] == list(sheet)
    assert found["finished"] is not None
    assert found["comment"] == "<img src=x onerror=alert(1)>"


def test_a_whole_study_by_touch_on_a_narrow_screen(browser, lab, study, key):
    with opened(browser, lab.address, color_scheme="dark", **NARROW) as page:
        page.locator("#rater").fill("not a name")
        page.locator("button.main").tap()
        page.get_by_role("alert").wait_for()
        page.locator("#rater").fill("bob_2")
        page.locator("button.main").tap()
        page.wait_for_selector("[data-screen=question] figure.judged")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.locator("figure.judged").last.bounding_box()["y"] < 700
        heights = [b.bounding_box()["height"] for b in page.locator(".answers button").all()]
        assert min(heights) >= 44
        answer_all(page, lambda page: page.locator(".answers button").nth(2).tap())
        page.locator("button.main").tap()
        page.get_by_text("Your answers are stored").wait_for()
    sheets, refused = read_answers(lab.answers_folder.iterdir(), study.manifest)
    assert refused == []
    votes = votes_of(sheets[0], key)
    assert {vote.choice for vote in votes.votes} == {"B"}
    assert len(votes.votes) == 12


def test_a_tap_on_an_image_chooses_it(browser, lab):
    with opened(browser, f"{lab.address}?rater=cy", **NARROW) as page:
        page.locator("button.main").tap()
        with page.expect_response("**/answers"):
            page.locator("[data-screen=question] figure.judged").first.tap()
    assert [one["choice"] for one in stored(lab, "cy")["answers"]] == ["A"]


def test_the_region_is_shown_on_demand(browser, lab):
    with opened(browser, f"{lab.address}?rater=dora", **WIDE) as page:
        page.locator("button.main").click()
        region = page.locator("figure.judged .region").first
        region.wait_for(state="attached")
        expect(region).to_be_hidden()
        page.keyboard.press("m")
        expect(region).to_be_visible()
        expect(page.locator(".switch")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("m")
        expect(region).to_be_hidden()


def test_a_closed_tab_is_taken_up_again_where_it_was(browser, study, tmp_path):
    """Without a server: the answers are in the browser alone, and are downloaded in the end."""
    context = browser.new_context(accept_downloads=True, **WIDE)
    sheet = study.manifest.sheets[2]
    with static(study.folder) as address:
        page = context.new_page()
        page.goto(f"{address}?rater=eve&sheet=3")
        page.locator("button.main").click()
        for _ in range(5):
            page.wait_for_selector("[data-screen=question] figure.judged")
            before = page.locator(".progress").inner_text()
            page.keyboard.press("ArrowLeft")
            next_screen(page, before)
        page.close()
        page = context.new_page()
        page.goto(f"{address}?rater=eve&sheet=3")
        page.get_by_role("button", name="Go on").click()
        page.wait_for_selector("[data-screen=question] figure.judged")
        expect(page.locator(".progress span")).to_have_text(f"6 of {len(sheet)}")
        answer_all(page, lambda page: page.keyboard.press("ArrowRight"))
        page.locator("button.main").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
    context.close()
    assert file.name == "answers-eve.json"
    sheets, refused = read_answers([file], study.manifest)
    assert refused == []
    assert [one.choice for one in sheets[0].answers] == ["A"] * 5 + ["B"] * (len(sheet) - 5)
    assert sheets[0].sheet == 2


class Receiver(http.server.BaseHTTPRequestHandler):
    """A stranger's address: takes what comes first of all, and then nothing more."""

    received: ClassVar[list[bytes]] = []

    def do_POST(self):
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200 if len(self.received) == 1 else 500)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_finished_answers_go_to_the_address_that_was_given_or_are_downloaded(
    browser, run, tmp_path
):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    with served(server):
        made = make_study(
            run, tmp_path / "s", methods=METHODS[:2], pairs=2, per_rater=2, raters=1, controls=0, repeats=0,
            post=f"http://127.0.0.1:{server.server_address[1]}/collect",
        )  # fmt: skip
        with static(made.folder) as address:
            for rater, said in (("l", "are stored"), ("m", "could not be sent")):
                page = browser.new_page()
                page.goto(f"{address}?rater={rater}")
                page.locator("button.main").click()
                page.wait_for_selector("[data-screen=question] figure.judged")
                answer_all(page, lambda page: page.keyboard.press("ArrowLeft"))
                page.locator("button.main").click()
                page.get_by_text(said).wait_for()
                page.close()
    (tmp_path / "a.json").write_bytes(Receiver.received[0])
    sheets, refused = read_answers([tmp_path / "a.json"], made.manifest)
    assert refused == []
    assert (sheets[0].rater, len(sheets[0].answers)) == ("l", 2)


def test_answers_wait_for_a_server_that_is_away(browser, study, tmp_path):
    first = StudyServer(study.folder, port=0, answers=tmp_path / "answers")
    port = first.server_address[1]
    context = browser.new_context(**WIDE)
    page = context.new_page()
    with served(first):
        page.goto(f"{first.address}?rater=finn")
        page.locator("button.main").click()
        page.wait_for_selector("[data-screen=question] figure.judged")
        page.wait_for_load_state("networkidle")  # the next images are there
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".progress span")).to_have_text(re.compile("^2 "))
    second = StudyServer(study.folder, port=port, answers=tmp_path / "answers")
    with served(second), page.expect_response("**/answers", timeout=30_000) as answer:
        pass
    assert answer.value.json() == {"stored": 1, "finished": False}
    context.close()


def test_an_image_that_does_not_load_is_asked_for_again(browser, lab):
    context = browser.new_context(**WIDE)
    page = context.new_page()
    page.route("**/images/*.png", lambda route: route.abort())
    page.goto(f"{lab.address}?rater=kim")
    page.locator("button.main").click()
    page.get_by_role("alert").wait_for()
    page.unroute("**/images/*.png")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("[data-screen=question] figure.judged")
    context.close()


def test_two_tabs_of_one_rater_end_in_one_study(browser, lab):
    context = browser.new_context(**WIDE)
    tabs = [context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto(f"{lab.address}?rater=jo")
        tab.locator("button.main").click()
        tab.wait_for_selector("[data-screen=question] figure.judged")
    tabs[0].bring_to_front()
    with tabs[0].expect_response("**/answers"):
        tabs[0].keyboard.press("ArrowLeft")
    tabs[1].bring_to_front()
    tabs[1].keyboard.press("ArrowRight")  # refused: the first tab's answer is stored
    tabs[1].get_by_role("button", name="Go on").click()
    expect(tabs[1].locator(".progress span")).to_have_text(re.compile("^2 "))
    context.close()
    assert [one["choice"] for one in stored(lab, "jo")["answers"]] == ["A"]


def test_a_server_that_is_away_at_the_start_is_asked_again(browser, lab):
    context = browser.new_context(**WIDE)
    page = context.new_page()
    page.goto(f"{lab.address}?rater=lou")
    page.route("**/session", lambda route: route.abort())
    page.locator("button.main").click()
    expect(page.get_by_role("alert")).to_have_text("Try again")
    page.unroute("**/session")
    page.locator("button.main").click()
    page.wait_for_selector("[data-screen=question] figure.judged")
    context.close()


def test_a_name_in_use_elsewhere_is_refused_in_words(browser, lab):
    lab.store.begin("gus", "f" * 32)
    context = browser.new_context(**WIDE)
    page = context.new_page()
    page.goto(f"{lab.address}?rater=gus")
    page.locator("button.main").click()
    expect(page.get_by_role("alert")).to_contain_text("in use on another device")
    context.close()


def test_an_image_at_a_glance_is_hidden_again(browser, run, tmp_path):
    made = make_study(
        run, tmp_path / "s", methods=METHODS[:1], question="real", form="timed", pairs=6, per_rater=6,
        raters=1, controls=1, repeats=0, seconds=0.2, language="de",
    )  # fmt: skip
    with static(made.folder) as address, opened(browser, f"{address}?rater=h", **WIDE) as page:
        page.get_by_role("button", name="Beginnen").click()
        image = page.locator("figure.judged img")
        image.wait_for(state="attached")
        assert page.locator("html").get_attribute("lang") == "de"
        expect(image).to_be_hidden()
        page.keyboard.press("ArrowLeft")  # nothing was seen yet: no answer
        expect(page.locator(".progress span")).to_have_text("1 von 7")
        page.get_by_role("button", name="Bild zeigen").click()
        image.wait_for(state="visible")
        image.wait_for(state="hidden")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".progress span")).to_have_text(re.compile("^2 "))


def test_a_key_that_is_held_on_show_gives_no_answer(browser, run, tmp_path):
    made = make_study(
        run, tmp_path / "s", methods=METHODS[:1], question="real", form="timed", pairs=2, per_rater=2,
        raters=1, controls=0, repeats=0, seconds=0.2,
    )  # fmt: skip
    with static(made.folder) as address, opened(browser, f"{address}?rater=n", **WIDE) as page:
        page.locator("button.main").click()
        page.get_by_role("button", name="Show the image").focus()
        page.keyboard.down("Enter")
        expect(page.locator(".answers button").first).to_be_focused()
        page.keyboard.down("Enter")  # held: the key comes again
        page.keyboard.up("Enter")
        expect(page.locator(".progress span")).to_have_text("1 of 2")
        page.keyboard.press("Enter")
        expect(page.locator(".progress span")).to_have_text("2 of 2")


def test_many_images_stand_two_by_two_on_a_narrow_screen(browser, run, tmp_path):
    made = make_study(
        run, tmp_path / "s", methods=[*METHODS, "copy"], form="pick", pairs=2, per_rater=2, raters=1,
        controls=0, repeats=0,
    )  # fmt: skip
    with static(made.folder) as address, opened(browser, f"{address}?rater=o", **NARROW) as page:
        page.locator("button.main").tap()
        page.wait_for_selector("[data-screen=question] figure.judged")
        boxes = [figure.bounding_box() for figure in page.locator("figure.judged").all()]
        assert len(boxes) == 4
        assert min(box["width"] for box in boxes) > 0.4 * 390
        assert len({round(box["y"]) for box in boxes}) == 2
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_grades_are_given_by_number(browser, run, tmp_path):
    made = make_study(
        run, tmp_path / "s", methods=METHODS[:2], form="opinion", pairs=4, per_rater=4, raters=1,
        controls=1, repeats=0,
    )  # fmt: skip
    with static(made.folder) as address, opened(browser, f"{address}?rater=i", **WIDE) as page:
        page.locator("button.main").click()
        page.wait_for_selector("[data-screen=question] figure.judged")
        assert page.locator(".answers button").all_inner_texts() == [
            "1\nBad", "2\nPoor", "3\nFair", "4\nGood", "5\nExcellent",
        ]  # fmt: skip
        answer_all(page, lambda page: page.keyboard.press("4"))
        kept = page.evaluate(
            "JSON.parse(Object.entries(localStorage).find(([key]) => key.endsWith('/i'))[1])"
        )
    assert {one["choice"] for one in kept["answers"]} == {"4"}
    read_key(made.key, made.manifest)


def test_every_control_has_a_name_and_every_text_enough_contrast(browser, lab):
    for scheme in ("light", "dark"):
        with opened(browser, f"{lab.address}?rater=k{scheme}", color_scheme=scheme, **WIDE) as page:
            page.locator("button.main").click()
            page.wait_for_selector("[data-screen=question] figure.judged")
            expect(page.locator("img:not([alt])")).to_have_count(0)
            assert [b for b in page.get_by_role("button").all() if not b.inner_text().strip()] == []
            assert page.evaluate(CONTRAST) >= 4.5


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (colour) => {
    const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb(colour).map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
  };
  const every = document.querySelectorAll("h1, span, button, kbd, figcaption, p");
  const texts = [...every].filter((node) => node.textContent.trim());
  return Math.min(...texts.map((node) => {
    const pair = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  }));
}"""
