"""Failures and edits without a ground truth, by reason, with their tracebacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.reader import Run, read_run
from reports.failures import LONGEST, failures, without_ground_truth
from reports.report import report
from tests.reports.made_run import HOSTILE, NO_GROUND_TRUTH, TRACEBACK, make_run

FREE, REMOVAL = "scenes / free-form", "scenes / removal"
LINK = f"failures/task-0/nearest/{TRACEBACK}"


def failed(run: Run, task: str):
    return failures(run, run.task(task), run.samples(task))


def test_failures_are_grouped_by_method_and_reason_with_their_edits(run: Run):
    (one,) = failed(run, FREE)
    assert (one.method, one.reason) == ("Nearest", "result has NaN in 12 of 4096 pixels")
    assert one.edits == ("scene-0001.1",)


def test_a_failure_links_its_traceback_by_a_relative_path(run: Run):
    (one,) = failed(run, FREE)
    assert one.link == LINK
    assert one.text == f"Traceback {HOSTILE}: NaN\n"


def test_a_failure_without_a_traceback_has_no_link(run: Run):
    (one,) = failed(run, REMOVAL)
    assert (one.log, one.link, one.text) == (None, "", "")


def test_edits_without_a_ground_truth_are_listed_with_the_reason(run: Run):
    assert without_ground_truth(run.samples(FREE)) == []
    (one,) = without_ground_truth(run.samples(REMOVAL))
    assert one.reason == NO_GROUND_TRUTH
    assert len(one.edits) == 10


def test_of_a_long_traceback_the_end_is_shown(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=4, methods=3, tasks=1, size=16)
    (folder / LINK).write_text("x" * LONGEST + "the error itself", encoding="utf-8")
    (one,) = failed(read_run(folder), FREE)
    assert len(one.text) == LONGEST + 1
    assert one.text.endswith("the error itself")


def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path):
    run = read_run(make_run(tmp_path / "run", edits=4, methods=3, tasks=1, size=16))
    samples = run.samples(FREE).replace({"failure": {TRACEBACK: "../../../run.json"}})
    with pytest.raises(BadInput, match="is not a file name"):
        failures(run, run.task(FREE), samples)


def test_the_page_in_a_run_links_the_file_there(tmp_path: Path):
    page = report(make_run(tmp_path / "run", edits=4, methods=3, tasks=1, size=16))
    assert f'href="../{LINK}"' in page.read_text(encoding="utf-8")
    assert (page.parent / "../" / LINK).is_file()


def test_a_page_elsewhere_takes_the_file_along(made: Path, tmp_path: Path):
    page = report(made, tmp_path / "out")
    assert f'href="{LINK}"' in page.read_text(encoding="utf-8")
    assert (tmp_path / "out" / LINK).read_bytes() == (made / LINK).read_bytes()


def test_a_single_file_holds_the_traceback_as_text(made: Path, tmp_path: Path):
    page = report(made, tmp_path / "out", single_file=True).read_text(encoding="utf-8")
    assert "Traceback &lt;script&gt;" in page
    assert LINK not in page


def said_of(folder: Path, **header: object) -> str:
    """The section of a run of one task in which nothing failed, with other facts in its record."""
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, **header}))
    page = report(folder, single_file=True).read_text(encoding="utf-8")
    return page.partition('<section id="page-failures"')[2].partition("</section>")[0]


def test_nothing_failed_is_said_only_of_a_run_in_which_nothing_did(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=2, methods=2, tasks=1, size=16)
    methods = json.loads((folder / "run.json").read_text())["methods"]
    there = [one for one in methods if one["problem"] is None]
    assert "every method carried out every one" in said_of(folder, methods=there)
    undone = said_of(folder, methods=there, state="decided")
    assert "None among the edits that were made." in undone
    broken = said_of(folder, methods=methods, state="done")
    assert "<b>Broken</b> could not be run: " in broken
    assert "None" not in broken
