"""The page over a folder of runs, in a real Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.view import ViewServer
from tests.chromium import chromium
from tests.reports.made_run import make_run
from tests.reports.view.conftest import change, served

api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = api.expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[api.Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: api.Browser, server: ViewServer) -> Iterator[api.Page]:
    """The open page; a test fails where it logs, throws, or asks another server."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: own(request.url, server, complaints))
    page.goto(server.address)
    row(page, "first").wait_for()
    yield page
    context.close()
    assert complaints == []


def own(url: str, server: ViewServer, complaints: list[str]) -> None:
    if not url.startswith((server.address, "data:")):
        complaints.append(f"asked for {url}")


def row(page: api.Page, identity: str) -> api.Locator:
    return page.locator(f".runs tr[data-run='{identity}']")


def expect_report(page: api.Page, title: str) -> None:
    """The report of that title, and its first image as large as it is."""
    page.wait_for_selector(f"h1:has-text('{title}')")
    page.locator("section[data-task='task-0'] .gallery").scroll_into_view_if_needed()
    image = page.locator("section[data-task='task-0'] .tile.method img").first
    image.wait_for()
    page.wait_for_function("image => image.naturalWidth === 16", arg=image.element_handle())


def test_runs_are_listed_and_a_broken_one_says_why(page: api.Page):
    expect(page.locator(".runs tbody tr")).to_have_count(4)
    expect(row(page, "broken").locator(".under")).to_have_text(
        re.compile("again with another --out$")
    )
    expect(row(page, "third").locator(".state-word")).to_have_text("stopped")
    expect(page.locator(".facts .count")).to_have_text("4 runs")


def test_filters_leave_the_runs_that_match(page: api.Page):
    page.locator(".filter-words").fill("bright")
    expect(page.locator(".runs tbody tr")).to_have_count(1)
    expect(page.locator(".facts .count")).to_have_text("1 of 4 runs")
    page.locator(".filter-words").fill("")
    page.locator(".filter-state").select_option("done")
    expect(page.locator(".runs tbody tr")).to_have_count(2)
    page.locator(".filter-suite").select_option("made")
    expect(page.locator(".runs tbody tr")).to_have_count(1)
    page.locator(".filter-words").fill("nothing")
    expect(page.locator(".no-runs")).to_have_text("No run matches.")


def test_a_run_that_goes_on_is_followed_without_a_reload(page: api.Page, runs: Path):
    row(page, "third").locator(".name").click()
    page.locator(".detail .so-far").wait_for()
    # The run comes to its end, and another one begins.
    done = make_run(runs.parent / "done", edits=8, methods=3, tasks=1, size=16)
    (runs / "third" / "scores.parquet").write_bytes((done / "scores.parquet").read_bytes())
    change(runs / "third", state="done", title="A run that went on")
    make_run(runs / "fourth", edits=2, methods=1, tasks=1, size=16)
    row(page, "fourth").wait_for()
    expect(row(page, "third").locator(".name")).to_have_text("A run that went on")
    expect(row(page, "third").locator(".state-word")).to_have_text("done")
    page.locator(".detail .so-far").wait_for(state="detached")
    assert page.locator(".detail .best").count() > 0


def test_two_ticked_runs_stand_side_by_side(page: api.Page):
    button = page.locator(".compare-button")
    assert button.is_disabled()
    row(page, "first").locator("input").check()
    row(page, "lab/second").locator("input").check()
    button.click()
    page.locator(".pair-scores").wait_for()
    line = page.locator(".pair-scores tbody tr", has_text="PSNR, masked region").filter(
        has_text="Diffusion"
    )
    expect(line.locator(".verdict-word")).to_have_text("better")
    expect(line.locator("td").nth(3)).to_have_text(re.compile(r"^\+5\.01"))
    page.locator(".detail label", has_text="Method").locator("select").select_option("1")
    images = page.locator(".pair-images img")
    expect(images).to_have_count(4)
    for image in images.all():
        page.wait_for_function("image => image.naturalWidth === 16", arg=image.element_handle())
    sources = [image.get_attribute("src") for image in images.all()]
    assert sources[1].startswith("/run/first/predictions/task-0/diffusion/")
    assert sources[2].startswith("/run/lab%2Fsecond/predictions/task-0/diffusion/")
    first = sources[1]
    page.get_by_label("Next edit").click()
    expect(page.locator(".pair-images img").nth(1)).not_to_have_attribute("src", first)


