import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from masks import Impossible, Site, make_protocol
from masks.windows import Extent, background_box, square_around


def test_an_addition_takes_the_first_object_whose_longer_side_is_long_enough(street):
    edit = make_protocol("sesame-add", {"least": 30, "size": 64}).draw(street)
    assert edit.region == "car"  # 26001: 41 wide; the person 24007 comes first but is 29 high
    assert make_protocol("sesame-add", {"least": 29}).draw(street).region == "person"
    none = make_protocol("sesame-add", {"least": 42}).draw(street)
    assert isinstance(none, Impossible)
    assert "42 pixels" in none.reason


def test_the_window_is_a_square_three_times_the_box_around_its_centre():
    assert square_around(Extent(40, 50, 60, 80), (200, 300)) == Extent(5, 20, 95, 110)


@settings(deadline=None)
@given(st.integers(1, 80), st.integers(1, 80), st.data())
def test_the_window_stays_inside_of_the_picture(height, width, data):
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    hole = Extent(
        top, left, data.draw(st.integers(top + 1, height)), data.draw(st.integers(left + 1, width))
    )
    window = square_around(hole, (height, width))
    assert window.bottom - window.top == window.right - window.left
    assert window.bottom - window.top == min(3 * hole.longest, height, width)
    assert 0 <= window.top < window.bottom <= height
    assert 0 <= window.left < window.right <= width


def test_a_window_of_its_own_size_shows_the_scene_itself(street):
    edit = make_protocol("sesame-add", {"least": 30, "size": 96}).draw(street)
    top, left, bottom, right = edit.window
    assert (bottom - top, right - left) == (96, 96)  # 3 * 41 is more than the height
    assert (edit.labels == street.labels[top:bottom, left:right]).all()
    assert (edit.instances == street.instances[top:bottom, left:right]).all()
    rows, columns = np.nonzero(edit.mask)
    car = np.argwhere(street.instances == 26001)
    assert (rows.min() + top, columns.min() + left) == tuple(car.min(axis=0))
    assert (rows.max() + top, columns.max() + left) == tuple(car.max(axis=0))


def test_holes_are_mapped_into_the_window_and_rounded_down():
    labels = np.zeros((90, 90), np.int32)
    instances = labels.copy()
    instances[31:61, 30:60] = 1
    site = Site("d", "s", labels, instances, ("a",))
    edit = make_protocol("sesame-add", {"least": 2, "size": 16}).draw(site)
    rows, columns = np.nonzero(edit.mask)
    assert edit.window == (0, 0, 90, 90)
    assert (rows.min(), rows.max() + 1) == (31 * 16 // 90, 61 * 16 // 90)
    assert (columns.min(), columns.max() + 1) == (30 * 16 // 90, 60 * 16 // 90)


@settings(max_examples=200, deadline=None)
@given(
    st.tuples(st.integers(2, 60), st.integers(2, 60)),
    st.integers(2, 20),
    st.integers(0, 20),
    st.lists(st.integers(0, 2**31 - 1), min_size=4, max_size=4),
)
def test_background_boxes_keep_to_their_bounds(size, least, more, words):
    hole = background_box(size, (least, least + more), np.array(words))
    if hole is None:
        assert min(size) < least + 2
        return
    assert hole.top >= 0
    assert hole.left >= 0
    assert hole.bottom <= size[0] - 1
    assert hole.right <= size[1] - 1
    assert least <= hole.bottom - hole.top <= least + more
    assert least <= hole.right - hole.left <= least + more


def test_a_removal_has_the_picture_as_its_answer_and_differs_by_sample(street):
    protocol = make_protocol("sesame-remove", {"least": 16, "most": 32, "size": 48})
    edits = [protocol.draw(street, sample=k) for k in range(6)]
    assert {edit.ground_truth for edit in edits} == {"original"}
    assert len({edit.window for edit in edits}) > 3


def test_a_picture_too_small_for_a_box_is_impossible(street):
    drawn = make_protocol("sesame-remove").draw(street)
    assert isinstance(drawn, Impossible)
    assert "too small" in drawn.reason
