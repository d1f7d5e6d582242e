from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.core.errors import BadInput
from bench.run.reader import Run, read_run
from reports.beside import Beside, beside
from reports.export import export
from reports.report import report
from tests.reports.made_table import column, with_table


def shown(run: Path) -> Beside:
    table = beside(read_run(run))
    assert table is not None
    return table


def test_a_run_without_a_published_table_has_none(run: Run):
    assert beside(run) is None


def test_ours_stands_in_the_published_unit_beside_what_was_published(tmp_path: Path):
    table = shown(with_table(tmp_path / "run", column()))
    cell = table.rows[0].cells[0]
    assert cell.text == "83.00"
    # SPADE's Table 1 prints 37.4; the text of the same paper says 35.2.
    assert "37.4" in [value.text for value in cell.published]
    first = next(value for value in cell.published if value.text == "37.4")
    assert (first.kind, first.difference, first.sign) == ("paper", "+45.60", "✓")


def test_a_difference_beyond_the_tolerance_is_not_reproduced(tmp_path: Path):
    table = shown(with_table(tmp_path / "run", column(tolerance={"absolute": 1})))
    assert {value.sign for value in table.rows[0].cells[0].published} == {"✗"}


def test_protocols_that_differ_are_not_comparable_and_say_in_what(tmp_path: Path):
    table = shown(with_table(tmp_path / "run", column(expects={"composite": "published"})))
    value = table.rows[0].cells[0].published[0]
    assert (value.sign, value.difference) == ("≠", "")
    assert "composite" in value.words


def test_what_the_canaries_found_wrong_stands_under_the_papers_table_in_every_form(tmp_path: Path):
    rows = [{"method": "diffusion", "title": "Ours"}, {"title": "CRN", "published": "CRN"}]
    folder = with_table(tmp_path / "run", column(), rows=rows)
    header = json.loads((folder / "run.json").read_text())
    here = {"kind": "bad", "task": "scenes / free-form"}
    header["notices"] = [
        here | {"what": "method", "name": "diffusion", "text": "diffusion gives BGR"},
        here | {"what": "method", "name": "copy", "text": "copy is in no row"},
        here | {"what": "metric", "name": "miou", "text": "mIoU is odd"},
        here | {"what": "metric", "name": "miou", "text": "of another task", "task": "other"},
        here | {"what": "metric", "name": "miou", "text": "good to know", "kind": "note"},
    ]
    (folder / "run.json").write_text(json.dumps(header))
    found = ("Ours: diffusion gives BGR", "mIoU is odd")
    assert shown(folder).suspect == found
    for text, suspect in (
        (export(folder, "markdown").split("\n### ")[0], "**Suspect**: "),
        (export(folder, "latex").split(r"\end{table}")[0], r"\textbf{Suspect}: "),
        (report(folder).read_text("utf-8").split('id="page-beside"')[1], "<b>Suspect</b>: "),
    ):
        assert [text.count(f"{suspect}{one}.") for one in found] == [1, 1]


def test_the_papers_table_marks_what_is_not_told_apart_from_its_own_best_in_every_form(
    tmp_path: Path,
):
    rows = [{"method": name, "title": name} for name in ("diffusion", "mean-colour", "copy")]
    rows.append({"title": "CRN", "published": "CRN"})
    wide = column(metric="psnr-hole", scale=1, published=[])
    folder = with_table(tmp_path / "run", wide, rows=rows, edits=10, methods=5)
    assert [row.cells[0].level for row in shown(folder).rows] == [False] * 4
    rows.insert(0, {"method": "small", "title": "small"})
    folder = with_table(tmp_path / "again", wide, rows=rows, edits=10, methods=5)
    assert [row.cells[0].level for row in shown(folder).rows] == [False, True, False, False, False]
    for text, mark in (
        (export(folder, "markdown").split("\n### ")[0], " ≈<br>"),
        (export(folder, "latex").split(r"\end{table}")[0], r"$^{\approx}$ \\"),
        (report(folder).read_text("utf-8").split('id="page-beside"')[1], " ≈<span"),
    ):
        assert text.count(mark) >= 1
        assert "not told apart from the best" in text


