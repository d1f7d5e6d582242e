from __future__ import annotations

import math

import pytest

from reports.numbers import decimals_for, duration, large, printed, printed_interval


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([0.0312, 0.4], 4),
        ([24.1], 2),
        ([3.2], 3),
        ([120.0], 1),
        ([15000.0], 0),
        ([0.0], 2),
        ([], 4),
        ([1.0, 0.4], 4),
    ],
)
def test_a_column_has_four_significant_digits_of_its_largest(values: list[float], decimals: int):
    assert decimals_for(values) == decimals


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (2.851, 5.0912, "2.85 – 5.09"),  # noqa: RUF001
        (1.0, 1.0, "no spread"),
        (0.3, 0.30000000000000004, "no spread"),
        (0.0, 0.0, "no spread"),
        (0.999, 1.001, "1.00 – 1.00"),  # noqa: RUF001
        (None, None, ""),
        (math.nan, math.nan, ""),
    ],
)
def test_scenes_of_one_value_show_no_spread_and_no_certainty(
    low: float | None, high: float | None, text: str
):
    assert printed_interval(low, high, 2) == text


def test_an_infinite_value_does_not_set_the_decimals():
    assert decimals_for([math.inf, 31.4]) == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (24.128, "24.13"),
        (-0.5, "\N{MINUS SIGN}0.50"),
        (-0.001, "0.00"),
        (math.inf, "∞"),
        (None, ""),
    ],
)
def test_values_print_with_a_true_minus_and_no_negative_zero(value: float | None, text: str):
    assert printed(value, 2) == text


def test_counts_and_times_read_as_people_say_them():
    assert large(1_050_000) == "1.05 M"
    assert large(17_000_000_000) == "17 G"
    assert [large(999_400), large(999_999), large(999_999_999)] == ["999 k", "1 M", "1 G"]
    assert duration(201.4) == "3 min 21 s"
    assert duration(0.25) == "0.25 s"
    assert duration(7260) == "2 h 1 min"
