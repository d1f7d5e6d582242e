"""The page in a real Chromium, opened from disk."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from reports.page import static
from reports.report import report
from tests.chromium import chromium
from tests.reports import made_run
from tests.reports.made_run import HOSTILE, make_run
from tests.reports.made_table import column as column_of
from tests.reports.made_table import with_table

api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = api.expect

pytestmark = pytest.mark.browser

FIRST = "section[data-task='task-0']"


@pytest.fixture(scope="module")
def browser() -> Iterator[api.Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_run(tmp_path_factory.mktemp("run"), edits=30, methods=5)
    return report(run)


@pytest.fixture
def page(browser: api.Browser, written: Path) -> Iterator[api.Page]:
    """The open page; a test fails where the page logs, throws, or asks for anything but files."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.on("requestfailed", lambda request: not_found(request, complaints))
    page.on("request", lambda request: local_only(request.url, complaints))
    page.goto(written.as_uri())
    yield page
    context.close()
    assert complaints == []


def local_only(url: str, complaints: list[str]) -> None:
    if not url.startswith(("file:", "data:")):
        complaints.append(f"asked for {url}")


def not_found(request: api.Request, complaints: list[str]) -> None:
    # Images still on their way when a page is left are aborted: that is no complaint.
    if request.failure != "net::ERR_ABORTED":
        complaints.append(f"{request.failure}: {request.url}")


def column(page: api.Page, name: str) -> list[float | None]:
    cells = page.locator(f"{FIRST} table.scores").first.locator(f"td[data-column='{name}']")
    values = [cell.get_attribute("data-value") for cell in cells.all()]
    return [None if value is None else float(value) for value in values]


def sort_by(page: api.Page, name: str) -> None:
    page.locator(f"{FIRST} th[data-column='{name}'] button").first.click()


def open_gallery(page: api.Page) -> api.Locator:
    page.locator(f"{FIRST} .gallery").scroll_into_view_if_needed()
    page.wait_for_selector(f"{FIRST} .edit")
    return page.locator(f"{FIRST} .edit")


def first_method_values(edits: api.Locator) -> list[float]:
    texts = edits.locator(".tile.method:nth-child(4) .value").all_text_contents()
    return [float(text) for text in texts]


def test_a_click_sorts_best_first_and_another_turns_the_order(page: api.Page):
    sort_by(page, "psnr-hole")
    values = column(page, "psnr-hole")
    assert values[:-1] == sorted(values[:-1], reverse=True)
    sort_by(page, "psnr-hole")
    values = column(page, "psnr-hole")
    assert values[:-1] == sorted(values[:-1])


def test_where_lower_is_better_the_first_click_shows_the_lowest(page: api.Page):
    sort_by(page, "l1-hole")
    values = column(page, "l1-hole")
    assert values[:-1] == sorted(values[:-1])
    heading = page.locator(f"{FIRST} th[data-column='l1-hole']").first
    expect(heading).to_have_attribute("aria-sort", "ascending")


def test_missing_values_stay_last_in_either_order(page: api.Page):
    for _ in range(2):
        sort_by(page, "psnr-hole")
        assert column(page, "psnr-hole")[-1] is None  # the real images have no PSNR


def test_a_groups_heading_stays_in_sight_while_its_table_is_scrolled(page: api.Page):
    page.set_viewport_size({"width": 390, "height": 800})
    table = page.locator(f"{FIRST} .scroll").first
    group = table.locator("th.group", has_text="Whole image")
    table.evaluate(
        "(table, group) => { table.scrollLeft += group.getBoundingClientRect().left - 230 }",
        group.element_handle(),
    )
    cell, label = group.bounding_box(), group.locator("span").bounding_box()
    assert cell is not None
    assert label is not None
    assert cell["x"] + cell["width"] / 2 > 390 - label["width"] / 2  # centred, it would be cut
    assert cell["x"] <= label["x"] <= 390 - label["width"]


def test_a_hidden_score_leaves_its_table_and_its_groups_span(page: api.Page):
    table = page.locator(f"{FIRST} table.scores")
    group = table.locator("th.group").first
    expect(group).to_have_text("Masked region")
    expect(group).to_have_attribute("colspan", "2")
    page.locator(f"{FIRST} .score-menu summary").click()
    page.locator(f"{FIRST} [data-toggle='psnr-hole']").uncheck()
    expect(table.locator("td[data-column='psnr-hole']:visible")).to_have_count(0)
    expect(group).to_have_attribute("colspan", "1")
    expect(page.locator(f"{FIRST} .score-menu summary")).to_have_text("Scores (1 hidden)")


