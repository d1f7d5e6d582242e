import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf
from scipy.stats import norm

from masks import tables
from masks.tables import TURN, cosine, normal, radians, sine

ANGLES = np.arange(-TURN, 2 * TURN, 999_983)


def test_sine_and_cosine_are_within_their_stated_error():
    true = ANGLES / TURN * 2 * np.pi
    assert abs(sine(ANGLES) / 2**30 - np.sin(true)).max() < 3.1e-7
    assert abs(cosine(ANGLES) / 2**30 - np.cos(true)).max() < 3.1e-7


def test_quarter_turns_are_exact():
    quarters = np.arange(4) * (TURN // 4)
    assert sine(quarters).tolist() == [0, 2**30, 0, -(2**30)]
    assert cosine(quarters).tolist() == [2**30, 0, -(2**30), 0]


@settings(deadline=None)
@given(st.integers(-(2**33), 2**33))
def test_sine_is_odd(angle):
    assert abs(int(sine(np.array([angle]))[0]) + int(sine(np.array([-angle]))[0])) <= 1


def test_radians_are_turns_by_two_pi():
    for value in (Fraction(1, 100), Fraction(301, 100), Fraction(5)):
        turns = radians(value.numerator, value.denominator)
        assert abs(turns - float(value) / (2 * math.pi) * TURN) < 2


def test_the_normal_table_is_the_error_function():
    steps = np.arange(tables.REACH * tables.STEPS + 1)
    true = erf(steps / tables.STEPS / math.sqrt(2))
    assert abs(tables._normal_table()[:-1] / 2**48 - true).max() < 1e-14


def test_normal_numbers_are_the_quantiles_of_their_words():
    share = np.linspace(0.0, 1 - 1e-6, 100_001)
    words = (share * 2**48).astype(np.uint64) << np.uint64(16)
    true = norm.ppf(0.5 + share / 2)
    assert abs(normal(words) / 2**16 - true).max() < 7e-5
    assert (normal(words | np.uint64(1)) == -normal(words)).all()


def test_the_largest_word_stays_within_the_tables_reach():
    largest = np.array([2**64 - 2], np.uint64)
    assert 7 < normal(largest)[0] / 2**16 <= tables.REACH + 1 / tables.STEPS
