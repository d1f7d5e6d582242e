import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import binary_dilation, distance_transform_edt

from masks import morphology
from masks.morphology import border, dilate, nearest_known

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))


@settings(max_examples=150, deadline=None)
@given(MASKS, st.integers(0, 9))
def test_dilation_reaches_exactly_as_far_as_a_disc(mask, radius):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    expected = binary_dilation(mask, x * x + y * y <= radius * radius)
    assert (dilate(mask, radius) == expected).all()


@settings(max_examples=150, deadline=None)
@given(MASKS.filter(lambda mask: mask.any()))
def test_the_nearest_known_pixel_is_nearest_then_uppermost_then_leftmost(known):
    rows, columns = nearest_known(~known, known)
    sources = np.argwhere(known)  # row-major, so the first minimum is the rule for ties
    for (y, x), row, column in zip(np.argwhere(~known), rows, columns, strict=True):
        squares = ((sources - (y, x)) ** 2).sum(axis=1)
        assert tuple(sources[squares.argmin()]) == (row, column)


def test_the_answer_does_not_depend_on_how_much_is_compared_at_once(monkeypatch):
    known = np.zeros((40, 50), bool)
    known[::7, ::9] = True
    whole = nearest_known(~known, known)
    monkeypatch.setattr(morphology, "PAIRS", 120)
    parts = nearest_known(~known, known)
    assert (whole[0] == parts[0]).all()
    assert (whole[1] == parts[1]).all()


def test_distances_agree_with_scipy_on_a_large_hole():
    known = np.ones((200, 220), bool)
    known[20:180, 30:190] = False
    rows, columns = nearest_known(~known, known)
    y, x = np.nonzero(~known)
    found = np.sqrt((y - rows) ** 2 + (x - columns) ** 2)
    assert found == pytest.approx(distance_transform_edt(~known)[~known])


def test_nothing_known_is_refused():
    with pytest.raises(ValueError, match="no known pixel"):
        nearest_known(np.ones((2, 2), bool), np.zeros((2, 2), bool))


def test_the_outline_of_a_box_is_its_perimeter():
    mask = np.zeros((10, 12), bool)
    mask[2:5, 3:9] = True
    assert border(mask) == 2 * (3 + 6)
    assert border(np.ones((4, 5), bool)) == 18
