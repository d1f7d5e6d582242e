"""The best of a column against the others: whom it beats, and whom not."""

import math
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from bench.judge.leaders import ALPHA, POWER, Contest, Lead, leads
from bench.judge.margin import Margin
from bench.judge.paired import pair_values
from tests.bench.judge.made_scores import of_scenes, per_edit, score_set

BASE = np.random.default_rng(3).normal(25, 3, 20)


def column(*best: str, score: str = "l1", **values: np.ndarray) -> Lead:
    """The lead in a score of these methods."""
    known = score_set(*(per_edit(score, own, method=name) for name, own in values.items()))
    (lead,) = leads(known, [Contest("rooms", score, best, tuple(values))])
    return lead


def noisy(shift: float, seed: int, spread: float = 1.0) -> np.ndarray:
    return BASE + shift + np.random.default_rng(seed).normal(0, spread, len(BASE))


def names(changes) -> list[str]:
    return [change.pair.before.key.method for change in changes]


def test_the_best_is_told_from_what_is_far_and_not_from_what_is_near() -> None:
    lead = column("first", first=BASE, near=noisy(0.1, 1), far=noisy(9, 2))
    assert names(lead.changes) == ["near", "far"]
    assert names(lead.beaten) == ["far"]
    assert names(lead.open) == ["near"]
    assert not lead.sure


def test_the_best_is_sure_where_every_other_is_worse_beyond_noise() -> None:
    assert column("first", first=BASE, second=noisy(8, 1), third=noisy(9, 2)).sure


def test_p_values_are_the_paired_t_tests_corrected_for_every_pair_of_methods() -> None:
    values = {"first": BASE, "second": noisy(1.9, 1), "third": noisy(2.2, 2)}
    lead = column("first", **values)
    margin = 0.03  # of the score before, as L1 declares it

    def p(before: np.ndarray, after: np.ndarray) -> float:
        """Two-sided, against a true difference within the margin."""
        gaps, slack = after - before, margin * before.mean()
        tails = [stats.ttest_1samp(gaps, end, alternative=side).pvalue
                 for end, side in ((slack, "greater"), (-slack, "less"))]  # fmt: skip
        return min(1.0, 2 * min(tails))

    pairs = [("second", "first"), ("third", "first"), ("second", "third")]
    raw = sorted((p(values[one], values[other]), one, other) for one, other in pairs)
    expected, highest = {}, 0.0
    for rank, (value, one, other) in enumerate(raw):
        highest = max(highest, min(1.0, (3 - rank) * value))
        expected[one, other] = highest
    assert lead.pairs == 3
    for change in lead.changes:
        assert change.adjusted == pytest.approx(
            expected[change.pair.before.key.method, "first"], rel=1e-9
        )


def test_of_equal_methods_the_best_is_rarely_called_better_although_it_was_picked() -> None:
    rng, rounds, wrong = np.random.default_rng(5), 300, 0
    for _ in range(rounds):
        own = {f"m{i}": 25 + rng.normal(0, 5, 12) for i in range(5)}
        best = min(own, key=lambda name: own[name].mean())
        scores = (per_edit("l1", values, method=name) for name, values in own.items())
        known = score_set(*(replace(one, margin=Margin(0.0)) for one in scores))
        (lead,) = leads(known, [Contest("rooms", "l1", (best,), tuple(own))])
        wrong += bool(lead.beaten)
    assert wrong / rounds <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / rounds)


def test_methods_with_different_edits_meet_on_those_that_all_have() -> None:
    first, second = BASE, noisy(5, 1)
    known = score_set(
        per_edit("l1", first, method="first"),
        per_edit("l1", second, method="second"),
        per_edit("l1", noisy(6, 2)[:15], method="third"),
    )
    contest = Contest("rooms", "l1", ("first",), ("first", "second", "third"))
    (lead,) = leads(known, [contest])
    assert {change.pair.difference.n for change in lead.changes} == {15}
    found = next(one.pair for one in lead.changes if one.pair.before.key.method == "second")
    assert found.difference.estimate == pytest.approx((first - second)[:15].mean())


def test_a_method_that_prints_as_well_is_no_rival_and_nobody_is_sure() -> None:
    lead = column("first", "twin", first=BASE, twin=BASE + 1e-9, far=noisy(9, 1))
    assert names(lead.changes) == ["far"]
    assert not lead.sure
    assert lead.scenes_needed() is None


def test_no_verdict_depends_on_the_order_of_the_methods() -> None:
    """Relative margins are shares of the worse score of a pair, and Holm's correction sees every pair."""
    values = {name: noisy(0.9 * step, 10 + step) for step, name in enumerate("abcd")}
    best = min(values, key=lambda name: values[name].mean())
    found = set()
    for order in permutations(values):
        known = score_set(*(per_edit("l1", values[name], method=name) for name in order))
        (lead,) = leads(known, [Contest("rooms", "l1", (best,), order)])
        found.add(tuple((*names([one]), one.verdict) for one in lead.changes))
    assert len(found) == 1


def test_of_several_that_print_best_the_one_whose_value_is_best_is_compared() -> None:
    twin = BASE - 1e-3
    for order in (("first", "twin", "far"), ("twin", "first", "far")):
        values = {"first": BASE, "twin": twin, "far": noisy(9, 1)}
        lead = column(*order[:2], **{name: values[name] for name in order})
        (change,) = lead.changes
        assert change.pair.key.method == "twin"


def test_one_method_alone_is_not_judged() -> None:
    known = score_set(per_edit("l1", BASE))
    assert leads(known, [Contest("rooms", "l1", ("ours",), ("ours",))]) == []


def test_a_score_of_the_whole_set_is_judged_by_its_pseudo_values() -> None:
    ours = of_scenes("fid", 10.0, np.linspace(9, 11, 12))
    theirs = of_scenes("fid", 20.0, np.linspace(19, 21, 12)[::-1])
    theirs = type(theirs)(**{**vars(theirs), "key": theirs.key._replace(method="theirs")})
    (lead,) = leads(
        score_set(ours, theirs), [Contest("rooms", "fid", ("ours",), ("ours", "theirs"))]
    )
    assert names(lead.beaten) == ["theirs"]


def test_the_scenes_that_are_needed_follow_the_normal_approximation() -> None:
    lead = column("first", first=BASE, near=noisy(1.2, 4, spread=3))
    difference = lead.open[0].pair.difference
    reach = stats.norm.ppf(1 - ALPHA / 2) + stats.norm.ppf(POWER)
    beyond = abs(difference.estimate) - lead.open[0].margin
    assert lead.scenes_needed() == math.ceil(20 * (reach * difference.error / beyond) ** 2)


def test_no_number_of_scenes_shows_a_difference_within_its_margin() -> None:
    paired = pair_values(np.zeros(4), np.array([0.1, 0.2, 0.0, 0.1]), ["a", "b", "c", "d"])
    assert paired.scenes_needed(0.2, 0.05, 0.8) is None


def test_a_method_whose_difference_is_not_known_comes_after_those_that_are_near() -> None:
    first, other, twin = np.full(6, 30.0), np.full(6, 29.0), np.linspace(29.8, 30.0, 6)
    first[0] = other[1] = twin[0] = np.inf
    far = np.full(6, 20.0)
    lead = column("first", score="psnr", first=first, other=other, twin=twin, far=far)
    assert names(lead.changes) == ["twin", "far", "other"]
    assert [one.pair.difference.estimate for one in lead.changes[1:]] == [
        math.inf,
        pytest.approx(math.nan, nan_ok=True),
    ]
