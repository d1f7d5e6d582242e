"""The tables of a run follow from those of its shards."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from torch import Tensor

from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.edit import EditName
from bench.metrics.metric import PerEdit
from bench.run import reduce
from bench.run.finish import finish_run
from bench.run.job import Job
from bench.run.outcome import task_outcome
from bench.run.record import RunRecord
from bench.run.reduce import Reduced, cost_rows, reduce_canaries, reduce_task, reference_rows
from bench.run.shards import ShardRef
from bench.run.suite_run import run_suite
from bench.run.table_files import read_tables, write_table
from bench.run.tables import COST_COLUMNS, COSTS, SAMPLES, SCORES, TIMES
from bench.run.worker import Worker
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data


@pytest.fixture(scope="module")
def carried_out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Worker]:
    """Every shard of a small run, and nothing of the run's own tables."""
    root = tmp_path_factory.mktemp("reduce")
    text = suite_text(write_data(root / "rooms"), metrics="[psnr, l1, {name: fid}]")
    job = Job(suite=parse_suite(text, "made.yaml"), out=root / "run", device="cpu")
    worker = job.worker("cpu")
    for task in worker.plan.tasks:
        for shard in task.shards():
            worker.carry_out(ShardRef(task.name, shard.number))
    return job, worker


def reduced(carried_out: tuple[Job, Worker], at: int = 0) -> Reduced:
    """A task's rows, by its number in the plan."""
    job, worker = carried_out
    task = worker.plan.tasks[at]
    metrics = worker.metrics[task.name]
    references = reference_rows(job.folder, task, metrics)
    return reduce_task(job.folder, task, metrics, worker.methods, references)


def test_a_score_of_single_edits_is_the_mean_of_their_column(carried_out) -> None:
    job, worker = carried_out
    task = worker.plan.tasks[0]
    scores = pd.DataFrame(reduced(carried_out).scores)
    samples = read_tables(job.folder.shards("samples", task.slug), SAMPLES)
    for method in ("mean-colour", "diffusion"):
        own = samples[samples["method"] == method]
        for name in ("l1", "l1-hole", "psnr"):
            row = scores[(scores["method"] == method) & (scores["metric"] == name)]
            assert row["value"].item() == pytest.approx(float(own[name].mean()), rel=1e-12)
            assert row["n"].item() == len(own)
            assert row["low"].item() < row["value"].item() < row["high"].item()


def test_rows_have_the_declared_columns(carried_out) -> None:
    job, worker = carried_out
    assert {tuple(sorted(row)) for row in reduced(carried_out).scores} == {
        tuple(sorted(SCORES.names))
    }
    costs = cost_rows(job.folder, worker.plan, worker.methods, "cpu")
    assert {tuple(sorted(row)) for row in costs} == {tuple(sorted(COSTS.names))}


def test_a_metric_that_is_not_here_is_a_row_with_its_reason(carried_out) -> None:
    _, worker = carried_out
    missing = worker.metrics[worker.plan.tasks[0].name].missing
    if "fid" not in missing:
        pytest.skip("the weights of FID are here")
    rows = [row for row in reduced(carried_out).scores if row["metric"] == "fid"]
    assert [row["method"] for row in rows] == ["copy", "mean-colour", "diffusion"]
    assert {(row["value"], row["reason"]) for row in rows} == {(None, missing["fid"].reason)}


def test_a_task_without_ground_truth_says_so(carried_out) -> None:
    rows = reduced(carried_out, 1).scores
    reasons = {row["reason"] for row in rows if row["metric"] == "psnr"}
    assert reasons == {"no edit of this task has a ground truth"}


class Nothing(PerEdit):
    """Gives no edit a value."""

    name = "nothing"
    title = "Nothing"

    def definition(self):
        return {"formula": "none"}

    def measure(self, references, prepared, results):
        return {"nothing": [math.nan] * len(results)}


def test_a_metric_without_any_value_lays_it_to_the_ground_truth_where_there_is_none_alone(
    tmp_path: Path,
) -> None:
    rooms = {"dataset": "folder", "path": str(write_data(tmp_path / "rooms", 2)), "size": 16}
    text = suite_text(
        tmp_path, datasets=json.dumps({"rooms": rooms}), metrics="[perceptual-procedural]"
    )
    suite = parse_suite(text, "made.yaml")
    found = run_suite(suite, out=tmp_path / "run", device="cpu", metrics={"nothing": Nothing})
    reasons = found.scores.groupby(["task", "metric"])["reason"].unique().to_dict()
    lacking = {
        place: reason.removeprefix("no edit of this task has ")
        for place, (reason,) in reasons.items()
    }
    assert lacking == {
        ("rooms-freeform", "nothing"): "a value",
        ("rooms-freeform", "perceptual-procedural"): "sides of at least 32 pixels",
        ("rooms-freeform", "perceptual-procedural-hole"): "sides of at least 32 pixels",
        ("rooms-object-remove", "nothing"): "a ground truth",
        ("rooms-object-remove", "perceptual-procedural"): "a ground truth",
        ("rooms-object-remove", "perceptual-procedural-hole"): "a ground truth",
    }