def test_a_method_of_the_paper_only_shows_what_was_published(tmp_path: Path):
    rows = [{"title": "CRN", "published": "CRN"}]
    cell = shown(with_table(tmp_path / "run", column(), rows=rows)).rows[0].cells[0]
    assert cell.text == ""
    assert cell.reason == "this method is not part of the suite"
    assert [value.text for value in cell.published] == ["23.7"]


def test_methods_with_different_edits_are_ranked_on_those_that_all_have(tmp_path: Path):
    folder = with_table(
        tmp_path / "run",
        column(metric="l1-hole", better="lower", scale=10),
        column(),
        rows=[{"method": "copy", "title": "copy"}, {"method": "diffusion", "title": "ours"}],
    )
    header = json.loads((folder / "run.json").read_text())
    for method in header["methods"]:
        method["needs"] = []
    (folder / "run.json").write_text(json.dumps(header))
    shard = folder / "samples/task-0/00000.parquet"
    samples = pd.read_parquet(shard)
    first = samples["edit"].iloc[0]
    gone = (samples["method"] == "copy") & (samples["edit"] != first)
    samples.loc[gone, ["status", "l1-hole"]] = ["failed", None]
    samples.to_parquet(shard)
    rest = samples[(samples["method"] == "diffusion") & (samples["edit"] == first)]

    copy, ours = shown(folder).rows
    assert copy.cells[0].on == "0.0 on 1 common edit"
    assert [copy.cells[0].rank, ours.cells[0].rank] == [1, 2]
    assert ours.cells[0].on.endswith(" on 1 common edit")
    assert float(ours.cells[0].on.split()[0]) == pytest.approx(10 * rest["l1-hole"].item(), abs=0.1)
    assert (copy.cells[1].on, copy.cells[1].rank) == ("other edits, not ranked", 0)


def test_groups_span_their_columns(tmp_path: Path):
    columns = [column(group="A"), column(group="A", title="again"), column(group="B")]
    assert shown(with_table(tmp_path / "run", *columns)).groups == (("A", 2), ("B", 1))


def test_the_page_has_the_table_and_every_verdict_in_words(tmp_path: Path):
    page = report(with_table(tmp_path / "run", column(unstated=["the crops"])))
    text = page.read_text(encoding="utf-8")
    assert "Beside the paper" in text
    assert "no source states the crops" in text


@pytest.fixture(scope="module")
def in_context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run beside SPADE's table, other papers' values with it."""
    return with_table(tmp_path_factory.mktemp("context") / "run", column(), context=True)


def test_other_papers_stand_in_rows_of_their_own_after_the_tables(in_context: Path):
    table = shown(in_context)
    assert not table.rows[0].context
    assert all(row.context for row in table.rows[1:])
    place = next(row for row in table.rows if row.title == "PLACE")
    assert [value.text for value in place.cells[0].published] == ["42.6"]
    assert place.cells[0].published[0].kind == "context, paper"


def test_the_real_images_stand_in_a_row_of_their_own_and_are_not_ranked(tmp_path: Path):
    rows = [{"method": "(real)", "title": "Real images"}, {"method": "diffusion", "title": "ours"}]
    columns = [column(), column(metric="psnr", scale=1)]
    first, _ = shown(with_table(tmp_path / "run", *columns, rows=rows)).rows
    assert (first.cells[0].text, first.cells[0].rank) == ("93.00", 0)
    assert first.cells[1].reason == "real images are scored by a segmenter alone"


def test_every_form_of_the_table_says_which_values_are_for_context(in_context: Path):
    page = report(in_context).read_text(encoding="utf-8")
    assert page.count("Context: values of other papers, for orientation; never judged") == 1
    assert '<span class="kind">context, paper</span> 42.6' in page
    for form in ("markdown", "latex"):
        text = export(in_context, form)
        assert "PLACE (context)" in text
        assert "context, paper 42.6" in text
        assert "Context: values of papers that this table is not of" in text


def test_a_table_of_another_form_is_bad_input(tmp_path: Path):
    run = with_table(tmp_path / "run", {"task": "scenes / free-form"})
    with pytest.raises(BadInput, match="its table is of another form"):
        beside(read_run(run))
