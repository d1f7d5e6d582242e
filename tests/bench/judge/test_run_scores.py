"""A run directory becomes scores: per-edit values, pseudo-values, failures and costs."""

import json

import numpy as np
import pandas as pd
import pytest

from bench.core.errors import BadInput
from bench.judge.compare.comparison import compare
from bench.judge.run_scores import scores_of_run
from bench.judge.scores import ScoreKey
from bench.metrics.intervals import jackknife_interval
from tests.reports.made_run import make_run

TASK = "scenes / free-form"


@pytest.fixture
def folder(tmp_path):
    return make_run(tmp_path / "run", edits=10, methods=2, tasks=1, size=16)


def write_replicates(folder, left_out: np.ndarray) -> None:
    scenes = [f"scene-{i:04d}" for i in range(len(left_out))]
    row = {"task": TASK, "method": "diffusion", "metric": "miou", "of": "all"}
    pd.DataFrame([{**row, "scenes": scenes, "values": left_out}]).to_parquet(
        folder / "replicates.parquet"
    )


def test_per_edit_values_come_with_their_scenes(folder) -> None:
    known = scores_of_run(folder)
    one = known.scores[ScoreKey(TASK, "diffusion", "psnr")]
    samples = pd.read_parquet(folder / "samples" / "task-0" / "00000.parquet")
    mine = samples[samples["method"] == "diffusion"]
    assert one.kind == "edits"
    assert list(one.units) == list(mine["edit"])
    np.testing.assert_allclose(one.values, mine["psnr"], rtol=1e-8)
    assert one.scenes[:3] == ("scene-0000", "scene-0000", "scene-0001")


def test_a_score_without_values_keeps_its_reason_and_is_not_paired(folder) -> None:
    known = scores_of_run(folder)
    assert known.scores[ScoreKey(TASK, "diffusion", "fid")].value is None
    assert "weights" in known.scores[ScoreKey(TASK, "diffusion", "fid")].reason
    assert known.scores[ScoreKey(TASK, "diffusion", "miou", "sky")].kind == "none"


def test_leave_one_out_values_give_the_jackknife_of_the_difference(folder, tmp_path) -> None:
    other = make_run(tmp_path / "other", edits=10, methods=2, tasks=1, size=16)
    rng = np.random.default_rng(0)
    # The score itself is 0.83 in both runs.
    one, two = 0.83 + rng.normal(0, 0.01, (2, 5))
    write_replicates(folder, one)
    write_replicates(other, two)
    found = compare(scores_of_run(folder), scores_of_run(other))
    change = next(c for c in found.changes if c.pair.key == ScoreKey(TASK, "diffusion", "miou"))
    expected = jackknife_interval(0.0, two - one, 0.95)
    assert change.interval == pytest.approx(expected, rel=1e-5)


def test_a_score_that_needs_one_scene_cannot_be_paired(folder) -> None:
    write_replicates(folder, np.asarray([0.8, 0.8, np.nan, 0.8, 0.8]))
    one = scores_of_run(folder).scores[ScoreKey(TASK, "diffusion", "miou")]
    assert (one.kind, one.reason) == ("none", "without one of its scenes there is no value")


def test_failed_edits_are_told_by_method(tmp_path) -> None:
    known = scores_of_run(make_run(tmp_path / "run", edits=10, methods=3, tasks=1, size=16))
    assert known.failures == {
        (TASK, "nearest"): "1 edit failed (first: result has NaN in 12 of 4096 pixels)"
    }
    assert known.problems == {"broken": "no module named 'elsewhere'"}


def test_scenes_that_could_not_be_read_refuse_every_method(folder) -> None:
    record = json.loads((folder / "run.json").read_text())
    unread = {"scene": "scene-0099", "sample": 0, "reason": "not a picture"}
    record["tasks"][0]["unreadable"] = [unread]
    (folder / "run.json").write_text(json.dumps(record))
    known = scores_of_run(folder)
    with pytest.raises(BadInput, match=r"1 edit failed .first: not a picture"):
        compare(known, known)


def test_costs_and_machine_are_read(folder) -> None:
    known = scores_of_run(folder)
    assert known.costs[(TASK, "diffusion")]["ms"] == pytest.approx(4.6)
    assert known.machine == {"device": "cpu", "cpu": "A CPU", "cores": 2, "memory_gib": 8.0}