def test_the_keyboard_steps_through_edits_side_by_side(page: api.Page):
    page.goto(f"{page.url}#pair/first/lab%2Fsecond")
    page.get_by_label("Next edit").focus()
    for place in (2, 3):
        page.keyboard.press("Enter")
        expect(page.locator(".pair-tools span")).to_have_text(f"{place} of 10")
        expect(page.get_by_label("Next edit")).to_be_focused()


def test_a_screen_reader_is_told_a_line_and_not_the_tables(page: api.Page):
    told = page.locator("[aria-live], [role='status']")
    page.goto(f"{page.url}#pair/first/lab%2Fsecond")
    expect(told.last).to_have_text("Side by side: A made run, A brighter run")
    page.get_by_label("Next edit").click()
    second = page.locator(".detail label", has_text="Edit").locator("option:checked").inner_text()
    expect(told.last).to_have_text(f"{second}, 2 of 10")
    row(page, "third").locator(".name").click()
    expect(told.last).to_have_text("Scores of A run that goes on")
    for one in told.all():
        assert one.locator("table").count() == 0


def test_side_by_side_stays_at_its_edit_while_a_run_goes_on(page: api.Page, runs: Path):
    page.goto(f"{page.url}#pair/first/lab%2Fsecond")
    edit = page.locator(".detail label", has_text="Edit").locator("select")
    page.get_by_label("Next edit").focus()
    page.keyboard.press("Enter")
    chosen = edit.locator("option:checked")
    looked = chosen.inner_text()
    tables = page.locator(".pair-scores").element_handle()
    change(runs / "first", title="A run that went on")
    page.wait_for_function("table => !table.isConnected", arg=tables)
    expect(chosen).to_have_text(looked)
    expect(page.get_by_label("Next edit")).to_be_focused()


def test_a_late_answer_about_another_run_is_not_shown(page: api.Page):
    waiting: list[api.Route] = []
    page.route("**/api/scores?run=first", lambda route: waiting.append(route))
    with page.expect_request("**/api/scores?run=first"):
        row(page, "first").locator(".name").click()
    row(page, "lab/second").locator(".name").click()
    heading = page.locator(".detail h2")
    expect(heading).to_have_text("A brighter run")
    with page.expect_response("**/api/scores?run=first"):
        for route in waiting:
            route.continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(done))")
    expect(heading).to_have_text("A brighter run")


def test_an_address_that_is_cut_says_so(page: api.Page):
    page.goto(f"{page.url}#run/%E4%")
    expect(page.locator(".detail .problem")).to_have_text("URI malformed")


def test_a_folder_that_is_itself_a_run_opens_its_report(browser: api.Browser, runs: Path):
    with served(runs / "first") as server:
        page = browser.new_page(timezone_id="Pacific/Kiritimati")
        page.goto(server.address)
        # It was begun at 10:00 UTC of the day before.
        expect(row(page, ".").locator("time")).to_have_text("2026-01-06 00:00")
        row(page, ".").get_by_role("link", name="Open").click()
        expect_report(page, "A made run")
        page.context.close()


def test_the_address_opens_the_same_again(page: api.Page):
    row(page, "first").locator(".name").click()
    page.locator(".detail h3").first.wait_for()
    page.reload()
    page.locator(".detail h3").first.wait_for()
    expect(row(page, "first")).to_have_attribute("aria-current", "true")
    row(page, "first").locator(".name").click()
    page.locator(".detail").wait_for(state="hidden")  # a new address is told of a moment later
    expect(page.locator(".detail")).to_be_hidden()


def test_a_method_that_sees_the_hidden_pixels_is_marked_in_words(page: api.Page):
    row(page, "first").locator(".name").click()
    name = page.locator(".detail tbody .row-head").first
    expect(name).to_have_text("Copy (oracle) ◐ sees the hidden pixels")
    expect(name.locator(".peeks")).to_have_attribute("title", re.compile("^Sees the hidden pixels"))


def test_each_report_opens_with_its_images(page: api.Page):
    row(page, "lab/second").get_by_role("link", name="Open").click()
    expect_report(page, "A brighter run")
    page.go_back()
    row(page, "first").wait_for()


def test_nothing_sticks_out_of_a_narrow_window(page: api.Page):
    page.set_viewport_size({"width": 390, "height": 844})
    row(page, "first").locator(".name").click()
    page.locator(".detail h3").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    box = row(page, "first").get_by_role("link", name="Open").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390


def test_a_hostile_name_shows_as_text(page: api.Page, runs: Path):
    change(runs / "first", title="<img src=x onerror=alert(1)>")
    content = json.loads((runs / "first" / "run.json").read_text())
    page.locator(".runs .name", has_text=content["title"]).wait_for()
    expect(page.locator(".runs img")).to_have_count(0)
