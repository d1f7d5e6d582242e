"""A metric from elsewhere that goes wrong is one sentence with its traceback, and hurts no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.errors import BadInput, PluginFailed
from bench.metrics import Estimate, Metric, PerEdit, check_columns, make_metric
from bench.metrics.foreign import check_foreign_metric, checked_estimates
from bench.plugins.kinds import METRICS
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


class NoStart(Steady):
    def __init__(self, context=None):
        raise ValueError("no eyes from the start")


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


def test_a_metric_that_cannot_be_made_is_a_row_with_its_traceback_and_hurts_no_other(run) -> None:
    outcome = run(steady=NoStart)
    scores = outcome.scores.set_index(["method", "metric"])
    assert scores.loc[("copy", "l1"), "value"] is not None
    reason = scores.loc[("copy", "steady"), "reason"]
    assert "metric 'steady': its constructor raised ValueError: no eyes from the start" in reason
    assert outcome.missing == (f"metric steady: {reason}",)
    text = (outcome.folder / reason.partition("(traceback: ")[2].rstrip(")")).read_text()
    assert "in __init__" in text
    assert "test_foreign_metrics.py" in text


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


def changed(**facts) -> Metric:
    return type("Changed", (Steady,), facts)()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"name": ""}, "name: '' can be no column"),
        ({"name": "a/b"}, "name: 'a/b' can be no column"),
        ({"name": 5}, "name: 5 can be no column"),
        ({"better": "up"}, "better: is 'up'; expected one of 'lower'"),
        ({"regions": ("nose",)}, "region: is 'nose'"),
        ({"summary": 5}, "summary: is 5"),
        ({"title": None}, "title: is None"),
        ({"margin": "x"}, "margin: is 'x'"),
        ({"floor": -float("inf")}, "floor: is -inf; expected a number, or None for no bound"),
        ({"regions": 5}, "reading its attributes raised TypeError"),
        ({"definition": lambda self: None}, r"definition\(\) gave None; give a mapping"),
        ({"definition": lambda self: {1: 2}}, "give a mapping with words as keys"),
        ({"definition": lambda self: {"a": float("nan")}}, "cannot be written as JSON"),
        ({"definition": lambda self: 1 / 0}, "reading its attributes raised ZeroDivisionError"),
        ({"name": "psnr"}, "siebench has a metric of that name"),
    ],
)
def test_a_metric_that_can_never_work_is_refused_before_anything_is_made(facts, words) -> None:
    with pytest.raises(BadInput, match=words):
        check_foreign_metric("mine", changed(**facts))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"steady": None}, "gave NoneType values for 3 edits"),
        ({"steady": [1.0]}, "gave 1 values for 3 edits"),
        ({"steady": ["x", 1, 2]}, "holds 'x'; expected numbers"),
        ({"steady": [[1], [2], [3]]}, r"holds \[1\]; expected numbers"),
        ({"steady": [True, 1, 2]}, "holds True; expected numbers"),
        ({"steady.state": [[1], ["x"], []]}, "expected numbers and lists of numbers"),
        ({"method": [1, 2, 3]}, "column 'method' is not named for it; write 'steady'"),
        ({5: [1, 2, 3]}, "column 5 is not named for it"),
    ],
)
def test_columns_that_no_table_can_hold_are_refused(columns, words) -> None:
    with pytest.raises(BadInput, match=words):
        check_columns(Steady(), columns, 3)


def test_columns_of_numbers_and_of_lists_of_numbers_are_let_pass() -> None:
    good = {"steady": [1, None, float("nan")], "steady.state": [[1.0, 2], np.arange(3), None]}
    check_columns(Steady(), good, 3)


def test_a_metric_whose_constructor_leaves_is_missing_with_its_reason() -> None:
    class Leaving(Steady):
        def __init__(self, context=None):
            raise SystemExit(3)

    with METRICS.offering({"leaving": Leaving}):
        made = make_metric("leaving")
    assert made.reason == "metric 'leaving': its constructor called sys.exit(3)"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "gave None; expected a list of siebench.Estimate"),
        ([5], r"gave \[5\]; expected a list"),
        (
            [Estimate("other", 1.0)],
            "a score 'other', which `scores` does not name; they are steady",
        ),
        ([Estimate("steady", "x")], "gave the value 'x'; expected a number or None"),
    ],
)
def test_what_is_no_estimate_of_its_scores_is_a_failure_of_the_metric(found, words) -> None:
    with pytest.raises(PluginFailed, match=words):
        checked_estimates(Steady(), found)
