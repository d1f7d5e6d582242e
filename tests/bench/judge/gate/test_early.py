"""`--until-decided`: a run ends when its verdict is sure, and only then."""

import itertools
import json
import pickle
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.cli.terminal.early import exit_code, judging
from bench.cli.terminal.outcome import finish
from bench.core.errors import BadInput
from bench.judge.baseline import read_scores
from bench.judge.gate.early import CLIP, EarlyVerdict, Sequence
from bench.judge.gate.sequential import ConfidenceSequence
from bench.judge.policy import Policy
from bench.run import plan
from bench.run.suite_run import run_suite
from bench.run.take_part import take_part
from tests.bench.judge.gate.made_runs import made_suite, write_results
from tests.bench.judge.made_scores import of_scenes, per_edit, score_set
from tests.bench.run.made_suite import write_data
from tests.bench.run.test_suite_run import fingerprints

SCENES = 24


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(data, results, baseline): the baseline is a full run at noise 20."""
    root = tmp_path_factory.mktemp("early")
    data, results = write_data(root / "rooms", SCENES), root / "results"
    write_results(data, results, 20)
    run_suite(made_suite(data, results), out=root / "full", device="cpu", workers=1)
    return data, results, read_scores(root / "full")


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch) -> None:
    monkeypatch.setattr(plan, "SHARD", 4)


def carried_out(made, out, noise: float, policy: Policy | None = None, executor="local"):
    data, results, baseline = made
    write_results(data, results, noise)
    early = EarlyVerdict(baseline, policy)
    suite = made_suite(data, results)
    outcome = run_suite(suite, out=out, device="cpu", workers=1, until=early, executor=executor)
    write_results(data, results, 20)
    return early, outcome


def test_a_clear_loss_ends_the_run_early(made, tmp_path) -> None:
    early, outcome = carried_out(made, tmp_path / "run", 60)
    assert early.overall == "worse"
    assert outcome.edits < SCENES
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "decided"
    assert f"after {outcome.edits} of {SCENES} edits" in "\n".join(early.lines())


def test_a_run_that_stopped_early_is_told_without_verdicts_of_its_own(
    made, tmp_path, capsys
) -> None:
    early, outcome = carried_out(made, tmp_path / "run", 60)
    finish(outcome)
    said = capsys.readouterr().out
    assert f"{outcome.edits} edits, 0 impossible, 0 failed" in said
    assert "told apart" not in said
    assert exit_code(early) == 1


def test_an_identical_method_passes_after_some_hundred_scenes() -> None:
    values = np.random.default_rng(1).normal(25, 3, 400)
    scores = per_edit("psnr", values, samples=2)
    sequence = Sequence(scores, 0.1, ConfidenceSequence(CLIP * 0.1, 0.05))
    rows = pd.DataFrame(
        {
            "edit": scores.units,
            "scene": scores.scenes,
            "status": "ok",
            "reason": "",
            "psnr": values,
        }
    )
    sequence.add(rows[:20])
    assert sequence.verdict == "undecided"
    sequence.add(rows[20:])
    assert sequence.verdict == "passed"
    assert sequence.bounds.count == 200
    assert sequence.edits == 400


def test_a_scene_counts_when_all_its_edits_are_there() -> None:
    scores = per_edit("psnr", [20.0, 21.0, 22.0, 23.0], samples=2)
    sequence = Sequence(scores, 0.1, ConfidenceSequence(2.0, 0.05))
    rows = pd.DataFrame(
        {
            "edit": scores.units,
            "scene": scores.scenes,
            "status": "ok",
            "reason": "",
            "psnr": 20.0,
        }
    )
    sequence.add(rows[:3])
    assert (sequence.edits, sequence.bounds.count) == (3, 1)
    sequence.add(rows[3:])
    assert (sequence.edits, sequence.bounds.count) == (4, 2)


def test_a_failed_edit_ends_in_a_sentence() -> None:
    scores = per_edit("psnr", [20.0, 21.0])
    sequence = Sequence(scores, 0.1, ConfidenceSequence(2.0, 0.05))
    rows = pd.DataFrame(
        {"edit": ["s0.0"], "scene": ["s0"], "status": "failed", "reason": "NaN", "psnr": [None]}
    )
    with pytest.raises(BadInput, match=r"edit 's0\.0' has no value \(NaN\)"):
        sequence.add(rows)


def test_too_few_edits_leave_it_undecided_with_all_of_them_made(made, tmp_path) -> None:
    early, outcome = carried_out(made, tmp_path / "run", 20)
    assert early.overall == "undecided"
    assert outcome.edits == SCENES
    assert f"after {SCENES} of {SCENES} edits" in early.lines()[0]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "done"


class Ahead:
    """Carries out the last of five shards first, as several workers may."""

    here = True

    def run(self, job, shards, done):
        worker = job.worker("cpu")
        while taken := list(itertools.islice(shards, 5)):
            for shard in reversed(taken):
                worker.carry_out(shard)
                done(shard)


def test_what_is_done_beyond_the_verdict_is_thrown_away(made, tmp_path, capsys) -> None:
    early, outcome = carried_out(made, tmp_path / "run", 60)
    same, ahead = carried_out(made, tmp_path / "ahead", 60, executor=Ahead())
    assert same.lines() == early.lines()
    assert fingerprints(tmp_path / "ahead") == fingerprints(tmp_path / "run")
    assert ahead.surplus == 5 - outcome.edits / 4
    assert len(list((tmp_path / "ahead/edits").glob("*/*"))) == outcome.edits
    finish(ahead)
    assert "that other workers had done beyond the verdict" in capsys.readouterr().out


class Threads:
    """Three workers, each with a copy of the job, as other processes have it."""

    here = False

    def run(self, job, shards, done):
        threads = [
            threading.Thread(
                target=take_part,
                args=(pickle.loads(pickle.dumps(job)), shards.stamps),
                kwargs={"device": "cpu"},
            )
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for shard in shards.follow(lambda: time.sleep(0.02)):
            done(shard)
        for thread in threads:
            thread.join()


def test_workers_elsewhere_decide_alike(made, tmp_path) -> None:
    early, outcome = carried_out(made, tmp_path / "run", 60)
    same, elsewhere = carried_out(made, tmp_path / "elsewhere", 60, executor=Threads())
    assert same.lines() == early.lines()
    assert elsewhere.edits == outcome.edits
    assert fingerprints(tmp_path / "elsewhere") == fingerprints(tmp_path / "run")


def test_a_stopped_run_goes_on_to_the_same_verdict(made, tmp_path) -> None:
    first, one = carried_out(made, tmp_path / "run", 60)
    again, two = carried_out(made, tmp_path / "run", 60)
    assert first.lines() == again.lines()
    assert one.edits == two.edits


def test_a_verdict_is_made_of_no_result_that_is_to_be_made_again(made, tmp_path) -> None:
    former, _ = carried_out(made, tmp_path / "run", 20)
    again, outcome = carried_out(made, tmp_path / "run", 60)
    same, _ = carried_out(made, tmp_path / "new", 60)
    assert former.overall == "undecided"
    assert again.lines() == same.lines()
    assert fingerprints(tmp_path / "run") == fingerprints(tmp_path / "new")
    assert sum(outcome.kept.values()) == 0


def test_a_run_that_stopped_early_is_not_compared(made, tmp_path) -> None:
    carried_out(made, tmp_path / "run", 60)
    with pytest.raises(BadInput, match="stopped early"):
        read_scores(tmp_path / "run")


def test_the_order_is_keyed_and_not_the_datasets(made) -> None:
    data, results, _ = made
    suite = made_suite(data, results)
    plain = plan.plan_run(suite).tasks[0]
    shuffled = plan.plan_run(suite, shuffled=True).tasks[0]
    fewer = plan.plan_run(suite, limit=10, shuffled=True).tasks[0]
    assert sorted(shuffled.scenes) == sorted(plain.scenes)
    assert shuffled.scenes != plain.scenes
    assert shuffled.record == plain.record
    assert [s for s in shuffled.scenes if s in fewer.scenes] == list(fewer.scenes)


def test_another_protocol_is_refused_before_anything_runs(made, tmp_path) -> None:
    data, results, baseline = made
    early = EarlyVerdict(baseline)
    with pytest.raises(BadInput, match=r"the protocol is not the baseline's: .*seed"):
        run_suite(
            made_suite(data, results), out=tmp_path / "run", seed=5, device="cpu", until=early
        )
    assert not (tmp_path / "run").exists()


def test_what_no_sequence_follows_is_left_to_the_gate_by_name() -> None:
    flat = np.full(SCENES, 0.5)
    scores = (per_edit("psnr", flat + 20), per_edit("ssim", flat), per_edit("seam", flat))
    baseline = score_set(*scores, of_scenes("miou", 0.5, flat))
    policy = Policy(margins={"ssim": 0}, costs={"ms": 2})
    left = "left to `siebench gate` and a run in full: ssim, miou, ms"
    assert EarlyVerdict(baseline, policy).lines()[-2] == left
    assert EarlyVerdict(score_set(scores[0])).lines() == ["passed: per-edit scores, at 5 % error"]


def test_margins_of_zero_cannot_be_followed(made, tmp_path) -> None:
    none = Policy(margins={"psnr": 0, "psnr-hole": 0, "l1": 0, "l1-hole": "2se"})
    with pytest.raises(BadInput, match="nothing can be decided early"):
        carried_out(made, tmp_path / "run", 20, none)


@pytest.mark.parametrize(
    "options", [(None, None, True), (Path("b.json"), None, False), (None, Path("p.yaml"), False)]
)
def test_the_options_need_each_other(options) -> None:
    with pytest.raises(BadInput, match="needs --baseline"):
        judging(*options)