def test_a_page_that_is_come_back_to_shows_the_scores_that_its_menu_names(page: api.Page):
    page.locator(f"{FIRST} .score-menu summary").click()
    page.locator(f"{FIRST} [data-toggle='psnr-hole']").uncheck()
    page.goto("about:blank")
    page.go_back()
    shown = page.locator(f"{FIRST} table.scores th[data-column='psnr-hole']").is_visible()
    assert page.locator(f"{FIRST} [data-toggle='psnr-hole']").is_checked() == shown


def test_classes_stand_in_rows_with_a_mark_for_each_method_on_one_line(page: api.Page):
    page.locator(f"{FIRST} summary", has_text="per class").click()
    table = page.locator(f"{FIRST} table.per-class")
    row = table.locator("tbody tr").first
    expect(row.locator("th")).to_have_text("sky")
    row.locator("td.strips path").first.wait_for()
    places = row.locator("td.strips path").all()
    assert len(places) == 5
    across = [float(one.get_attribute("transform").split("(")[1].split(" ")[0]) for one in places]
    values = [float(one.get_attribute("data-value")) for one in row.locator("td[data-value]").all()]
    assert across == sorted(across, reverse=True)
    assert values[:5] == sorted(values[:5], reverse=True)


def test_a_mark_that_is_scrolled_away_goes_behind_the_class_and_the_edge_before_it(page: api.Page):
    page.set_viewport_size({"width": 320, "height": 800})
    page.locator(f"{FIRST} summary", has_text="per class").click()
    mark = page.locator(f"{FIRST} table.per-class tr").nth(1).locator("td.strips path").last
    mark.scroll_into_view_if_needed()
    mark.evaluate(
        "mark => { const { left, width } = mark.getBoundingClientRect();"
        " mark.closest('.scroll').scrollLeft += left + width / 2 - 8; }"
    )
    box = mark.bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= 8
    shot = Image.open(io.BytesIO(page.screenshot(clip=box))).convert("HSV")
    assert np.asarray(shot)[..., 1].max() < 40  # paper and rules, and no colour


def test_a_score_stands_over_its_cost_and_both_can_be_read(page: api.Page):
    page.locator("#page-costs").scroll_into_view_if_needed()
    plot = page.locator(".cost-plot")
    plot.locator("svg.scatter-plot path").first.wait_for()
    plot.locator("label", has_text="Score").locator("select").select_option("miou")
    expect(plot.locator("svg.scatter-plot")).to_have_attribute("aria-label", re.compile("mIoU"))
    said = plot.locator("li").all_text_contents()
    assert " Diffusion 0.8300 in 4.600 ms" in said
    # Four methods that do not see the hidden pixels, as in the figure.
    assert len(said) == 4
    expect(plot.locator("svg.scatter-plot > path")).to_have_count(4)


def test_slices_are_shown_for_the_task_the_way_and_the_score_that_are_chosen(page: api.Page):
    page.locator("#page-slices").scroll_into_view_if_needed()
    place = page.locator(".slices")
    place.locator("svg.scatter-plot").wait_for()
    place.locator("label", has_text="Task").locator("select").select_option("All tasks")
    place.locator("label", has_text="By").locator("select").select_option("operation")
    place.locator("label", has_text="Score").locator("select").select_option("l1-hole")
    expect(place.locator("caption")).to_have_text("L1, masked region ↓, grey levels by operation")
    rows = place.locator("tbody tr")
    expect(rows.locator("th")).to_have_text(["inpaint", "remove"])
    expect(rows.locator("td:nth-child(2)")).to_have_text(["60", "30"])
    # Four methods that do not see the hidden pixels, each once a slice.
    expect(place.locator("svg.scatter-plot > path")).to_have_count(8)
    place.locator("label", has_text="Task").locator("select").select_option(
        "Drawn scenes, free-form"
    )
    expect(place.locator("caption")).to_have_text(
        "L1, masked region ↓, grey levels by masked share"
    )


