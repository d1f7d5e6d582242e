"""KID: against torchmetrics' and clean-fid's formulas, paired sets, leave-one-out."""

import numpy as np
import pytest
import torch
from cleanfid.fid import kernel_distance as cleanfid_kernel_distance
from torchmetrics.image.kid import poly_mmd

from bench.metrics.estimate import Estimate
from bench.metrics.intervals import jackknife_interval
from bench.metrics.kernel import KernelSums, kernel_distance


def features(n, seed, d=16):
    return np.random.default_rng(seed).normal(size=(n, d)) + 0.2


def test_independent_sets_equal_torchmetrics():
    real, fake = features(40, 1), 1.1 * features(40, 2)
    theirs = poly_mmd(torch.from_numpy(real), torch.from_numpy(fake))
    assert kernel_distance(real, fake) == pytest.approx(float(theirs), rel=1e-10)


def test_independent_sets_equal_cleanfid():
    real, fake = features(40, 1), 1.1 * features(40, 2)
    assert kernel_distance(real, fake) == pytest.approx(
        cleanfid_kernel_distance(real, fake, num_subsets=2), rel=1e-10
    )


def test_identical_paired_sets_give_exactly_zero():
    real = features(20, 1)
    assert kernel_distance(real, real.copy(), np.arange(20)) == 0
    assert kernel_distance(real, real.copy()) != 0  # the reason for leaving pairs out


def by_hand(real, fake, codes):
    d = real.shape[1]
    kernel = lambda x, y: (x @ y / d + 1) ** 3  # noqa: E731
    terms = [
        kernel(real[i], real[j])
        + kernel(fake[i], fake[j])
        - kernel(real[i], fake[j])
        - kernel(fake[i], real[j])
        for i in range(len(real))
        for j in range(len(real))
        if codes[i] != codes[j]
    ]
    return np.mean(terms)


def test_pairs_of_one_scene_are_left_out():
    real, fake, codes = features(12, 1), 1.2 * features(12, 2), np.arange(12) // 3
    assert kernel_distance(real, fake, codes) == pytest.approx(by_hand(real, fake, codes))


def test_leaving_a_scene_out_equals_computing_again():
    real, fake, codes = features(12, 1), 1.2 * features(12, 2), np.arange(12) // 3
    again = [by_hand(real[codes != c], fake[codes != c], codes[codes != c]) for c in range(4)]
    assert KernelSums.of(real, fake, codes).without() == pytest.approx(again)


def test_two_scenes_are_needed():
    with pytest.raises(ValueError, match="two scenes"):
        kernel_distance(features(3, 1), features(3, 2), np.zeros(3, np.int64))


def coverage(shift, n=50, trials=300):
    def draw(seed):
        real = features(n, [1, seed], d=6)
        return real, 0.8 * real + 0.4 * features(n, [2, seed], d=6) + shift

    codes = np.arange(n)
    true = np.mean([kernel_distance(*draw(9000 + seed), codes) for seed in range(2000)])
    covered = 0
    for seed in range(trials):
        sums = KernelSums.of(*draw(seed), codes)
        low, high = jackknife_interval(sums.distance(), sums.without())
        covered += low <= true <= high
    return covered / trials


def test_two_scenes_have_a_distance_and_no_interval():
    real, fake = np.eye(2, 4), np.eye(2, 4)[::-1] + 0.5
    sums = KernelSums.of(real, fake, np.arange(2))
    found = Estimate("kid", sums.distance(), scenes=("a", "b"), kind="jackknife",
                     replicates=sums.without()).score()  # fmt: skip
    assert found.low is None
    assert found.reason == "no interval: without one of its scenes there is no value"


def test_the_interval_covers_what_it_claims_where_the_sets_differ():
    assert coverage(shift=0.6) == pytest.approx(0.95, abs=0.03)


def test_the_interval_of_nearly_equal_sets_is_wide_rather_than_narrow():
    # Near zero the distance is a degenerate U-statistic, whose jackknife variance is too large.
    assert coverage(shift=0.0) >= 0.95
