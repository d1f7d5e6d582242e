"""Rank correlations are scipy's, with weights those of rows that occur so often."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bench.judge.ranks import rank_correlation, weighted_correlation

GOLDEN = json.loads((Path(__file__).parents[2] / "golden/study.json").read_text())


def test_rank_correlation_is_scipy_s():
    known = GOLDEN["spearman"]
    value, low, high = rank_correlation(np.array(known["x"]), np.array(known["y"]), list(range(30)))
    assert value == pytest.approx(known["rank"], abs=1e-12)
    assert low < value < high


def test_a_weight_counts_a_row_so_often():
    draw = np.random.default_rng(0)
    x, y = draw.integers(0, 9, 40).astype(float), draw.normal(size=40)
    often = draw.integers(0, 4, 40)
    found = weighted_correlation(x, y, often[None].astype(float))[0]
    assert found == pytest.approx(stats.spearmanr(x.repeat(often), y.repeat(often)).statistic)


def test_what_does_not_vary_has_no_correlation():
    assert rank_correlation(np.ones(5), np.arange(5.0), list(range(5))) == (None, None, None)


def test_infinite_values_have_ranks_like_others():
    x = np.array([1.0, 2.0, np.inf, 3.0])
    value, _, _ = rank_correlation(x, np.array([1.0, 2.0, 4.0, 3.0]), list("abcd"))
    assert value == pytest.approx(1)


@pytest.mark.parametrize("strength", [0.0, 0.6])
def test_the_interval_holds_the_true_correlation_about_as_often_as_it_says(strength):
    # Spearman's correlation of normal variables: Kendall and Gibbons 1990, section 9.
    true = 6 / np.pi * np.arcsin(strength / 2)
    held = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        x = draw.normal(size=30)
        y = strength * x + np.sqrt(1 - strength**2) * draw.normal(size=30)
        _, low, high = rank_correlation(x, y, list(range(30)))
        held += low <= true <= high
    assert 0.92 <= held / 200 <= 0.995