def test_no_line_joins_slices_with_an_empty_one_between_them(browser: api.Browser, tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=8, methods=2, tasks=1, size=16)
    file = folder / "samples" / "task-0" / "00000.parquet"
    shares = [share for share in (0.05, 0.15, 0.55, 0.65) for _ in range(2 * 2)]
    pd.read_parquet(file).assign(coverage=shares).to_parquet(file)
    page = browser.new_page()
    page.goto(report(folder).as_uri())
    page.locator("#page-slices").scroll_into_view_if_needed()
    line = page.locator(".slices svg path[fill='none']").get_attribute("d") or ""
    points = [float(x) for x in re.findall(r"[ML]([\d.]+)", line)]
    steps = [right - left for left, right in pairwise(points)]
    assert re.sub(r"[^ML]", "", line) == "MLML"
    assert steps == pytest.approx([steps[0], 4 * steps[0], steps[0]], abs=0.2)
    page.close()


def test_nothing_is_wider_than_a_telephone(browser: api.Browser, written: Path):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(written.as_uri())
    page.evaluate("document.querySelectorAll('.more').forEach((one) => { one.open = true; })")
    page.locator("#page-costs").scroll_into_view_if_needed()
    page.locator(".cost-plot svg.scatter-plot").wait_for()
    page.locator("#page-slices").scroll_into_view_if_needed()
    page.locator(".slices svg.scatter-plot").wait_for()
    wide = page.evaluate("document.documentElement.scrollWidth")
    plots = page.evaluate(
        "[...document.querySelectorAll('.scatter-plot')].map((p) => p.getBoundingClientRect().width)"
    )
    page.close()
    assert wide == 390
    assert plots
    assert max(plots) <= 390


def test_names_without_a_space_break_where_a_telephone_ends(browser: api.Browser, tmp_path: Path):
    run = make_run(tmp_path / "run", edits=2, methods=3, tasks=1)
    header = json.loads((run / "run.json").read_text())
    header["tasks"][0]["space"]["classes"][:3] = ["class" * 16, "hill", "water"]
    for number, method in enumerate(header["methods"]):
        method["title"] = f"{'method' * 13}-{number}"
    (run / "run.json").write_text(json.dumps(header))
    (run / "certificate.json").write_text(json.dumps(certificate("method" * 13)))
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(report(run).as_uri())
    page.evaluate("document.querySelectorAll('.more').forEach((one) => { one.open = true; })")
    for plot in (".cost-plot", ".slices", ".scatter-body"):
        page.locator(plot).scroll_into_view_if_needed()
        page.locator(f"{plot} svg.scatter-plot").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    name = page.locator(f"{FIRST} table.scores tbody .row-head").first.bounding_box()
    page.close()
    assert name is not None
    assert name["width"] < 390 / 2  # it stays in sight, and the scores beside it


def certificate(method: str) -> dict:
    """One deviation, as `siebench certify` writes it."""
    return {
        "made": "2026-01-05T10:03:21+00:00",
        "limit": 2,
        "batch_size": 1,
        "threads": 2,
        "workers": 3,
        "deviations": [
            {"task": "scenes", "method": method, "metric": "psnr", "edits": 2, "largest": 0.0}
        ],
    }


@pytest.mark.parametrize("width", [390, 1280])
def test_the_menu_of_scores_opens_below_its_word(page: api.Page, width: int):
    page.set_viewport_size({"width": width, "height": 844})
    menu = page.locator(f"{FIRST} .score-menu")
    menu.locator("summary").click()
    word, opened = menu.locator("summary").bounding_box(), menu.locator("div").bounding_box()
    assert word is not None
    assert opened is not None
    assert 0 <= opened["y"] - word["y"] < 100
    assert opened["x"] + opened["width"] <= width


def test_the_filter_keeps_the_methods_that_match(page: api.Page):
    page.locator(f"{FIRST} .filter-methods").fill("dif")
    rows = page.locator(f"{FIRST} table.scores").first.locator("tbody tr:visible th")
    expect(rows).to_have_text(["Diffusion"])


def test_the_overview_shows_a_glimpse_of_each_task_that_leads_to_its_edit(page: api.Page):
    glimpses = page.locator(".glimpse")
    glimpses.first.wait_for()
    expect(glimpses).to_have_count(3)
    expect(page.locator(".glimpses-note")).to_contain_text("its input, and the best result there")
    glimpses.nth(1).click()
    expect(page.locator(".viewer-task")).to_have_text("Drawn scenes, object removal")


