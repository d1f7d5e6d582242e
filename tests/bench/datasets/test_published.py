"""The published encodings: first on small files written here, then on real samples."""

import numpy as np
import pytest

from bench.datasets import Fit, check_dataset, open_dataset
from bench.datasets.coco_stuff import coco_instances

NATIVE = Fit(size=None, mode="native")


def wide(values, dtype=np.uint8):
    """One row of numbers as a map of 8 rows."""
    return np.tile(np.asarray(values, dtype=dtype), (8, 1))


def test_ade_room_labels_are_one_based_and_objects_are_green(written):
    written.image("a")
    written.labels("a", wide([0, 1, 8, 8, 150, 0]))
    objects = np.zeros((8, 6, 3), dtype=np.uint8)
    objects[:, 2, 0], objects[:, 2, 1] = 19, 4
    written.instances("a", objects)
    dataset = open_dataset("ade20k_room", written.root)
    scene = dataset.read("a", NATIVE)
    assert scene.labels[0].tolist() == [-1, 0, 7, 7, 149, -1]
    assert scene.instances[0].tolist() == [0, 0, 4, 0, 0, 0]
    assert dataset.space.classes[7] == "bed"


def test_cityscapes_objects_are_the_ids_from_1000(written):
    written.image("a")
    written.labels("a", wide([7, 26, 26, 24, 0, 33]))
    written.instances("a", wide([7, 26, 26001, 24013, 0, 33000], np.uint16))
    dataset = open_dataset("cityscapes", written.root)
    scene = dataset.read("a", NATIVE)
    assert scene.labels[0].tolist() == [7, 26, 26, 24, 0, 33]
    assert scene.instances[0].tolist() == [0, 0, 26001, 24013, 0, 33000]
    counted = [n for k, n in enumerate(dataset.space.classes) if k not in dataset.space.ignored]
    assert len(counted) == 19
    assert counted[0] == "road"
    assert counted[-1] == "bicycle"


def test_objects_may_lie_in_inst_map_as_the_released_data_has_them(written):
    written.image("a")
    written.labels("a", wide([26] * 6))
    written.instances("a", wide([26004] * 6, np.uint16))
    (written.root / "instances").rename(written.root / "inst_map")
    scene = open_dataset("cityscapes", written.root).read("a", NATIVE)
    assert np.unique(scene.instances).tolist() == [26004]


def test_flickr_landscape_stuff_is_no_object(written):
    written.image("a")
    written.labels("a", wide([2, 4, 16, 128, 150, 255]))
    written.instances("a", wide([362, 604, 7, 15608, 0, 0], np.uint16))
    scene = open_dataset("flickr_landscape", written.root).read("a", NATIVE)
    assert scene.labels[0].tolist() == [2, 4, 16, 128, -1, -1]
    assert scene.instances[0].tolist() == [0, 0, 7, 0, 0, 0]


def test_celebamask_labels_of_half_size_meet_their_image(written):
    written.image("0", size=(16, 12))
    written.labels("0", wide([0, 1, 13, 17, 18, 0]))
    scene = open_dataset("celebamask_hq", written.root).read("0", Fit((16, 12)))
    assert scene.labels[0].tolist() == [0, 0, 1, 1, 13, 13, 17, 17, 18, 18, 0, 0]
    assert scene.instances is None


def test_coco_objects_are_annotation_numbers_over_a_copy_of_the_labels():
    labels = np.array([[16, 16, 64, 64, 0, 166, 255]], dtype=np.int32)
    raw = np.array([[0, 16, 1, 64, 2, 166, 255]], dtype=np.int32)
    assert coco_instances(raw, labels).tolist() == [[1, 0, 2, 0, 3, 0, 0]]


def test_coco_person_zero_is_an_object_unless_zero_is_plainly_another():
    person = np.zeros((1, 30), dtype=np.int32)
    assert coco_instances(person, person).max() == 1
    labels = np.array([[16] * 20 + [0] * 10], dtype=np.int32)
    assert coco_instances(np.zeros_like(labels), labels).tolist() == [[1] * 20 + [0] * 10]


@pytest.mark.parametrize(
    ("name", "classes", "some"),
    [
        ("coco_stuff", 182, {0: "person", 11: "street sign", 168: "tree", 181: "wood"}),
        ("ade20k_room", 150, {0: "wall", 22: "painting", 36: "lamp", 149: "flag"}),
        ("flickr_landscape", 150, {2: "sky", 16: "mountain", 60: "river", 128: "lake"}),
        ("cityscapes", 34, {0: "unlabeled", 7: "road", 24: "person", 33: "bicycle"}),
        ("celebamask_hq", 19, {0: "background", 1: "skin", 13: "hair", 18: "cloth"}),
    ],
)
def test_label_spaces_have_the_datasets_own_numbering(written, name, classes, some):
    written.image("a")
    written.labels("a", wide([1] * 6))
    space = open_dataset(name, written.root).space
    assert len(space.classes) == len(space.palette) == classes
    assert {k: space.classes[k] for k in some} == some
    assert len(set(space.classes)) == classes


@pytest.mark.parametrize(
    ("name", "split", "scenes"),
    [
        ("coco_stuff", "train", 13),
        ("coco_stuff", None, 8),
        ("ade20k_room", "train", 3),
        ("ade20k_room", None, 3),
        ("cityscapes", "train", 3),
        ("cityscapes", "test", 3),
        ("flickr_landscape", None, 7),
        ("celebamask_hq", None, 4),
    ],
)
def test_real_samples_are_read_without_a_problem(real_data, name, split, scenes):
    assert check_dataset(name, real_data / name, split).problems == ()
    dataset = open_dataset(name, real_data / name, split)
    assert len(dataset.ids) == scenes
    for fit in (Fit((64, 96)), Fit((64, 64), "crop")):
        scene = dataset.read(dataset.ids[0], fit)
        assert scene.size == fit.size
        assert scene.labels.max() < len(dataset.space)


def test_real_objects_lie_on_things(real_data):
    street = open_dataset("cityscapes", real_data / "cityscapes", "test")
    scene = street.read("frankfurt_000000_000294_r", NATIVE)
    car = scene.labels[scene.instances == 26002]
    assert (car == street.space.classes.index("car")).mean() > 0.9
    coco = open_dataset("coco_stuff", real_data / "coco_stuff" / "val")
    scene = coco.read("000000001993", NATIVE)
    first = np.bincount(scene.labels[scene.instances == 1]).argmax()
    assert coco.space.classes[first] == "bed"
