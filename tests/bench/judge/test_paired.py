"""Paired differences against closed forms and SciPy, and their edge cases in words."""

import math

import numpy as np
import pytest
from scipy import stats

from bench.judge.paired import holm, pair_classes, pair_scores, pair_values


def test_one_edit_a_scene_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.normal(25, 3, 30), rng.normal(25.3, 3, 30)
    paired = pair_values(before, after, [str(i) for i in range(30)])
    oracle = stats.ttest_rel(after, before)
    assert 2 * min(paired.above(0), paired.below(0)) == pytest.approx(oracle.pvalue, rel=1e-12)
    ends = oracle.confidence_interval(0.95)
    assert paired.interval(0.95) == pytest.approx((ends.low, ends.high), rel=1e-12)


def test_equally_many_edits_a_scene_is_the_t_test_of_scene_means() -> None:
    rng = np.random.default_rng(1)
    gaps = rng.normal(0, 1, (12, 1)) + rng.normal(0, 0.2, (12, 5))
    scenes = [f"s{i}" for i in range(12) for _ in range(5)]
    paired = pair_values(np.zeros(60), gaps.ravel(), scenes)
    oracle = stats.ttest_1samp(gaps.mean(axis=1), 0.0)
    assert paired.above(0) == pytest.approx(stats.t.sf(oracle.statistic, 11), rel=1e-10)
    assert paired.scenes == 12
    assert paired.n == 60


def test_pseudo_values_of_a_mean_give_the_same_error_as_its_values() -> None:
    rng = np.random.default_rng(2)
    before, after = rng.normal(0, 1, 20), rng.normal(0, 1, 20)

    def pseudo(values: np.ndarray) -> np.ndarray:
        left_out = (values.sum() - values) / 19
        return 20 * values.mean() - 19 * left_out

    whole = pair_scores(before.mean(), after.mean(), pseudo(before), pseudo(after))
    plain = pair_values(before, after, [str(i) for i in range(20)])
    assert whole.estimate == pytest.approx(plain.estimate)
    assert whole.error == pytest.approx(plain.error)


def of_class(own: np.ndarray, scenes: int) -> tuple[float, np.ndarray]:
    """The mean IoU of as many scenes with equal unions, and its pseudo-values among `scenes` scenes."""
    without = np.full(scenes, own.mean())  # the other scenes do not show the class
    if len(own) > 1:
        without[: len(own)] = (own.sum() - own) / (len(own) - 1)
    return own.mean(), scenes * own.mean() - (scenes - 1) * without


def test_a_class_is_paired_over_the_scenes_that_show_it() -> None:
    before, after = np.asarray([0.5, 0.7, 0.4]), np.asarray([0.45, 0.52, 0.31])
    (was, old), (now, new) = of_class(before, 30), of_class(after, 30)
    paired = pair_classes(was, now, old, new)
    oracle = stats.ttest_rel(after, before)
    assert 2 * paired.below(0) == pytest.approx(oracle.pvalue, rel=1e-9)
    ends = oracle.confidence_interval(0.95)
    assert paired.interval(0.95) == pytest.approx((ends.low, ends.high), rel=1e-9)
    assert paired.scenes == 3


def test_a_class_that_one_scene_alone_shows_is_never_judged() -> None:
    (was, old), (now, new) = of_class(np.asarray([0.5]), 30), of_class(np.asarray([0.4]), 30)
    paired = pair_classes(was, now, old, new)
    assert (paired.estimate, paired.error) == (pytest.approx(-0.1), None)
    assert paired.below(0) == 1
    assert pair_classes(was, was, old, old).identical


def test_one_scene_has_no_error_and_decides_nothing() -> None:
    paired = pair_values(np.zeros(3), np.ones(3), ["a", "a", "a"])
    assert paired.error is None
    assert paired.interval(0.95) is None
    assert paired.above(0) == 1
    assert "two" in paired.note


def test_equal_values_are_identical_with_a_point_for_an_interval() -> None:
    values = np.asarray([1.0, 2.0, math.inf])
    paired = pair_values(values, values, ["a", "b", "c"])
    assert paired.identical
    assert paired.interval(0.95) == (0, 0)
    assert paired.above(0) == paired.below(0) == 1