def test_the_gallery_shows_a_page_of_edits_worst_first(page: api.Page):
    edits = open_gallery(page)
    expect(edits).to_have_count(12)
    page.locator(f"{FIRST} .gallery-tools select").nth(2).select_option("1")
    values = first_method_values(edits)
    assert values == sorted(values)
    page.locator(f"{FIRST} .gallery-tools select").first.select_option("best")
    values = first_method_values(edits)
    assert values == sorted(values, reverse=True)


def test_a_score_of_which_neither_way_is_better_has_no_best(browser: api.Browser, tmp_path: Path):
    run = make_run(tmp_path / "run", edits=4, methods=2, tasks=1)
    header = json.loads((run / "run.json").read_text())
    next(one for one in header["metrics"] if one["name"] == "l1-hole")["better"] = "neither"
    (run / "run.json").write_text(json.dumps(header))
    page = browser.new_page()
    page.goto(report(run).as_uri())
    open_gallery(page)
    order, score = (page.locator(f"{FIRST} .gallery-tools select").nth(at) for at in (0, 1))
    expect(order.locator("option")).to_have_text(["Worst first", "Best first", "As drawn"])
    score.select_option(label="L1, masked region")
    expect(order.locator("option")).to_have_text(["Highest first", "Lowest first", "As drawn"])
    page.close()


def test_pages_of_the_gallery_hold_every_edit_once(page: api.Page):
    edits = open_gallery(page)
    names = edits.locator(".edit-head a").all_text_contents()
    for number in (2, 3):
        # By keyboard: images that load meanwhile may move the button away from under a mouse.
        page.get_by_role("button", name="Next", exact=True).first.press("Enter")
        pager = page.locator(f"{FIRST} .gallery .pager")
        api.expect(pager).to_contain_text(f"Page {number} of 3")
        names += edits.locator(".edit-head a").all_text_contents()
    assert len(names) == len(set(names)) == 30


def test_only_edits_with_failures_are_shown_on_demand(page: api.Page):
    edits = open_gallery(page)
    page.locator(f"{FIRST} .gallery-tools select").nth(3).select_option("failed")
    expect(edits).to_have_count(4)
    expect(edits.first.locator(".no-image.failed")).to_have_text(re.compile("^failed: result has"))


def test_a_long_reason_is_read_from_its_beginning(browser: api.Browser, tmp_path: Path):
    run = make_run(tmp_path / "run", edits=4, methods=3, tasks=1)
    file = run / "samples" / "task-0" / "00000.parquet"
    rows = pd.read_parquet(file)
    rows.loc[rows["status"] == "failed", "reason"] = "no room " * 60
    rows.to_parquet(file)
    page = browser.new_page()
    page.goto(report(run).as_uri())
    open_gallery(page)
    tile = page.locator(f"{FIRST} .no-image.failed")
    hidden = tile.evaluate(
        """tile => {
          const text = document.createRange();
          text.selectNodeContents(tile);
          return tile.getBoundingClientRect().top - text.getBoundingClientRect().top;
        }"""
    )
    page.close()
    assert hidden < 0


def test_images_load_from_disk_with_alternative_texts(page: api.Page):
    edits = open_gallery(page)
    image = edits.first.locator(".tile.method img").first
    page.wait_for_function("image => image.complete", arg=image.element_handle())
    assert image.evaluate("image => image.naturalWidth") == 64
    assert (image.get_attribute("alt") or "").startswith("result of Copy (oracle), edit ")


def test_the_outline_of_the_mask_is_drawn_on_demand(page: api.Page):
    edits = open_gallery(page)
    expect(edits.first.locator("img.masked")).to_have_count(1)
    expect(edits.first.locator("img.outline")).to_have_count(0)
    page.locator(f"{FIRST} .gallery-tools .switch input").check()
    expect(edits.first.locator("img.outline")).to_have_count(
        7
    )  # five methods, original, target map


def test_a_deep_link_opens_its_edit(page: api.Page, written: Path):
    page.goto(f"{written.as_uri()}#task-1/scene-0003.1")
    page.reload()
    expect(page.locator("#page-viewer-title")).to_have_text("scene-0003.1")
    expect(page.locator(".viewer-task")).to_have_text("Drawn scenes, object removal")


