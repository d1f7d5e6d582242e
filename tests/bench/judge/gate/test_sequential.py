"""Confidence sequences hold at all times together, and decide what they should."""

from itertools import pairwise

import numpy as np
import pytest

from bench.judge.gate.sequential import ConfidenceSequence


def first_miss(values: np.ndarray, mean: float, bound: float, alpha: float) -> bool:
    sequence = ConfidenceSequence(bound, alpha)
    for value in values:
        sequence.add(value)
        low, high = sequence.interval
        if not low <= mean <= high:
            return True
    return False


def test_the_mean_ever_leaves_the_bounds_no_more_often_than_stated() -> None:
    """Looking after every one of 200 values, which would ruin a t test. 16 of 200 as for the gate."""
    rng = np.random.default_rng(7)
    skewed = [rng.choice([-1.0, 0.25], p=[0.2, 0.8], size=200) for _ in range(200)]
    assert sum(first_miss(values, 0.0, 1.0, 0.05) for values in skewed) <= 16


def test_the_bounds_close_in_on_the_mean_and_never_widen() -> None:
    rng = np.random.default_rng(8)
    sequence = ConfidenceSequence(2.0, 0.05)
    widths = []
    for value in rng.normal(0.4, 0.2, 400):
        sequence.add(value)
        low, high = sequence.interval
        widths.append(high - low)
    assert low < 0.4 < high
    assert widths[-1] < 0.2
    assert all(later <= earlier for earlier, later in pairwise(widths))


def test_values_beyond_the_bound_count_as_the_bound() -> None:
    one, two = ConfidenceSequence(1.0, 0.05), ConfidenceSequence(1.0, 0.05)
    for value in (0.5, -7.0, 1e9, -np.inf):
        one.add(value)
        two.add(min(max(value, -1.0), 1.0))
    assert one.interval == two.interval


def test_before_any_value_everything_is_possible() -> None:
    assert ConfidenceSequence(3.0, 0.05).interval == (-3.0, 3.0)


@pytest.mark.parametrize("bound", [0.1, 100.0])
def test_the_unit_does_not_matter(bound) -> None:
    rng = np.random.default_rng(9)
    values = rng.uniform(-0.2, 0.3, 50)
    scaled, plain = ConfidenceSequence(bound, 0.01), ConfidenceSequence(1.0, 0.01)
    for value in values:
        scaled.add(value * bound)
        plain.add(value)
    assert scaled.interval == pytest.approx(tuple(bound * end for end in plain.interval))
