"""Change points are found where the mean moved, and seldom elsewhere."""

import itertools
import math

import numpy as np
import pytest

from bench.judge.change_points import change_points


def test_a_series_without_noise_changes_wherever_it_moves() -> None:
    assert change_points([1, 1, 1, 2, 2, 2, 2, 1, 1]) == [3, 7]
    assert change_points([25.1, 25.1, 25.1, 24.9]) == [3]
    assert change_points([3.0] * 9) == []
    assert change_points([0.0] * 9) == []


def test_a_step_of_five_sigma_is_found_where_it_is() -> None:
    rng = np.random.default_rng(1)
    series = [np.r_[rng.normal(25, 0.1, 8), rng.normal(24.5, 0.1, 8)] for _ in range(100)]
    assert sum(change_points(list(one)) == [8] for one in series) >= 80


@pytest.mark.parametrize("count", [4, 8, 20, 50])
def test_noise_alone_seldom_shows_a_change(count) -> None:
    rng = np.random.default_rng(count)
    found = sum(bool(change_points(list(rng.normal(25, 0.1, count)))) for _ in range(200))
    assert found <= 20


def test_the_partition_is_the_best_of_all() -> None:
    """Against every partition of a short series into at most three parts."""
    rng = np.random.default_rng(3)
    series = np.r_[rng.normal(0, 1, 4), rng.normal(9, 1, 4), rng.normal(3, 1, 4)]
    steps = np.abs(np.diff(series))
    scaled = series / (np.median(steps) / (0.6745 * math.sqrt(2)))

    def cost(cuts: tuple[int, ...]) -> float:
        parts = np.split(scaled, list(cuts))
        return sum(((p - p.mean()) ** 2).sum() for p in parts) + len(cuts) * (11 + 25 / 12)

    places = range(1, 12)
    cuts = [c for k in range(3) for c in itertools.combinations(places, k)]
    assert change_points(list(series)) == list(min(cuts, key=cost))


def test_rounding_in_the_last_digits_is_no_change() -> None:
    assert change_points([25.0, 25.0, 25.0 + 1e-7, 25.0 + 1e-7, 25.0]) == []


def test_infinite_values_are_a_level_of_their_own() -> None:
    assert change_points([math.inf, math.inf, 30.0, 31.0, math.inf]) == [2, 4]


@pytest.mark.parametrize("series", [[1.0, 2.0], [1.0, 1.0, 2.0], [0.0, 9.0, 9.0]])
def test_two_or_three_values_say_nothing(series) -> None:
    assert change_points(series) == []