def test_a_deep_link_to_an_unknown_edit_leaves_the_page_as_it_is(page: api.Page, written: Path):
    page.goto(f"{written.as_uri()}#task-1/nothing")
    page.reload()
    expect(page.locator("#page-viewer")).to_be_hidden()


def test_keys_step_through_edits_and_close(page: api.Page, written: Path):
    page.goto(f"{written.as_uri()}#task-0/scene-0003.1")
    page.reload()
    place = page.locator(".viewer-place").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#page-viewer-title")).not_to_have_text("scene-0003.1")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#page-viewer-title")).to_have_text("scene-0003.1")
    expect(page.locator(".viewer-place")).to_have_text(place)
    page.keyboard.press("Escape")
    expect(page.locator("#page-viewer")).to_be_hidden()
    assert page.evaluate("location.hash") == "#task-0"


def test_keys_go_on_where_a_button_goes_out_of_use(page: api.Page, written: Path):
    page.goto(f"{written.as_uri()}#task-0/scene-0003.1")
    page.reload()
    page.get_by_label("Next edit").focus()
    while page.get_by_label("Next edit").is_enabled():
        page.keyboard.press("Enter")
    last = page.locator("#page-viewer-title").inner_text()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#page-viewer-title")).not_to_have_text(last)


def test_the_keyboard_turns_pages_of_the_gallery(page: api.Page):
    open_gallery(page)
    pager = page.locator(f"{FIRST} .pager")
    pager.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(pager).to_contain_text("Page 2 of 3")
    expect(pager.get_by_role("button", name="Next")).to_be_focused()
    page.keyboard.press("Enter")
    expect(pager.get_by_role("button", name="Previous")).to_be_focused()


def test_without_javascript_every_score_is_shown(browser: api.Browser, written: Path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written.as_uri())
    expect(page.locator("noscript p")).to_be_visible()
    for cell in page.locator(f"{FIRST} table.scores").first.locator("thead th").all():
        assert cell.is_visible()
    expect(page.locator(f"{FIRST} .score-menu")).to_be_hidden()
    context.close()


def test_a_plot_has_room_for_the_values_of_a_large_run(browser: api.Browser):
    values = "Array.from({ length: 300001 }, (_, i) => i)"
    script = f"(() => {{ {static('plot.js')}; return scale({values}, 0, 100).at(300000); }})()"
    page = browser.new_page()
    assert page.evaluate(script) == pytest.approx(100)
    page.close()


@pytest.mark.parametrize("values", ["[6.5]", "[6.5, 6.6]", "[40, 47]", "[0.19, 17.8]"])
def test_an_axis_of_times_has_numbers_however_alike_they_are(browser: api.Browser, values: str):
    script = f"(() => {{ {static('plot.js')}; return logScale({values}, 0, 100); }})()"
    page = browser.new_page()
    ticks = page.evaluate(f"{script}.ticks.map(([value, text]) => [value, Number(text)])")
    places = page.evaluate(f"((one) => one.ticks.map(([value]) => one.at(value)))({script})")
    page.close()
    assert len(ticks) >= 2
    assert all(value == pytest.approx(said) for value, said in ticks)
    assert places == sorted(places)
    assert 0 <= places[0] < places[-1] <= 100


