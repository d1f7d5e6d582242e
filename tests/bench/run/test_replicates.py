"""A score of the whole set leaves its values without each scene in the run, and is judged by them."""

import shutil
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from bench.core.errors import EditFailed
from bench.judge.baseline import read_scores, save_baseline
from bench.judge.gate.judgement import gate
from bench.judge.policy import Policy
from bench.metrics import Columns, Estimate, Metric, Missing
from bench.run import measure
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from bench.run.verify import verify_run
from bench.suite.schema import parse_suite
from tests.bench.judge.gate.made_runs import make_runs
from tests.bench.run.made_suite import suite_text, write_data


class Spread(Metric):
    """The variance over edits of the results' mean error: a statistic of the set, no mean of edits."""

    name = "spread"
    title = "Spread"
    better: ClassVar = "lower"

    def definition(self):
        return {"formula": "variance"}

    def measure(self, references, prepared, results) -> Columns:
        error = results.astype(float) - references.images
        return {"spread.errors": [[float(np.abs(one).mean())] for one in error]}

    def estimates(self, samples, references):
        values = np.asarray([row[0] for row in samples["spread.errors"]])
        left_out = [np.delete(values, i).var(ddof=1) for i in range(len(values))]
        return [
            Estimate(
                self.name,
                float(values.var(ddof=1)),
                n=len(values),
                scenes=tuple(samples["scene"]),
                kind="jackknife",
                replicates=np.asarray(left_out),
                interval="jackknife",
            )
        ]


def only_spread(name, options, context):
    return Spread() if name == "psnr" else Missing("this test has one metric")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "make_metric", only_spread)
        return make_runs(tmp_path_factory.mktemp("set"), 10, 60, scenes=12)


def test_the_table_holds_one_value_a_scene(runs) -> None:
    table = pd.read_parquet(runs[0] / "replicates.parquet")
    assert list(table["metric"]) == ["spread"]
    assert len(table["scenes"][0]) == len(table["values"][0]) == 12


def test_it_is_judged_like_any_other_score(runs, tmp_path) -> None:
    save_baseline(read_scores(runs[0]), tmp_path / "b.json")
    baseline = read_scores(tmp_path / "b.json")
    assert gate(read_scores(runs[0]), baseline).verdict == "passed"
    outcome = gate(read_scores(runs[1]), baseline, Policy(margins={"spread": "50%"}))
    assert outcome.verdict == "worse"
    assert outcome.checks[0].pair.difference.scenes == 12


@pytest.mark.parametrize("column", ["value", "low", "high"])
def test_a_score_that_was_changed_alone_is_named(runs, tmp_path, column) -> None:
    run = shutil.copytree(runs[0], tmp_path / "run")
    assert verify_run(run) == []
    table = pd.read_parquet(run / "scores.parquet")
    table[column] += {"value": -1.0, "low": -1.0, "high": 1.0}[column] * table["value"].abs()
    table.to_parquet(run / "scores.parquet")
    (line,) = verify_run(run)
    assert line.startswith("scores.parquet: spread of ")
    assert "with its replicates the interval of such a value is" in line


def test_no_table_is_left_of_results_that_are_gone(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "make_metric", only_spread)
    tasks = "[{dataset: rooms, protocol: freeform@1}]"
    text = suite_text(write_data(tmp_path / "rooms"), tasks=tasks, methods="[mine]")
    suite, run = parse_suite(text, "made.yaml"), tmp_path / "run"
    editor = Moody()
    for editor.willing, count in ((True, 1), (False, 0)):
        run_suite(suite, out=run, device="cpu", editors={"mine": editor}, fresh=["mine"])
        assert len(read_run(run).replicates) == count


class Moody:
    """An editor that carries out all edits, or none."""

    needs: frozenset[str] = frozenset()
    willing = True

    def edit(self, batch):
        if not self.willing:
            raise EditFailed("not today")
        return batch.masked