def test_canaries_are_scored_beside_the_methods(carried_out) -> None:
    job, worker = carried_out
    task = worker.plan.tasks[0]
    metrics = worker.metrics[task.name]
    references = reference_rows(job.folder, task, metrics)
    scores = reduce_canaries(job.folder, task, metrics, references)
    assert scores["l1", "(original)"].value == 0
    assert scores["l1", "(JPEG 90)"].value < scores["l1", "(mean colour)"].value
    assert {score.n for score in scores.values()} == {4}


def test_times_are_medians_after_warm_up(carried_out, tmp_path: Path) -> None:
    job, worker = carried_out
    plan = dataclasses.replace(worker.plan, tasks=worker.plan.tasks[:1])
    folder = dataclasses.replace(job.folder, root=tmp_path)
    times = {
        "method": ["copy"] * 4,
        "edit": ["a", "b", "c", None],
        "ms": [1.0, 9.0, 2.0, None],
        "macs": [None, None, None, 600],
        "peak_bytes": [None, None, None, 2**21],
    }
    write_table(folder.shard("times", plan.tasks[0].slug, 0), TIMES, times)
    copied = cost_rows(folder, plan, worker.methods, "cpu")[0]
    assert (copied["ms"], copied["timed"], copied["peak_mib"]) == (2.0, 3, 2.0)
    assert copied["ms_p90"] == pytest.approx(np.quantile([1, 2, 9], 0.9))
    assert copied["macs"] == 300  # of two edits a batch
    assert copied["parameters"] is None
    assert copied["device"] == "cpu"
    warm = {name: values[3:] for name, values in times.items()}
    write_table(folder.shard("times", plan.tasks[0].slug, 0), TIMES, warm)
    untimed = cost_rows(folder, plan, worker.methods, "cpu")[0]
    assert (untimed["ms"], untimed["macs"]) == (None, 300)
    assert untimed["device"] == "cpu; no edit after the warm-up: not timed"


class Elsewhere:
    """An editor that takes its results from files."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def edit(self, batch: EditBatch) -> Tensor:
        return batch.masked

    def source_of(self, name: EditName) -> str:
        return name.edit


def test_results_that_were_made_elsewhere_have_no_costs(carried_out, tmp_path: Path) -> None:
    job, worker = carried_out
    plan = dataclasses.replace(worker.plan, tasks=worker.plan.tasks[:1])
    folder = dataclasses.replace(job.folder, root=tmp_path)
    times = {"method": ["copy"], "edit": ["a"], "ms": [0.3], "macs": [6], "peak_bytes": [2**21]}
    write_table(folder.shard("times", plan.tasks[0].slug, 0), TIMES, times)
    (made,) = (method for method in worker.methods if method.name == "copy")
    elsewhere = dataclasses.replace(made, editor=Elsewhere())
    (row,) = cost_rows(folder, plan, [elsewhere], "cpu")
    assert [row[cost.name] for cost in COST_COLUMNS] == [None] * len(COST_COLUMNS)
    assert (row["timed"], row["device"]) == (0, "made elsewhere: not timed")


def test_a_task_of_which_nothing_is_done_is_named(carried_out, tmp_path: Path) -> None:
    job, worker = carried_out
    task = worker.plan.tasks[0]
    folder = dataclasses.replace(job.folder, root=tmp_path)
    with pytest.raises(BadInput, match="no shard of task 'rooms-freeform' is done"):
        reference_rows(folder, task, worker.metrics[task.name])


def test_an_outcome_counts_edits_and_what_is_not_there(carried_out) -> None:
    job, worker = carried_out
    free, removal = (task_outcome(job.folder, task, worker.methods) for task in worker.plan.tasks)
    assert (len(free.made), free.failed, free.impossible) == (5, 0, ())
    assert len(removal.made) == 4
    assert [(one.scene, one.sample) for one in removal.impossible] == [("scene1", 0)]
    assert removal.reasons == (("", removal.impossible[0].reason),)
    assert free.idle == removal.idle == ()
    assert free.first_failure is None


def test_the_reference_side_of_a_task_is_read_once(carried_out, monkeypatch) -> None:
    job, worker = carried_out
    read = []

    def reading(files, table, **more):
        read.append(table.name)
        return read_tables(files, table, **more)

    monkeypatch.setattr(reduce, "read_tables", reading)
    record = RunRecord(worker.plan, worker.methods, worker.metrics)
    finish_run(job, worker, record, "2024-05-01T12:00:00+00:00", 0, ())
    assert read.count("references") == len(worker.plan.tasks)
