from dataclasses import replace

import numpy as np
import pytest

from masks import Impossible, MaskError, Site, make_protocol
from masks.morphology import dilate
from masks.objects import objects

CAR, PERSON = 3, 4


def test_objects_carry_their_class_area_and_box(street):
    found = {one.id: one for one in objects(street)}
    assert sorted(found) == [24007, 26001, 26002]
    car = found[26002]
    assert (car.label, car.area) == (CAR, int((street.instances == 26002).sum()))
    assert (car.top, car.left, car.bottom, car.right) == (59, 69, 74, 100)


def test_an_objects_class_is_what_most_of_its_labelled_pixels_say():
    labels = np.array([[-1, -1, -1, 2, 2, 1]], np.int32)
    instances = np.full((1, 6), 5, np.int32)
    site = Site("d", "s", labels, instances, ("a", "b", "c"))
    assert [one.label for one in objects(site)] == [2]
    assert objects(replace(site, labels=np.full_like(labels, -1))) == []


def test_addition_cuts_out_a_box_that_holds_the_object(street):
    for sample in range(8):
        edit = make_protocol("object-add", {"classes": ["car"]}).draw(street, sample=sample)
        inside = np.unique(street.instances[edit.mask])
        rows, columns = np.nonzero(edit.mask)
        assert edit.mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].all()
        assert {26001, 26002} & set(inside.tolist())
        assert edit.region == "car"
        assert edit.ground_truth == "original"
        assert (edit.labels == street.labels).all()


def test_addition_can_cut_out_the_dilated_shape(street):
    protocol = make_protocol("object-add", {"hole": "shape", "dilate": 3, "classes": "person"})
    edit = protocol.draw(street)
    assert (edit.mask == dilate(street.instances == 24007, 3)).all()


def test_only_objects_of_the_area_asked_for_are_chosen(street):
    smallest = (street.instances == 26001).sum() / street.labels.size
    largest = (street.instances == 26002).sum() / street.labels.size
    between = make_protocol("object-add", {"smallest": largest, "largest": 1.0})
    assert {between.draw(street, sample=k).region for k in range(9)} <= {"car"}
    assert smallest > 0
    none = make_protocol("object-add", {"smallest": 0.9, "largest": 1.0}).draw(street)
    assert isinstance(none, Impossible)
    assert "3 objects" in none.reason


def test_removal_leaves_no_trace_of_the_object_in_the_maps(street):
    for sample in range(8):
        edit = make_protocol("object-remove").draw(street, sample=sample)
        was = street.instances == edit.removed
        assert was.any()
        assert edit.removed not in edit.instances
        assert edit.mask[was].all()
        assert (edit.labels[~was] == street.labels[~was]).all()
        assert (edit.instances[~was] == street.instances[~was]).all()
        assert edit.ground_truth == "without-object"


def test_what_a_removed_object_leaves_takes_the_nearest_label_upper_then_left_first():
    labels = np.array([[0, 0, 0], [1, 9, 2], [3, 3, 3]], np.int32)
    instances = np.where(labels == 9, 4, 0).astype(np.int32)
    site = Site("d", "s", labels, instances, tuple("abcdefghij"))
    whole = make_protocol("object-remove", {"dilate": 0})
    assert whole.draw(site).labels[1, 1] == 0
    void_above = replace(site, labels=np.where(labels == 0, -1, labels).astype(np.int32))
    assert whole.draw(void_above).labels[1, 1] == 1


def test_a_filled_pixel_takes_label_and_instance_from_the_same_place():
    labels = np.array([[1, 1, 2, 2, 0, 0]], np.int32)
    instances = np.array([[7, 7, 8, 8, 0, 0]], np.int32)
    site = Site("d", "s", labels, instances, tuple("abc"))
    edit = make_protocol("object-remove", {"classes": ["c"]}).draw(site)
    assert edit.labels.tolist() == [[1, 1, 1, 0, 0, 0]]
    assert edit.instances.tolist() == [[7, 7, 7, 0, 0, 0]]


def test_an_object_with_nothing_labelled_around_it_cannot_be_removed():
    labels = np.array([[1, 1], [-1, -1]], np.int32)
    site = Site("d", "s", labels, np.where(labels == 1, 3, 0).astype(np.int32), ("a", "b"))
    drawn = make_protocol("object-remove", {"largest": 1.0}).draw(site)
    assert isinstance(drawn, Impossible)
    assert "around" in drawn.reason


def test_a_moved_object_keeps_its_shape_class_and_id(street):
    shifts = set()
    for sample in range(20):
        edit = make_protocol("object-move", {"classes": ["person"]}).draw(street, sample=sample)
        old, new = street.instances == 24007, edit.instances == 24007
        (y0, x0), (y1, x1) = (np.argwhere(shape).min(axis=0) for shape in (old, new))
        assert (np.roll(old, (y1 - y0, x1 - x0), axis=(0, 1)) == new).all()
        assert (edit.labels[new] == PERSON).all()
        assert edit.mask[old | new].all()
        assert edit.ground_truth == "none"
        shifts.add((int(y1 - y0), int(x1 - x0)))
    assert len(shifts) > 15
    assert (0, 0) not in shifts


def test_an_object_that_fills_the_picture_cannot_be_moved():
    full = np.ones((8, 8), np.int32)
    drawn = make_protocol("object-move", {"largest": 1.0}).draw(
        Site("d", "s", full, full, tuple("ab"))
    )
    assert isinstance(drawn, Impossible)
    assert "moved" in drawn.reason


def test_the_published_box_leaves_out_the_last_row_and_column(street):
    published = make_protocol("box", {"classes": ["person"]}).draw(street).mask
    whole = make_protocol("box", {"classes": ["person"], "rim": "included"}).draw(street).mask
    assert whole.sum() == 29 * 9
    assert published.sum() == 28 * 8


def test_an_object_one_pixel_wide_has_no_published_box():
    labels = np.zeros((9, 9), np.int32)
    instances = labels.copy()
    instances[2:7, 4] = 1
    drawn = make_protocol("box").draw(Site("d", "s", labels, instances, ("a",)))
    assert isinstance(drawn, Impossible)


def test_a_class_that_the_dataset_does_not_have_is_named_with_the_nearest(street):
    with pytest.raises(MaskError, match="no class 'cars'; did you mean 'car'"):
        make_protocol("object-add", {"classes": ["cars"]}).draw(street)
