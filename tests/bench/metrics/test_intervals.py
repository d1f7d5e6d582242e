"""Intervals cover what they claim: simulations with known truth and fixed seeds."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.metrics.estimate import mean_estimate
from bench.metrics.intervals import (
    agreement_interval,
    bootstrap_interval,
    jackknife_interval,
    scene_weights,
)
from bench.metrics.pixel import PSNR
from bench.metrics.ssim import SSIM


def coverage(draw_scenes, true_mean, trials=400):
    covered = 0
    for trial in range(trials):
        values, scenes = draw_scenes(np.random.default_rng(trial))
        low, high = mean_estimate("value", values, scenes).ends(0.95)
        covered += low <= true_mean <= high
    return covered / trials


def test_the_interval_of_a_mean_over_thirty_scenes_covers_95_percent():
    def draw(random):
        return random.gamma(4.0, size=30), [str(i) for i in range(30)]

    assert coverage(draw, 4.0) == pytest.approx(0.95, abs=0.025)


def test_the_interval_holds_with_eight_scenes():
    def draw(random):
        return random.normal(size=8), [str(i) for i in range(8)]

    assert coverage(draw, 0.0) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("scenes", [2, 3, 5])
def test_with_few_scenes_the_interval_of_a_mean_is_students(scenes):
    """No percentile of the resamples is far enough out: of two scenes they end at the scenes."""
    values = np.random.default_rng(scenes).normal(size=scenes)
    names = [str(i) for i in range(scenes)]
    oracle = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    low, high = mean_estimate("value", values, names).ends(0.95)
    assert (low + high) / 2 == pytest.approx(values.mean())
    assert high - low == pytest.approx(oracle.high - oracle.low, rel=0.05)  # but for 2000 draws


@pytest.mark.parametrize("scenes", [2, 3, 4, 5, 6])
def test_few_scenes_cover_95_percent_too(scenes):
    def draw(random):
        return random.normal(size=scenes), [str(i) for i in range(scenes)]

    assert coverage(draw, 0.0) == pytest.approx(0.95, abs=0.03)


def test_with_few_scenes_no_interval_reaches_beyond_what_an_edit_can_have():
    values = np.array([0.2, 0.9])
    low, high = mean_estimate("ssim", values, ["a", "b"], -1.0, 1.0).ends(0.95)
    assert (low, high) == (-1.0, 1.0)
    references = pd.DataFrame({"edit": ["a", "b"], "scene": ["a", "b"]})
    ssim = SSIM().summarise(references.assign(ssim=values), references)[0]
    psnr = PSNR().summarise(references.assign(psnr=[8.0, 30.0]), references)[0]
    assert (ssim.low, ssim.high) == (-1.0, 1.0)
    assert (psnr.low, psnr.high > 100) == (0.0, True)


def test_edits_of_one_scene_are_kept_together():
    def draw(random):
        shared = np.repeat(random.normal(size=25), 4)
        return shared + 0.3 * random.normal(size=100), [str(i // 4) for i in range(100)]

    assert coverage(draw, 0.0) == pytest.approx(0.95, abs=0.025)


def test_resamples_draw_every_scene_as_often_as_chance_says():
    weights = scene_weights(20)
    assert (weights.sum(axis=1) == 20).all()
    assert weights.mean(axis=0) == pytest.approx(1, abs=0.1)
    assert weights.var() == pytest.approx(1 - 1 / 20, abs=0.03)


def test_one_scene_has_no_interval():
    estimate = mean_estimate("value", np.array([1.0, 2.0]), ["a", "a"])
    assert estimate.value == 1.5
    score = estimate.score()
    assert score.low is None
    assert "two scenes" in score.reason


def test_an_edit_without_a_value_is_left_out():
    estimate = mean_estimate("value", np.array([1.0, np.nan, 3.0]), ["a", "b", "c"])
    assert (estimate.value, estimate.n, estimate.scenes) == (2.0, 2, ("a", "c"))


def test_no_value_at_all_says_so():
    score = mean_estimate("value", np.array([np.nan]), ["a"]).score()
    assert (score.value, score.reason) == (None, "no edit has a value")


def test_infinite_values_of_both_signs_have_no_mean():
    found = mean_estimate("mine", np.array([1.0, np.inf, -np.inf]), ["a", "b", "c"]).score()
    assert found.value is None
    assert found.reason == "2 of 3 edits have infinite values of both signs, which have no mean"


def test_an_infinite_value_makes_the_mean_infinite_and_is_explained():
    score = mean_estimate("psnr", np.array([30.0, np.inf]), ["a", "b"]).score()
    assert score.value == np.inf
    assert score.low is None
    assert "1 of 2 edits" in score.reason


def test_the_jackknife_of_a_mean_is_students_interval():
    values = np.random.default_rng(0).normal(size=12)
    replicates = (values.sum() - values) / 11
    low, high = jackknife_interval(values.mean(), replicates)
    reach = 2.200985 * values.std(ddof=1) / np.sqrt(12)  # t of 11 degrees of freedom at 97.5 %
    assert (low, high) == pytest.approx((values.mean() - reach, values.mean() + reach), rel=1e-5)


def test_the_interval_of_an_agreement_stays_within_what_one_can_be():
    replicates = np.array([0.0, 0.9, 1.0, np.nan])
    assert agreement_interval(0.9, replicates, 3) == (-1, 1)
    assert agreement_interval(0.9, replicates, 1) == (None, None)
    assert agreement_interval(0.9, np.array([np.nan]), 3) == (None, None)


def test_replicates_that_are_not_numbers_give_no_interval():
    assert bootstrap_interval(1.0, np.array([1.0, np.nan]), 5) is None
    assert jackknife_interval(1.0, np.array([1.0, np.inf])) is None
