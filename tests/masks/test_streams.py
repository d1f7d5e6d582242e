import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from masks.streams import Stream, scaled, words_of
from masks.tables import normal

PARTS = st.lists(st.one_of(st.text(max_size=5), st.integers(-(2**70), 2**70)), max_size=4)


def philox_by_hand(key, counter, n):
    """Philox4x64-10 in Python integers (Salmon et al. 2011), words from counter + 1 onwards."""
    mask = 2**64 - 1
    words = []
    number = sum(word << (64 * i) for i, word in enumerate(counter))
    while len(words) < n:
        number += 1
        c = [(number >> (64 * i)) & mask for i in range(4)]
        k = list(key)
        for _ in range(10):
            high0, low0 = divmod(0xD2E7470EE14C6C93 * c[0], 2**64)
            high1, low1 = divmod(0xCA5A826395121157 * c[2], 2**64)
            c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
            k = [(k[0] + 0x9E3779B97F4A7C15) & mask, (k[1] + 0xBB67AE8584CAA73B) & mask]
        words += c
    return words[:n]


def test_words_are_philox_words_under_the_hash_of_the_written_parts():
    written = b"s" + (2).to_bytes(8, "little") + b"ab" + b"i" + (2).to_bytes(8, "little") + b"-7"
    digest = np.frombuffer(hashlib.sha256(written).digest(), "<u8").tolist()
    expected = philox_by_hand(digest[:2], [0, 0, *digest[2:]], 9)
    assert Stream("ab", -7).words(9).tolist() == expected


@settings(deadline=None)
@given(PARTS, PARTS)
def test_two_names_give_the_same_words_only_when_they_are_equal(one, other):
    same = [(type(part), part) for part in one] == [(type(part), part) for part in other]
    assert (Stream(*one).words(2).tolist() == Stream(*other).words(2).tolist()) == same


def test_where_a_part_ends_and_whether_it_is_text_matter():
    names = [("ab", "c"), ("a", "bc"), ("abc",), ("1", 1), (1, "1"), ("1", "1"), (11,), ("", "11")]
    assert len({Stream(*name).words(1)[0] for name in names}) == len(names)


def test_a_truth_value_or_a_float_names_no_stream():
    for part in (True, 1.0, None):
        with pytest.raises(TypeError, match="text and integers"):
            Stream("key", part)


@settings(deadline=None)
@given(st.integers(0, 20), st.integers(0, 20))
def test_words_do_not_depend_on_how_many_are_asked_for_at_once(first, second):
    stream = Stream("a")
    pieces = stream.words(first).tolist() + stream.words(second).tolist()
    assert pieces == Stream("a").words(first + second).tolist()


def test_streams_ignore_the_global_random_state():
    np.random.seed(0)
    before = Stream("a").words(4).tolist()
    np.random.seed(1)
    assert Stream("a").words(4).tolist() == before


def test_many_streams_at_once_are_the_streams_one_by_one():
    names = [("a", i) for i in range(5)]
    expected = [Stream(*name).words(7).tolist() for name in names]
    assert words_of(names, 7).tolist() == expected


@settings(deadline=None)
@given(st.integers(-1000, 1000), st.integers(1, 5000))
def test_integers_stay_in_their_range(low, span):
    drawn = Stream("range", low, span).integers(low, low + span, 50)
    assert drawn.min() >= low
    assert drawn.max() < low + span


def test_the_largest_and_smallest_word_give_the_ends_of_the_range():
    ends = np.array([0, 2**64 - 1], np.uint64)
    assert scaled(ends, 3, 10).tolist() == [3, 9]


def test_an_empty_or_too_wide_range_is_refused():
    for low, high in ((0, 0), (5, 4), (0, 2**31 + 1)):
        with pytest.raises(ValueError, match="no integers"):
            Stream("a").integers(low, high, 1)


def test_integers_and_uniforms_are_even():
    counts = np.bincount(Stream("even").integers(0, 7, 70_000), minlength=7)
    assert chisquare(counts).pvalue > 1e-3
    uniforms = Stream("uniform").uniforms(50_000)
    assert uniforms.min() >= 0
    assert uniforms.max() < 1
    assert kstest(uniforms, "uniform").pvalue > 1e-3


def test_normals_are_normal():
    normals = normal(Stream("normal").words(200_000)) / 2**16
    assert kstest(normals, "norm").pvalue > 1e-3


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 30), st.data())
def test_a_choice_holds_different_items(items, data):
    n = data.draw(st.integers(0, items))
    chosen = Stream("choice", items, n).choice(items, n).tolist()
    assert len(set(chosen)) == n
    assert all(0 <= item < items for item in chosen)


def test_every_order_of_a_choice_is_as_likely_as_the_other():
    orders = [tuple(Stream("order", i).choice(3, 3).tolist()) for i in range(6000)]
    counts = [orders.count(order) for order in sorted(set(orders))]
    assert len(counts) == 6
    assert chisquare(counts).pvalue > 1e-3


def test_choosing_more_than_there_is_is_refused():
    with pytest.raises(ValueError, match="cannot choose"):
        Stream("a").choice(2, 3)
