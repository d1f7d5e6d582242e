"""The numbers of a study against choix, krippendorff, statsmodels and scipy, and against printed examples."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bench.core.errors import BadInput
from bench.study.agreement import krippendorff_alpha
from bench.study.count import count_votes
from bench.study.intervals import Clusters, more_answers, published_shares, wilson
from bench.study.strengths import Choice, fit_strengths
from bench.study.votes import Vote

GOLDEN = json.loads((Path(__file__).parents[2] / "golden/study.json").read_text())


def choices_of(rows):
    return [Choice((a, b), None if c < 0 else c) for a, b, c in rows]


# American League of 1987: Agresti, "Categorical Data Analysis", 2002, tables 10.10 and 10.11.
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = (
    (0, 7, 9, 7, 7, 9, 11), (6, 0, 7, 5, 11, 9, 9), (4, 6, 0, 7, 7, 8, 12), (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12), (4, 4, 5, 6, 6, 0, 6), (2, 4, 1, 3, 1, 7, 0),
)  # fmt: skip
PRINTED = (1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0.0)


def test_strengths_are_those_that_agresti_prints_for_baseball():
    rows = [
        Choice((i, j), i)
        for i, line in enumerate(WINS)
        for j, wins in enumerate(line)
        for _ in range(wins)
    ]
    fitted = fit_strengths(rows, len(TEAMS))
    np.testing.assert_allclose(fitted.strengths - fitted.strengths[-1], PRINTED, atol=2e-3)


def test_strengths_without_ties_are_choix_s():
    fitted = fit_strengths(choices_of(GOLDEN["plain"]["comparisons"]), 4)
    np.testing.assert_allclose(fitted.strengths, GOLDEN["plain"]["strengths"], atol=1e-6)
    assert fitted.tie is None


def test_strengths_with_ties_are_those_of_a_poisson_regression():
    fitted = fit_strengths(choices_of(GOLDEN["tied"]["comparisons"]), 4)
    np.testing.assert_allclose(fitted.strengths, GOLDEN["tied"]["strengths"], atol=1e-6)
    assert fitted.tie == pytest.approx(GOLDEN["tied"]["tie"], abs=1e-6)


def test_strengths_of_the_best_of_three_are_choix_s():
    rows = [Choice(tuple(shown), chosen) for shown, chosen in GOLDEN["picks"]["choices"]]
    fitted = fit_strengths(rows, 4)
    np.testing.assert_allclose(fitted.strengths, GOLDEN["picks"]["strengths"], atol=1e-6)


def test_two_methods_have_the_log_odds_of_their_votes():
    fitted = fit_strengths([Choice((0, 1), 0)] * 30 + [Choice((1, 0), 1)] * 10, 2)
    assert fitted.strengths[0] - fitted.strengths[1] == pytest.approx(math.log(3))


def test_influences_are_what_leaving_a_choice_out_changes():
    rows = choices_of(GOLDEN["tied"]["comparisons"])
    whole = fit_strengths(rows, 4)
    without = fit_strengths(rows[1:], 4).strengths
    np.testing.assert_allclose(whole.strengths - without, whole.influence[0], atol=2e-4)


def test_a_method_that_never_lost_has_no_strength_but_a_reason():
    fitted = fit_strengths([Choice((0, 1), 0)] * 5 + [Choice((1, 2), 1), Choice((1, 2), 2)], 3)
    assert "infinite" in fitted.reason
    assert len(fitted.strengths) == 0


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_is_that_of_the_library(level):
    ratings = GOLDEN["alpha"]["ratings"]
    units = [{v: sum(row[u] == v for row in ratings) for v in range(5)} for u in range(12)]
    found = krippendorff_alpha(units, 5, level)
    assert found.value == pytest.approx(GOLDEN["alpha"][level], abs=1e-12)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(("level", "printed"), [("nominal", 0.743), ("ordinal", 0.815)])
def test_alpha_is_what_krippendorff_prints(level, printed):
    """His example with four observers and twelve units ("Computing alpha-reliability", 2011, section C)."""
    gaps = None
    observers = (
        (1, 2, 3, 3, 2, 1, 4, 1, 2, gaps, gaps, gaps), (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, gaps, 3),
        (gaps, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, gaps), (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, gaps),
    )  # fmt: skip
    units = [{v - 1: sum(row[u] == v for row in observers) for v in range(1, 6)} for u in range(12)]
    assert krippendorff_alpha(units, 5, level).value == pytest.approx(printed, abs=6e-4)


def test_the_two_way_variance_is_that_of_statsmodels():
    known = GOLDEN["clustered"]
    values = np.array(known["values"], float)
    spread = Clusters(np.array(known["raters"]), np.array(known["scenes"])).of_mean(values)
    # statsmodels also multiplies by (n - 1) / (n - k), which is 1 for a mean.
    assert spread.by_rater == pytest.approx(known["by_rater"], rel=1e-9)
    assert spread.by_scene == pytest.approx(known["by_scene"], rel=1e-9)
    assert spread.variance == pytest.approx(known["two_way"], rel=1e-9)


@pytest.mark.parametrize(("count", "n", "low", "high"), GOLDEN["wilson"])
def test_wilson_s_interval_is_that_of_statsmodels(count, n, low, high):
    assert wilson(count / n, n) == pytest.approx((low, high), abs=1e-12)


def test_unanimous_answers_count_as_often_as_there_are_raters():
    raters = np.repeat(np.arange(4), 50)
    spread = Clusters(raters, np.tile(np.arange(50), 4)).of_mean(np.ones(200))
    assert spread.p_value(0.5) == 2 * 0.5**4
    low, high = spread.around_share(1.0, 200)
    assert high == 1.0
    assert low < wilson(1.0, 200)[0]


@pytest.mark.parametrize(("raters", "shown"), [(5, False), (6, True)])
def test_unanimous_grades_have_the_interval_of_the_sign_test(raters, shown):
    """Five raters of one mind say too little: 2 * 0.5 ** 5 is above 5 %."""
    codes = np.repeat(np.arange(raters), 10)
    spread = Clusters(codes, np.tile(np.arange(10), raters)).of_mean(np.full(10 * raters, 2.0))
    assert spread.p_value(2.0) == stats.binomtest(raters, raters).pvalue
    assert spread.around(2.0) == ((2.0, 2.0) if shown else None)


def test_what_floating_point_leaves_of_raters_and_scenes_that_cancel_is_no_spread():
    """Each of three raters, and each of three scenes, has the grades 1, 2 and 4 once: a Latin square."""
    grades = np.array([1.0, 2.0, 4.0, 2.0, 4.0, 1.0, 4.0, 1.0, 2.0])
    spread = Clusters(np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3)).of_mean(grades)
    assert spread.variance == 0
    assert spread.p_value(0.5) == 2 * 0.5**3


@pytest.mark.parametrize("seed", range(8))
def test_a_p_value_and_its_interval_say_the_same(seed):
    random = np.random.default_rng(seed)
    values = (random.random(120) < 0.5 + 0.02 * seed).astype(float)
    spread = Clusters(np.repeat(np.arange(12), 10), np.tile(np.arange(10), 12)).of_mean(values)
    low, high = spread.around_share(values.mean(), 120)
    assert spread.p_of_share(values.mean(), 120, low) == pytest.approx(0.05, abs=1e-9)
    assert (spread.p_of_share(values.mean(), 120, 0.5) < 0.05) == (not low <= 0.5 <= high)


def test_more_raters_decide_only_what_scenes_leave_open():
    random = np.random.default_rng(3)
    raters, scenes = np.repeat(np.arange(10), 20), np.tile(np.arange(20), 10)
    by_rater = random.normal(0, 1, 10)[raters] + random.normal(0, 0.1, 200)
    by_scene = random.normal(0, 1, 20)[scenes] + random.normal(0, 0.1, 200)
    clusters = Clusters(raters, scenes)
    wanted = more_answers(clusters.of_mean(by_rater), 0.3, 200)
    assert wanted is not None
    assert wanted > 200
    assert more_answers(clusters.of_mean(by_scene), 0.3, 200) is None
    assert more_answers(clusters.of_mean(by_scene), 30.0, 200) == 0


def test_what_is_not_decided_misses_the_answers_of_one_more_rater_at_least():
    """Eleven of twelve votes for one method are much, but three raters are few."""
    votes = [
        Vote(
            f"rater {i}",
            ("rooms", f"{k}"),
            ("rooms", f"{k}"),
            ("a", "b"),
            "B" if i == k == 0 else "A",
        )
        for i in range(3)
        for k in range(4)
    ]
    (pair,) = count_votes(votes, "pair", {"a": "a", "b": "b"}).pairs
    assert pair.verdict == "undecided"
    assert pair.more == 4


def test_of_independent_answers_as_many_are_missing_as_a_textbook_says():
    """Sixty of a hundred against a half: (1.96 + 0.84)^2 * 0.6 * 0.4 / 0.1^2 = 188 answers."""
    spread = Clusters(np.arange(100), np.arange(100)).of_mean(np.repeat([1.0, 0.0], [60, 40]))
    assert 100 + more_answers(spread, 0.1, 100) == pytest.approx(188.4 * 100 / 99, abs=1)


def test_spmpgan_s_printed_votes_give_its_shares():
    lines = published_shares(["SPMPGAN=1479", "SESAME=493", "HIM=128"])
    assert [line.split()[4] for line in lines] == ["70.4", "23.5", "6.1"]
    assert "[68.4, 72.3]" in lines[0]


@pytest.mark.parametrize("votes", [["SPMPGAN"], ["A=-3"], ["A=x"], ["=3"], ["A=1", "A=2"], ["A=0"]])
def test_votes_that_are_none_are_refused(votes):
    with pytest.raises(BadInput):
        published_shares(votes)