def test_the_list_of_tasks_leads_to_the_same_task_again(
    browser: api.Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    many = [(f"task {at}", f"Task {at}", *made_run.TASKS[0][2:]) for at in range(7)]
    monkeypatch.setattr(made_run, "TASKS", many)
    run = make_run(tmp_path / "run", edits=2, methods=2, tasks=7, size=16)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(report(run).as_uri())
    for _ in range(2):
        page.evaluate("scrollTo(0, 0)")
        page.locator("#page-jump").select_option("task-3")
        page.wait_for_function(
            "Math.abs(document.getElementById('task-3').getBoundingClientRect().top - 42) < 2"
        )
        expect(page.locator("#page-jump")).to_have_value("task-3")
        page.evaluate("scrollTo(0, 0)")
        expect(page.locator("#page-jump")).to_have_value("")
    page.close()


def test_the_contents_name_the_section_that_is_looked_at(page: api.Page):
    current = page.locator(".contents a[aria-current]")
    expect(current).to_have_attribute("href", "#page-overview")
    page.locator(f"{FIRST} .gallery").evaluate("gallery => gallery.scrollIntoView()")
    page.wait_for_selector(f"{FIRST} .edit")  # the gallery has grown, and what follows moved away
    expect(current).to_have_attribute("href", "#task-0")


def test_the_slider_divides_two_images(page: api.Page, written: Path):
    page.goto(f"{written.as_uri()}#task-0/scene-0003.1")
    page.reload()
    divider = page.locator(".stage-divider")
    before = divider.bounding_box()
    page.locator(".divider-range input").fill("80")
    after = divider.bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] > before["x"] + 50
    stage = page.locator(".stage").bounding_box()
    assert stage is not None
    page.mouse.click(stage["x"] + stage["width"] / 2, stage["y"] + 40)
    assert page.locator(".divider-range input").input_value() == "50"


def test_any_two_images_can_be_compared(page: api.Page, written: Path):
    page.goto(f"{written.as_uri()}#task-0/scene-0003.1")
    page.reload()
    page.get_by_label("Target map on the left").check()
    page.get_by_label("Mean colour on the right").check()
    expect(page.locator(".stage-label.left")).to_have_text("Target map")
    expect(page.locator(".stage-label.right")).to_have_text("Mean colour")
    source = page.locator(".stage-right img").get_attribute("src")
    assert source == "../predictions/task-0/mean-colour/scene-0003.1.png"


def test_zoom_enlarges_around_the_middle(page: api.Page, written: Path):
    page.goto(f"{written.as_uri()}#task-0/scene-0003.1")
    page.reload()
    width = page.locator(".stage-view").evaluate("view => view.offsetWidth")
    page.keyboard.press("+")
    expect(page.locator(".zoom-factor")).to_have_text("1.5\N{MULTIPLICATION SIGN}")
    larger = page.locator(".stage-view").evaluate("view => view.offsetWidth")
    assert larger == pytest.approx(1.5 * width, abs=2)
    page.keyboard.press("0")
    expect(page.locator(".zoom-factor")).to_have_text("1\N{MULTIPLICATION SIGN}")


def test_a_zoomed_image_is_moved_by_keyboard(page: api.Page, written: Path):
    page.goto(f"{written.as_uri()}#task-0/scene-0003.1")
    page.reload()
    view = page.locator(".stage-view")
    for _ in range(3):
        page.keyboard.press("+")
    before = view.bounding_box()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    after = view.bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] < before["x"]
    assert after["y"] > before["y"]
    expect(page.locator("#page-viewer-title")).to_have_text("scene-0003.1")


def test_a_point_of_the_scatter_opens_its_edit(page: api.Page):
    page.locator(f"{FIRST} details.scatter summary").click()
    plot = page.locator(f"{FIRST} svg.scatter-plot")
    expect(plot.locator(".point")).to_have_count(4 * 30 - 4)  # without the oracle and the failures
    plot.focus()
    page.keyboard.press("ArrowRight")
    note = page.locator(f"{FIRST} .scatter-note").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#page-viewer")).to_be_visible()
    title = page.locator("#page-viewer-title").inner_text()
    assert title
    assert title in note


def test_an_infinite_value_is_the_best_and_999_is_a_number(browser: api.Browser, tmp_path: Path):
    run = make_run(tmp_path / "run", edits=4, methods=2, tasks=1)
    for file in (run / "samples").rglob("*.parquet"):
        table = pd.read_parquet(file)
        own = table.index[table["method"] == "diffusion"]
        table.loc[own[:3], "psnr-hole"] = [math.inf, 999.0, -0.00002]
        table.to_parquet(file)
    page = browser.new_page()
    page.goto(report(run).as_uri())
    edits = open_gallery(page)
    page.locator(f"{FIRST} .gallery").get_by_label("Order").select_option("best")
    page.locator(f"{FIRST} .gallery").get_by_label("all methods, mean").select_option("Diffusion")
    values = edits.locator(".tile.ordered .value").all_text_contents()
    assert values[:2] == ["\N{INFINITY}", "999.0"]
    assert values[3] == "\N{MINUS SIGN}0.00002"
    page.locator(f"{FIRST} details.scatter summary").click()
    expect(page.locator(f"{FIRST} svg.scatter-plot .point")).to_have_count(3)
    page.close()


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", True)])
def test_the_page_follows_the_systems_theme(page: api.Page, theme: str, dark: bool):
    page.emulate_media(color_scheme="dark" if dark else "light")
    assert brightness(page) < 60 if dark else brightness(page) > 240


