import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masks.raster import LARGEST, box, capsules, union

POINT = st.integers(-40, 90)
CAPSULE = st.tuples(POINT, POINT, POINT, POINT, st.integers(1, 40))
SIZE = st.tuples(st.integers(1, 60), st.integers(1, 60))


def by_definition(size, drawn):
    """Every pixel at distance w / 2 or less from the segment, by integer comparison of squares."""
    y, x = np.mgrid[: size[0], : size[1]]
    mask = np.zeros(size, bool)
    for x0, y0, x1, y1, w in drawn:
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        along = (x - x0) * dx + (y - y0) * dy
        across = (x - x0) * dy - (y - y0) * dx
        mask |= 4 * ((x - x0) ** 2 + (y - y0) ** 2) <= w * w
        mask |= 4 * ((x - x1) ** 2 + (y - y1) ** 2) <= w * w
        if length:
            mask |= (along >= 0) & (along <= length) & (4 * across**2 <= w * w * length)
    return mask


def drawn_union(size, drawn):
    values = np.array(drawn)
    return union(size, values[:, :4], values[:, 4])


@settings(max_examples=300, deadline=None)
@given(SIZE, st.lists(CAPSULE, min_size=1, max_size=6))
def test_capsules_are_the_pixels_within_half_a_width(size, drawn):
    assert (drawn_union(size, drawn) == by_definition(size, drawn)).all()


@settings(max_examples=100, deadline=None)
@given(SIZE, POINT, POINT, st.integers(1, 40))
def test_a_point_is_a_disc(size, x, y, w):
    assert (drawn_union(size, [(x, y, x, y, w)]) == by_definition(size, [(x, y, x, y, w)])).all()


def test_upright_and_level_segments_have_no_seams():
    for drawn in ((5, 5, 5, 25, 8), (5, 5, 25, 5, 8), (25, 5, 5, 5, 7), (5, 25, 5, 5, 7)):
        assert (drawn_union((32, 32), [drawn]) == by_definition((32, 32), [drawn])).all()


def test_large_strokes_are_exact_too():
    drawn = [(17, 801, 1203, 95, 413), (1203, 95, 60, 5, 331)]
    assert (drawn_union((900, 1300), drawn) == by_definition((900, 1300), drawn)).all()


@settings(max_examples=50, deadline=None)
@given(SIZE, st.lists(st.lists(CAPSULE, min_size=1, max_size=4), min_size=1, max_size=5))
def test_a_batch_is_its_canvases_one_by_one(size, canvases):
    flat = np.array([one for canvas in canvases for one in canvas])
    owner = np.repeat(np.arange(len(canvases)), [len(canvas) for canvas in canvases])
    batch = capsules(size, len(canvases), owner, flat[:, :4], flat[:, 4])
    assert (batch == np.stack([drawn_union(size, canvas) for canvas in canvases])).all()


def test_hundreds_of_capsules_over_one_pixel_still_cover_it():
    for count in (127, 128, 300):
        drawn = [(5, 5, 9, 9, 6)] * count
        assert (drawn_union((16, 16), drawn) == by_definition((16, 16), drawn[:1])).all()


def test_a_canvas_without_capsules_stays_empty():
    batch = capsules((8, 9), 2, np.array([1]), np.array([[4, 4, 4, 4]]), np.array([3]))
    assert batch.shape == (2, 8, 9)
    assert not batch[0].any()
    assert batch[1].any()


def test_a_canvas_beyond_the_exact_range_is_refused():
    with pytest.raises(ValueError, match="larger than"):
        union((4, LARGEST + 1), np.array([[0, 0, 1, 1]]), np.array([1]))


def test_a_box_is_cut_to_the_canvas():
    mask = box((6, 8), -2, 5, 3, 99)
    assert mask.sum() == 9
    assert mask[:3, 5:].all()
    assert not box((6, 8), 2, -9, 4, -3).any()
