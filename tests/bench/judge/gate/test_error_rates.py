"""Two hundred simulated comparisons, seeded: how often the gate errs, and what it can see.

A null comparison sits on the edge of the margin, where false alarms are likeliest: margin 0, no true
difference. At a rate of 5 %, more than 16 alarms in 200 have a chance of 1.6 %.
"""

import numpy as np

from bench.judge.gate.judgement import gate
from bench.judge.policy import Policy
from bench.metrics.confusion import Counts
from bench.metrics.frechet import frechet_distance, leave_one_out
from bench.metrics.iou import class_iou
from tests.bench.judge.made_scores import of_scenes, per_edit, score_set

ALLOWED = 16
STRICT = Policy(margins={"psnr": 0.0, "lpips-alex": 0.0, "l1": 0.0})


def alarms(verdicts: list[str]) -> int:
    return verdicts.count("worse")


def pictures(rng: np.random.Generator, loss: float = 0.0):
    """Two models on 30 scenes with two edits each: three metrics that move together, with errors
    that scenes share and that have a long tail.
    """
    difficulty = np.repeat(rng.normal(0, 3, 30), 2)
    shared = np.repeat(rng.standard_t(5, 30), 2) * 0.4 + rng.standard_t(5, 60) * 0.5
    quality = 25 + difficulty
    new = quality + shared - loss
    before = score_set(
        per_edit("psnr", quality, samples=2),
        per_edit("lpips-alex", 10 ** (-quality / 20), samples=2),
        per_edit("l1", 60 - quality, samples=2),
    )
    after = score_set(
        per_edit("psnr", new, samples=2),
        per_edit("lpips-alex", 10 ** (-quality / 20) - shared / 200, samples=2),
        per_edit("l1", 60 - new + rng.normal(0, 0.5, 60), samples=2),
    )
    return after, before


def test_false_alarms_of_per_edit_metrics_keep_the_stated_rate() -> None:
    rng = np.random.default_rng(20)
    verdicts = [gate(*pictures(rng), STRICT).verdict for _ in range(200)]
    assert alarms(verdicts) <= ALLOWED


def test_the_default_margins_raise_fewer_alarms_still() -> None:
    rng = np.random.default_rng(21)
    assert alarms([gate(*pictures(rng)).verdict for _ in range(200)]) <= 2


def test_false_alarms_of_a_whole_set_metric_keep_the_stated_rate() -> None:
    """The Fréchet distance through its jackknife, scenes leaving both sets."""
    rng = np.random.default_rng(22)
    verdicts = []
    for _ in range(200):
        real = rng.normal(0, 1, (40, 3))
        both = [score_set(frechet(real, real + rng.normal(0, 0.4, (40, 3)))) for _ in range(2)]
        verdicts.append(gate(*both, Policy(margins={"fid": 0.0})).verdict)
    assert alarms(verdicts) <= ALLOWED


def frechet(real: np.ndarray, fake: np.ndarray):
    value = frechet_distance(real, fake)
    left_out = leave_one_out(real, fake, np.arange(len(real)))
    return of_scenes("fid", value, len(real) * value - (len(real) - 1) * left_out)


def test_false_alarms_of_a_ratio_of_counts_keep_the_stated_rate() -> None:
    """mIoU over five classes, of which a scene holds about two: few scenes carry each class."""
    rng = np.random.default_rng(25)
    verdicts = []
    for _ in range(200):
        truth = rng.integers(50, 400, (40, 5)) * (rng.random((40, 5)) < 0.4)
        both = [score_set(miou(truth, rng)) for _ in range(2)]
        verdicts.append(gate(*both, Policy(margins={"miou": 0.0})).verdict)
    assert alarms(verdicts) <= ALLOWED


def miou(truth: np.ndarray, rng: np.random.Generator):
    """One model's mIoU on scenes with these class sizes [g,K], with its pseudo-values."""
    right = rng.binomial(truth, rng.beta(8, 2, truth.shape))
    named = right + rng.poisson(20, truth.shape) * (truth > 0)
    counts = Counts(right, truth, named, np.zeros(len(truth), np.int64))
    value = float(class_iou(counts.total()).mean())
    left_out = class_iou(counts.without_each()).mean(axis=1)
    return of_scenes("miou", value, len(truth) * value - (len(truth) - 1) * left_out)


def test_the_printed_effect_is_found_with_about_the_stated_power() -> None:
    rng = np.random.default_rng(23)
    policy = Policy(margins={"psnr": 0.0})
    seen = []
    for _ in range(200):
        quality = 25 + np.repeat(rng.normal(0, 3, 30), 2)
        noise = np.repeat(rng.normal(0, 0.5, 30), 2) + rng.normal(0, 0.5, 60)
        before = score_set(per_edit("psnr", quality, samples=2))
        null = gate(score_set(per_edit("psnr", quality + noise, samples=2)), before, policy)
        loss = null.checks[0].detectable
        worse = score_set(per_edit("psnr", quality + noise - loss, samples=2))
        seen.append(gate(worse, before, policy).verdict == "worse")
    # Binomial(200, 0.8): two-sided 99.9 %.
    assert 141 <= sum(seen) <= 177


def test_a_loss_of_one_decibel_is_almost_always_caught() -> None:
    rng = np.random.default_rng(24)
    verdicts = [gate(*pictures(rng, loss=1.0)).verdict for _ in range(200)]
    assert alarms(verdicts) >= 190
