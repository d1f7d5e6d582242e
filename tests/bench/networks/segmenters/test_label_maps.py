"""A dataset's labels are brought to a segmenter's, or refused."""

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.datasets.spaces import read_space
from bench.networks.segmenters.label_maps import label_lookup, unlabelled
from bench.networks.segmenters.segmenter import own_space
from bench.scene import LabelSpace

TRAINIDS = (
    *("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign"),
    *("vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus", "train"),
    *("motorcycle", "bicycle"),
)


def test_cityscapes_labelids_become_trainids():
    lookup = label_lookup(read_space("cityscapes-labelids"), own_space("trainids", TRAINIDS))
    # The table of cityscapesScripts: labelId 7 is road, 26 is car, 33 is bicycle; 0..6 are void.
    assert lookup[[7, 8, 11, 24, 26, 33]].tolist() == [0, 1, 2, 11, 13, 18]
    assert (lookup[:7] == -1).all()
    assert np.count_nonzero(lookup >= 0) == 19


def test_equal_classes_keep_their_numbers_and_void_stays_void():
    space = read_space("celebamask-hq-19")
    lookup = label_lookup(space, own_space("faces", space.classes))
    labels = np.array([[0, 18, -1]], np.int32)
    assert lookup[labels].tolist() == [[0, 18, -1]]


def test_ade_from_zero_meets_ade_from_one():
    zero = read_space("ade20k-150")
    one = own_space("ade-151", ("other", *zero.classes))
    assert label_lookup(zero, one)[[0, 149, -1]].tolist() == [1, 150, -1]
    assert label_lookup(one, zero)[[0, 1, 150, -1]].tolist() == [-1, 0, 149, -1]


def test_ade_classes_spelled_otherwise_keep_their_numbers():
    zero = read_space("ade20k-150")
    other = own_space(
        "ade", tuple(f"{name}, synonym" for name in zero.classes[:140]) + tuple("abcdefghij")
    )
    assert label_lookup(zero, other)[:150].tolist() == list(range(150))


def test_ignored_classes_are_void():
    space = LabelSpace("two", ("a", "b"), ((0, 0, 0),) * 2, ignored=frozenset({1}))
    assert label_lookup(space, own_space("two", ("a", "b"))).tolist() == [0, -1, -1]


def test_classes_of_the_segmenter_without_a_label_are_ignored_ones_and_ade20ks_other():
    space = LabelSpace("two", ("a", "b"), ((0, 0, 0),) * 2, ignored=frozenset({1}))
    assert unlabelled(space, own_space("two", ("a", "b"))) == (1,)
    assert unlabelled(space, own_space("one", ("a",))) == ()
    zero = read_space("ade20k-150")
    assert unlabelled(zero, own_space("ade-151", ("other", *zero.classes))) == (0,)
    cityscapes = read_space("cityscapes-labelids")  # 19 of its 34 classes are not ignored
    assert unlabelled(cityscapes, own_space("trainids", TRAINIDS)) == ()
    assert len(unlabelled(cityscapes, own_space("labelids", cityscapes.classes))) == 15


def test_spaces_that_share_nothing_are_refused():
    with pytest.raises(BadInput, match="cannot be brought together"):
        label_lookup(read_space("coco-stuff-182"), own_space("faces", ("skin", "nose")))