def test_a_constant_difference_is_left_to_the_sign_test() -> None:
    paired = pair_values(np.zeros(6), np.full(6, 0.5), list("abcdef"))
    assert paired.above(0) == 1 / 2**6
    assert paired.above(0.6) == 1
    assert paired.below(0.6) == 1 / 2**6
    assert "sign test" in paired.note


@pytest.mark.parametrize(("scenes", "shown"), [(5, False), (6, True)])
def test_a_constant_difference_has_the_interval_of_the_sign_test(scenes: int, shown: bool) -> None:
    """At 95 % there is one where twice 2 ** -scenes is at most 5 %, and it is that amount."""
    paired = pair_values(np.zeros(scenes), np.full(scenes, 0.5), [str(i) for i in range(scenes)])
    oracle = float(stats.binomtest(scenes, scenes).pvalue)
    assert 2 * paired.above(0) == oracle
    assert (oracle <= 0.05) is shown
    assert paired.interval(0.95) == ((0.5, 0.5) if shown else None)


def test_scenes_that_differ_by_the_same_amount_are_as_many_signs_whatever_their_edits_do() -> None:
    scenes = [name for name in "abc" for _ in range(2)]
    paired = pair_values(np.zeros(6), np.asarray([1.0, 3.0] * 3), scenes)
    assert paired.estimate == 2
    assert paired.above(0) == 1 / 2**3
    assert paired.interval(0.95) is None


def test_edits_that_cancel_in_every_scene_are_not_equal_values() -> None:
    scenes = [name for name in "abc" for _ in range(3)]
    paired = pair_values(np.zeros(9), np.asarray([0.1, 0.2, -0.3] * 3), scenes)
    assert paired.estimate == 0
    assert not paired.identical
    assert paired.above(0) == paired.below(0) == 1
    assert paired.below(0.5) == 1 / 2**3


def test_what_floating_point_adds_to_a_constant_difference_decides_nothing() -> None:
    before = np.asarray([10.1, 20.2, 30.3])
    after = before + 0.1
    assert len(set(after - before)) > 1  # the same amount, but for rounding
    assert pair_values(before, after, list("abc")).above(0) == 1 / 2**3
    assert pair_scores(20.2, 20.3, before, after).above(0) == 1 / 2**3


def test_values_that_differ_beyond_their_nine_digits_alone_are_equal() -> None:
    before = np.asarray([25.0, 26.0, 27.0])
    after = before * (1 + 1e-12 * np.asarray([1, -1, 1]))
    assert pair_values(before, after, list("abc")).identical
    assert pair_scores(26.0, 26.0 + 1e-12, before, after).identical


def test_infinite_on_one_side_is_left_to_the_sign_test() -> None:
    before = np.asarray([math.inf] * 7 + [30.0])
    after = np.full(8, 30.0)
    paired = pair_values(before, after, list("abcdefgh"))
    assert paired.estimate == -math.inf
    assert paired.interval(0.95) is None
    assert paired.below(-0.1) == 1 / 2**7
    assert paired.above(0) == 1


def test_infinite_in_both_directions_cannot_be_said() -> None:
    before = np.asarray([math.inf, 30.0, 30.0])
    after = np.asarray([30.0, math.inf, 30.0])
    paired = pair_values(before, after, list("abc"))
    assert math.isnan(paired.estimate)
    assert paired.above(0) == paired.below(0) == 1


def test_the_scenes_that_a_sign_test_needs_are_those_that_agree_often_enough() -> None:
    # Two-sided at 5 % it takes 2 / 2^k <= 0.05: k = 6.
    same = pair_values(np.zeros(4), np.full(4, 0.5), list("abcd"))
    assert same.scenes_needed(0.1, 0.05, 0.8) == 6
    assert same.scenes_needed(0.5, 0.05, 0.8) is None
    every_second = pair_values(np.zeros(4), np.asarray([0, math.inf, 0, math.inf]), list("abcd"))
    assert every_second.scenes_needed(0.1, 0.05, 0.8) == math.ceil(2 * math.log2(40))
    both_ways = pair_values(np.asarray([math.inf, 0]), np.asarray([0, math.inf]), list("ab"))
    assert both_ways.scenes_needed(0.1, 0.05, 0.8) is None


def test_holm_multiplies_the_smallest_by_the_count_and_never_falls() -> None:
    # By hand: 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1 raised to the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []
