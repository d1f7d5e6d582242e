"""A metric from elsewhere that goes wrong is one sentence with its traceback, and hurts no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput, PluginFailed
from bench.metrics import Estimate, Metric, PerEdit
from bench.run.score import score_folders
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data

TASKS = "[{dataset: rooms, protocol: freeform@1}]"


class Steady(PerEdit):
    """One for every edit."""

    name, title, summary = "steady", "Steady", "mean"

    def definition(self):
        return {"formula": "1"}

    def measure(self, references, prepared, results):
        return {self.name: [1.0] * len(results)}


class NoMeasure(Steady):
    def measure(self, references, prepared, results):
        raise ValueError("no eyes")


class NoPrepare(Steady):
    def prepare(self, references):
        raise ValueError("no eyes")


class NoEstimates(Steady):
    def estimates(self, samples, references) -> list[Estimate]:
        raise ZeroDivisionError("nothing to divide by")


class Twin(Steady):
    """A second metric whose score is called as the first one's."""

    name = "twin"

    @property
    def score_names(self):
        return ("steady",)


@pytest.fixture
def run(tmp_path: Path):
    data = write_data(tmp_path / "rooms")

    def carried_out(**metrics: Metric):
        fields = {"metrics": "[l1]", "methods": "[copy]", "tasks": TASKS}
        text = suite_text(data, **fields)
        suite = parse_suite(text, "made.yaml")
        return run_suite(
            suite, out=tmp_path / "run", device="cpu", workers=1, limit=1, metrics=metrics
        )

    return carried_out


@pytest.mark.parametrize(("metric", "asked"), [(NoMeasure, "measure()"), (NoPrepare, "prepare()")])
def test_a_metric_that_fails_on_results_ends_the_run_with_its_exception(run, metric, asked) -> None:
    with pytest.raises(PluginFailed) as failed:
        run(steady=metric())
    assert str(failed.value) == f"metric 'steady': {asked} raised ValueError: no eyes"
    assert isinstance(failed.value.__cause__, ValueError)


def test_a_metric_that_fails_at_the_end_is_a_row_with_its_reason_and_hurts_no_other(run) -> None:
    outcome = run(steady=NoEstimates())
    scores = outcome.scores.set_index(["method", "metric"])
    assert scores.loc[("copy", "l1"), "value"] is not None
    reason = scores.loc[("copy", "steady"), "reason"]
    assert "metric 'steady': reading its columns raised ZeroDivisionError: nothing to" in reason
    file = reason.partition("(traceback: ")[2].rstrip(")")
    assert "nothing to divide by" in (outcome.folder / file).read_text()


def test_two_metrics_with_a_score_of_one_name_are_refused(run) -> None:
    with pytest.raises(BadInput, match="'steady' and 'twin' both call a score 'steady'"):
        run(steady=Steady(), twin=Twin())


def test_a_folder_is_scored_although_one_metric_fails_at_the_end(tmp_path, monkeypatch) -> None:
    for side in ("real", "fake"):
        (tmp_path / side).mkdir()
        Image.fromarray(np.full((8, 8, 3), 9, np.uint8)).save(tmp_path / side / "a.png")
    name = f"{__name__}:NoEstimates"
    found = score_folders(
        tmp_path / "real", tmp_path / "fake", metrics=["l1", name], device="cpu", trust=True
    )
    by_name = {one.metric: one for one in found}
    assert by_name["l1"].value == 0
    assert "raised ZeroDivisionError" in by_name["steady"].reason
