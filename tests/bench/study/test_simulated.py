"""Simulated raters: intervals hold what they promise, and nobody who looks is called careless.

At full size: `python -m tests.bench.study.coverage`; figures in docs/measurements/studies.md.
"""

import numpy as np
import pytest

from bench.study.count import count_votes
from bench.study.form import guessed
from bench.study.votes import is_careless
from tests.bench.study.simulated import People

TITLES = {"m0": "m0", "m1": "m1"}
STUDIES = 40


@pytest.fixture(scope="module")
def held():
    """Of forty studies the share whose interval holds the true share: Wilson's, clustered."""
    people = People(raters=12, scenes=20, questions=16)
    truth, hits = people.true_share(), np.zeros(2)
    for seed in range(STUDIES):
        share = count_votes(people.votes(seed), "pair", TITLES).pairs[0].estimate
        hits += [share.plain_low <= truth <= share.plain_high, share.low <= truth <= share.high]
    return hits / STUDIES


def test_clustered_intervals_hold_the_truth_as_often_as_they_say(held):
    assert held[1] >= 0.85  # at 95 %, fewer than 34 of 40 have a chance of 0.3 %


def test_wilson_s_interval_is_too_narrow_where_raters_and_scenes_differ(held):
    assert held[0] < 0.85


def test_a_bias_to_the_left_is_found_and_moves_no_share():
    biased = People(left=1.0, by_rater=0.2, by_scene=0.2, strengths=(0.0, 0.0))
    found = count_votes(biased.votes(1), "pair", TITLES)
    assert found.side.p < 0.001
    assert found.side.estimate.value > 0.6
    assert found.pairs[0].estimate.value == pytest.approx(0.5, abs=0.06)
    assert found.pairs[0].verdict == "undecided"


def test_without_a_bias_none_is_found():
    fair = People(strengths=(0.0, 0.0))
    assert count_votes(fair.votes(2), "pair", TITLES).side.p > 0.05


def test_ties_are_counted_and_halve():
    people = People(tie=1.0)
    found = count_votes(people.votes(3), "pair", TITLES)
    pair = found.pairs[0]
    assert pair.ties > 100
    assert pair.estimate.value == (pair.wins + pair.ties / 2) / pair.estimate.n
    assert found.tie is not None


@pytest.mark.parametrize("share", [0.5, 0.85])
def test_agreement_is_what_a_common_preference_makes_of_it(share):
    """Two who prefer a method with chance p agree with p^2 + (1 - p)^2, and a coin with 1/2."""
    people = People(
        strengths=(np.log(share / (1 - share)), 0.0), raters=40, by_rater=0.0, by_scene=0.0
    )
    found = count_votes(people.votes(6), "pair", TITLES).agreement
    assert found.alpha == pytest.approx((2 * share - 1) ** 2, abs=0.06)
    assert found.units == 40


def test_strengths_are_those_that_were_put_in():
    people = People(strengths=(1.0, 0.0, -1.0), raters=60, by_rater=0.0, by_scene=0.0)
    found = count_votes(people.votes(4), "pair", {f"m{i}": f"m{i}" for i in range(3)})
    for strength, true in zip(found.strengths, (1.0, 0.0, -1.0)):
        assert strength.value == pytest.approx(true, abs=0.2)
        assert strength.low < true < strength.high


@pytest.mark.parametrize("form", ["pair", "timed"])
def test_with_eight_controls_one_slip_is_forgiven_and_guessing_is_not(form):
    """Who guesses passes with 9 / 256; who slips once in fifty controls fails with 1 %."""
    chance = guessed(form, 2)
    passing = [right for right in range(9) if not is_careless(right, 8, chance)]
    assert passing == [7, 8]
    guessers = np.random.default_rng(5).binomial(8, chance, 4000)
    assert np.isin(guessers, passing).mean() == pytest.approx(9 / 256, abs=0.01)


def test_few_controls_forgive_nothing():
    assert [is_careless(right, 3, 0.5) for right in range(4)] == [True, True, True, False]
    assert not is_careless(0, 0, 0.5)
