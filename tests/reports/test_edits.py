"""What the page's script is given of every edit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.run.reader import Run, read_run
from reports.edits import edit_ids, edits_data, value_columns
from reports.influence import influences

TASK = "scenes / free-form"


def data_of(run: Run, task: str = TASK) -> dict:
    return edits_data(run, run.task(task), run.samples(task), influences(run, run.task(task)))


def test_edits_stand_in_plan_order(run: Run):
    assert edit_ids(run.samples(TASK)) == [f"scene-{i // 2:04d}.{i % 2}" for i in range(10)]


def test_only_scores_with_a_value_of_an_edit_are_columns(run: Run):
    names = [column.name for column in value_columns(run, run.samples(TASK))]
    assert names == ["psnr", "psnr-hole", "l1-hole", "lpips-alex"]


def test_values_have_four_significant_digits_and_infinity_is_a_word(run: Run):
    samples = run.samples(TASK).copy()
    first = samples.index[samples["method"] == "diffusion"][:2]
    samples.loc[first, "psnr"] = [12.34567, float("inf")]
    data = edits_data(run, run.task(TASK), samples, influences(run, run.task(TASK)))
    assert data["values"][0][1][:2] == [12.35, "inf"]


def test_every_metric_says_its_region_and_direction(run: Run):
    metric = data_of(run)["metrics"][1]
    assert (metric["name"], metric["region"], metric["better"]) == ("psnr-hole", "mask", "higher")


def test_a_failed_edit_has_a_state_and_its_reason(run: Run):
    data = data_of(run)
    nearest = [method.name for method in run.header.methods].index("nearest")
    assert data["states"][nearest] == "ooofoooooo"
    assert data["reasons"][nearest] == {"3": "result has NaN in 12 of 4096 pixels"}


def test_a_result_that_was_not_kept_is_told_from_one_that_failed(made: Path, tmp_path: Path):
    copy = shutil.copytree(made, tmp_path / "run")
    (copy / "predictions" / "task-0" / "diffusion" / "scene-0000.0.png").unlink()
    data = data_of(read_run(copy))
    assert data["states"][1].startswith("no")


def test_a_method_that_never_ran_has_blanks(run: Run):
    assert data_of(run)["states"][-1] == " " * 10


@pytest.mark.parametrize(("task", "regions"), [(TASK, {""}), ("scenes / removal", {"sky", "hill"})])
def test_the_region_of_an_edit_is_named_where_it_has_a_class(run: Run, task: str, regions: set):
    assert regions <= set(data_of(run, task)["regions"])
