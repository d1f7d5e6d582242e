"""Two methods on the same edits are compared by their paired difference."""

import numpy as np
import pandas as pd
import pytest

from bench.metrics import make_metric
from bench.metrics.fid import FID
from bench.metrics.frechet import frechet_distance
from bench.metrics.paired import paired_differences


def samples(values, scenes=None):
    count = len(values)
    return pd.DataFrame(
        {
            "edit": [f"edit-{i}" for i in range(count)],
            "scene": scenes or [f"scene-{i}" for i in range(count)],
            "psnr": values,
            "psnr-hole": values,
        }
    )


def compared(first, second):
    return paired_differences(make_metric("psnr"), first, second, first[["edit", "scene"]])


def test_the_difference_is_first_minus_second():
    difference = compared(samples([30.0, 32.0]), samples([29.0, 30.0]))[0]
    assert (difference.metric, difference.value) == ("psnr", 1.5)
    assert (difference.first, difference.second, difference.n) == (31.0, 29.5, 2)


def test_what_is_common_to_both_drops_out_of_the_interval():
    draw = np.random.default_rng(0)
    hard = draw.normal(25, 5, 40)
    first, second = samples(hard + 1.0), samples(hard)
    difference = compared(first, second)[0]
    assert (difference.low, difference.high) == (pytest.approx(1), pytest.approx(1))
    own = make_metric("psnr").summarise(first, first[["edit", "scene"]])[0]
    assert own.high - own.low > 2


def test_a_method_does_not_differ_from_itself():
    one = samples(np.random.default_rng(1).normal(size=10))
    assert [(d.value, d.low, d.high) for d in compared(one, one)] == [(0, 0, 0), (0, 0, 0)]


def test_only_common_edits_are_compared_and_the_rest_is_told():
    difference = compared(samples([30.0, 32.0, 50.0]), samples([29.0, 30.0]))[0]
    assert (difference.value, difference.n, difference.left_out) == (1.5, 2, 1)


def test_an_edit_without_a_value_on_one_side_is_left_out_on_both():
    difference = compared(samples([30.0, 32.0, 99.0]), samples([29.0, 30.0, np.nan]))[0]
    assert (difference.value, difference.left_out) == (1.5, 1)


def test_the_order_of_rows_does_not_matter():
    first, second = samples([30.0, 32.0, 31.0]), samples([29.0, 30.0, 28.0])
    assert compared(first, second) == compared(first, second[::-1])


def test_infinite_scores_have_no_difference():
    difference = compared(samples([np.inf, 30.0]), samples([29.0, 30.0]))[0]
    assert difference.value is None
    assert "infinite" in difference.reason


def test_the_interval_of_the_difference_covers_what_it_claims():
    covered, trials = 0, 300
    for seed in range(trials):
        draw = np.random.default_rng(seed)
        hard = draw.normal(25, 5, 25)
        difference = compared(samples(hard + draw.normal(0.5, 1, 25)), samples(hard))[0]
        covered += difference.low <= 0.5 <= difference.high
    assert covered / trials == pytest.approx(0.95, abs=0.03)


def features(rows):
    names = [f"edit-{i}" for i in range(len(rows))]
    return pd.DataFrame({"edit": names, "scene": names, "fid.features": list(rows)})


def test_the_interval_of_a_difference_of_fids_covers_what_it_claims():
    metric = FID("fid", "FID", extractor=None)
    n, d, trials = 40, 5, 120

    def draw(seed):
        random = np.random.default_rng(seed)
        real, one, two = random.normal(size=(3, n, d))
        return real, 0.9 * real + 0.3 * one, 0.8 * real + 0.3 * two

    def apart(seed):
        real, first, second = draw(seed)
        return frechet_distance(real, first) - frechet_distance(real, second)

    true = np.mean([apart([1, seed]) for seed in range(2000)])
    covered = 0
    for seed in range(trials):
        real, first, second = (features(rows) for rows in draw([2, seed]))
        found = paired_differences(metric, first, second, real)[0]
        covered += found.low <= true <= found.high
    assert covered / trials == pytest.approx(0.95, abs=0.05)