def test_the_button_overrides_the_systems_theme(page: api.Page):
    page.emulate_media(color_scheme="light")
    button = page.locator("#page-theme")
    button.click()
    expect(button).to_have_text("Theme: light")
    button.click()
    expect(button).to_have_text("Theme: dark")
    assert brightness(page) < 60
    page.reload()
    assert brightness(page) < 60
    page.locator("#page-theme").click()
    assert brightness(page) > 240


def brightness(page: api.Page) -> float:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    numbers = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(numbers) / 3


def test_a_dataset_called_script_shows_as_text(page: api.Page):
    heading = page.locator("section[data-task='task-2'] h2")
    expect(heading).to_have_text(f"{HOSTILE}, extension")
    assert HOSTILE in page.locator("section[data-task='task-2'] .task-facts").inner_text()


def test_nothing_sticks_out_of_a_narrow_window(page: api.Page):
    page.set_viewport_size({"width": 400, "height": 800})
    open_gallery(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_on_paper_tables_stay_and_tools_go(page: api.Page):
    page.locator(".glimpse").first.wait_for()
    page.emulate_media(media="print")
    expect(page.locator(f"{FIRST} table.scores").first).to_be_visible()
    expect(page.locator(".contents")).to_be_hidden()
    expect(page.locator(f"{FIRST} .gallery")).to_be_hidden()
    expect(page.locator(".glimpses-note")).to_be_hidden()  # what it names is not there


def test_a_dark_page_is_light_on_paper(page: api.Page):
    page.emulate_media(color_scheme="dark")
    page.locator("#page-theme").click()
    page.locator("#page-theme").click()
    expect(page.locator("#page-theme")).to_have_text("Theme: dark")
    assert brightness(page) < 60
    page.emulate_media(color_scheme="dark", media="print")
    assert brightness(page) > 240


def test_a_published_table_of_many_columns_is_whole_on_paper(browser: api.Browser, tmp_path: Path):
    run = with_table(tmp_path / "run", *(column_of(title=f"mIoU {at}") for at in range(11)))
    page = browser.new_page(viewport={"width": 718, "height": 1000})  # A4 in Chromium's margins
    page.goto(report(run).as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 718
    page.close()


def test_a_table_of_thirteen_scores_is_whole_on_paper(browser: api.Browser, tmp_path: Path):
    run = make_run(tmp_path / "run", edits=4, methods=2, tasks=1)
    scores = pd.read_parquet(run / "scores.parquet")
    header = json.loads((run / "run.json").read_text())
    for at in range(8):
        like = scores[scores["metric"] == "psnr-hole"].assign(metric=f"other-{at}")
        scores = pd.concat([scores, like])
        metric = {"name": f"other-{at}", "metric": f"other-{at}", "title": f"Other {at}"}
        header["metrics"].append({"unit": "dB", "better": "higher"} | metric)
    scores.to_parquet(run / "scores.parquet")
    (run / "run.json").write_text(json.dumps(header))
    page = browser.new_page(viewport={"width": 718, "height": 1000})  # A4 in Chromium's margins
    page.goto(report(run).as_uri())
    assert page.locator("table.crowded thead th[data-column]:visible").count() == 13
    page.emulate_media(media="print")
    # Chromium shrinks what it prints to four fifths, and cuts off what is still too wide.
    assert page.evaluate("document.documentElement.scrollWidth") <= 718 * 1.25
    page.close()


def test_a_single_file_shows_its_images_from_inside(browser: api.Browser, tmp_path: Path):
    run = make_run(tmp_path / "run", edits=4, methods=2, tasks=1)
    written = report(run, tmp_path / "mail", single_file=True)
    page = browser.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(written.as_uri())
    edits = open_gallery(page)
    expect(edits).to_have_count(4)
    page.wait_for_function("() => document.querySelector('.tile.method img')?.naturalWidth > 0")
    assert all(url.startswith("data:") for url in requests[1:])
    page.close()
