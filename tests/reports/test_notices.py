from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from bench.run.reader import Run, read_run
from reports.failures import failures
from reports.notices import notices
from reports.table import task_table
from tests.reports.made_run import make_run
from tests.reports.made_table import trained_unlike


def told(run: Run) -> list[str]:
    tables = [task_table(run, task) for task in run.header.tasks]
    failed = {task.name: failures(run, task, run.samples(task.name)) for task in run.header.tasks}
    return [notice.text for notice in notices(run, tables, failed)]


def without(folder: Path, method: str, problem: str) -> Run:
    """A run whose method was not there: no score of it has a value."""
    run = make_run(folder, edits=2, methods=3, tasks=2)
    header = json.loads((run / "run.json").read_text())
    for one in header["methods"]:
        one["problem"] = problem if one["name"] == method else None
    (run / "run.json").write_text(json.dumps(header))
    scores = pd.read_parquet(run / "scores.parquet")
    own = scores["method"] == method
    scores.loc[own, ["value", "low", "high"]] = None
    scores.loc[own, "reason"] = problem
    scores.to_parquet(run / "scores.parquet")
    return read_run(run)


def without_psnr(made: Path, column: str, name: str, reason: str) -> Run:
    """The run without both PSNRs of a task or of a method."""
    scores = pd.read_parquet(made / "scores.parquet")
    own = (scores[column] == name) & scores["metric"].isin(["psnr", "psnr-hole"])
    scores.loc[own, ["value", "low", "high"]] = None
    scores.loc[own, "reason"] = reason
    scores.to_parquet(made / "scores.parquet")
    return read_run(made)


def test_a_method_that_is_not_there_is_told_once_and_not_for_every_score(tmp_path: Path):
    found = told(without(tmp_path / "run", "diffusion", "its weights are not here"))
    assert [text for text in found if "weights are not here" in text and "fid" not in text] == [
        "Diffusion could not be run: its weights are not here."
    ]


def test_a_long_problem_is_cut_on_the_first_screen(tmp_path: Path):
    found = told(without(tmp_path / "run", "diffusion", "no file " + "x " * 100))
    (text,) = [text for text in found if "could not be run" in text]
    assert len(text) < 150
    assert text.endswith("…")


def test_scores_that_miss_the_same_tasks_for_one_reason_share_a_notice(tmp_path: Path):
    made = make_run(tmp_path / "run", edits=2, methods=2, tasks=2)
    run = without_psnr(made, "task", "scenes / removal", "there is no ground truth")
    assert "No PSNR for Drawn scenes, object removal: there is no ground truth." in told(run)


def test_a_score_that_others_have_is_missing_of_those_that_lack_it(tmp_path: Path):
    made = make_run(tmp_path / "run", edits=2, methods=3, tasks=1)
    run = without_psnr(made, "method", "diffusion", "no edit was carried out")
    (text,) = [one for one in told(run) if "carried out" in one]
    assert text == "No PSNR of Diffusion for Drawn scenes, free-form: no edit was carried out."


def test_of_a_long_reason_whole_clauses_are_kept(tmp_path: Path):
    found = told(without(tmp_path / "run", "diffusion", "fetch it; or take it from " + "x " * 90))
    assert "Diffusion could not be run: fetch it." in found


def test_what_a_method_says_of_itself_is_no_news(tmp_path: Path):
    made = make_run(tmp_path / "run", edits=2, methods=2, tasks=1)
    header = json.loads((made / "run.json").read_text())
    plain = {"kind": "note", "task": "scenes / free-form", "what": "method"}
    header["notices"] = [
        plain | {"name": name, "text": f"{name} depends on the hidden pixels", "declared": declared}
        for name, declared in (("copy", True), ("diffusion", False))
    ]
    (made / "run.json").write_text(json.dumps(header))
    said = told(read_run(made))
    assert any(text.startswith("diffusion depends on") for text in said)
    assert not any(text.startswith("copy depends on") for text in said)


def test_networks_of_one_editor_that_were_not_trained_alike_are_told_once(tmp_path: Path):
    made = make_run(tmp_path / "run", edits=2, methods=3, tasks=2)
    said = trained_unlike(made)
    assert [text for text in told(read_run(made)) if "trained otherwise" in text] == [said]
