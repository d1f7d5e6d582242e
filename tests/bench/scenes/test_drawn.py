import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.datasets import (
    Dataset,
    Fit,
    KnowsStyle,
    RendersWithout,
    dataset_names,
    is_drawn,
    open_dataset,
)
from bench.datasets.fitting import fit_plane, grid_of

DRAWN = [name for name in dataset_names() if is_drawn(name)]
SMALL = Fit((64, 64))


def objects_in(scene):
    """(id, visible pixels) of every object that can be seen."""
    areas = np.bincount(scene.instances.ravel())
    return [(int(k), int(areas[k])) for k in np.flatnonzero(areas) if k > 0]


def test_there_are_four_domains():
    domains = [name.removeprefix("procedural-") for name in DRAWN]
    assert domains == ["faces", "landscapes", "rooms", "streets"]


@pytest.fixture(params=DRAWN)
def dataset(request) -> Dataset:
    return open_dataset(request.param, None, count=24)


def test_a_scene_does_not_depend_on_what_was_read_before(dataset):
    again = open_dataset(dataset.name, None, count=4)
    for scene_id in reversed(again.ids):
        one, other = dataset.read(scene_id, SMALL), again.read(scene_id, SMALL)
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.labels, other.labels)
        assert np.array_equal(one.instances, other.instances)


def test_labels_are_classes_and_every_class_turns_up(dataset):
    seen = set()
    for scene_id in dataset.ids:
        labels = dataset.read(scene_id, SMALL).labels
        assert labels.min() >= 0
        seen |= set(np.unique(labels).tolist())
    assert seen == set(range(len(dataset.space)))
    assert 8 <= len(dataset.space) <= 14


def test_an_object_has_one_class_and_stuff_has_no_object(dataset):
    stuff = {"wall", "floor", "ceiling", "sky", "road", "water", "sand", "skin", "background"}
    for scene_id in dataset.ids[:8]:
        scene = dataset.read(scene_id, SMALL)
        for k, _ in objects_in(scene):
            (label,) = np.unique(scene.labels[scene.instances == k])
            assert dataset.space.classes[label] not in stuff


def test_most_scenes_have_three_objects_that_an_edit_can_use(dataset):
    usable = [
        sum(0.01 <= area / 64**2 <= 0.25 for _, area in objects_in(dataset.read(scene_id, SMALL)))
        for scene_id in dataset.ids
    ]
    assert np.mean([count >= 3 for count in usable]) > 0.75


def test_images_differ_in_palette_and_light(dataset):
    means = np.array(
        [dataset.read(scene_id, SMALL).image.mean(axis=(0, 1)) for scene_id in dataset.ids]
    )
    assert (means.std(axis=0) > 12).all()


def test_composition_is_the_same_at_every_size(dataset):
    for scene_id in dataset.ids[:4]:
        large = dataset.read(scene_id, Fit((192, 192))).labels
        small = dataset.read(scene_id, SMALL).labels
        shrunk = fit_plane(large, grid_of((192, 192), SMALL))
        assert (shrunk == small).mean() > 0.93


def test_sizes_that_are_not_square_are_cut_or_scaled(dataset):
    scene_id = dataset.ids[0]
    square = dataset.read(scene_id, Fit((64, 64)))
    cut = dataset.read(scene_id, Fit((32, 64), "crop"))
    assert np.array_equal(cut.image, square.image[16:48])
    assert np.array_equal(cut.instances, square.instances[16:48])
    assert dataset.read(scene_id, Fit((32, 64))).size == (32, 64)
    assert dataset.read(scene_id, Fit(None, "native")).size == (256, 256)


def test_without_an_object_only_its_own_pixels_are_relabelled(dataset):
    assert isinstance(dataset, RendersWithout)
    for scene_id in dataset.ids[:6]:
        scene = dataset.read(scene_id, SMALL)
        for k, _ in objects_in(scene)[:3]:
            left = dataset.scene_without(scene_id, k, SMALL)
            gone = scene.instances == k
            assert not (left.instances == k).any()
            assert np.array_equal(left.labels[~gone], scene.labels[~gone])
            assert np.array_equal(left.instances[~gone], scene.instances[~gone])
            assert np.array_equal(left.image, dataset.read_without(scene_id, k, SMALL))


def test_without_an_object_the_image_changes_there_and_hardly_elsewhere(dataset):
    for scene_id in dataset.ids[:6]:
        scene = dataset.read(scene_id, SMALL)
        k, area = max(objects_in(scene), key=lambda entry: entry[1])
        changed = (dataset.read_without(scene_id, k, SMALL) != scene.image).any(axis=2)
        gone = scene.instances == k
        assert changed[gone].mean() > 0.8
        assert changed[~gone].sum() < 150 + 0.5 * area


def test_splits_share_no_scene(dataset):
    splits = {s: open_dataset(dataset.name, None, split=s, count=3) for s in ("train", "val")}
    images = {s: d.read(d.ids[0], SMALL).image.tobytes() for s, d in splits.items()}
    images["test"] = dataset.read(dataset.ids[0], SMALL).image.tobytes()
    assert len(set(images.values())) == 3
    assert splits["train"].ids == ("train-000000", "train-000001", "train-000002")


def test_the_default_is_64_test_scenes():
    dataset = open_dataset("procedural-rooms", None)
    assert len(dataset.ids) == 64
    assert dataset.ids[0] == "test-000000"


def test_the_fingerprint_tells_name_split_and_count_apart():
    prints = {
        open_dataset(name, None, split=split, count=count).fingerprint()
        for name in DRAWN
        for split in ("train", "test")
        for count in (3, 4)
    }
    assert len(prints) == 16


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"split": "tset"}, "unknown split of procedural-rooms 'tset'; did you mean 'test'"),
        ({"count": 0}, "count is 0, but must be a whole number from 1"),
        ({"count": 2_000_000}, "at most 1000000"),
    ],
)
def test_wrong_options_are_answered_in_a_sentence(options, says):
    with pytest.raises(BadInput, match=says):
        open_dataset("procedural-rooms", None, **options)


def test_a_path_is_refused(tmp_path):
    with pytest.raises(BadInput, match="takes no folder"):
        open_dataset("procedural-rooms", tmp_path)


def test_unknown_scenes_and_objects_are_named():
    dataset = open_dataset("procedural-faces", None, count=2)
    with pytest.raises(BadInput, match="'test-000002'; they go from test-000000 to test-000001"):
        dataset.read("test-000002", SMALL)
    with pytest.raises(BadInput, match=r"test-000001: has no object 99; it has 1 to \d+"):
        dataset.read_without("test-000001", 99, SMALL)


def test_the_known_style_with_its_grain_rounds_to_the_image(dataset):
    assert isinstance(dataset, KnowsStyle)
    for scene_id in dataset.ids[:4]:
        scene, style = dataset.read(scene_id, SMALL), dataset.read_style(scene_id, SMALL)
        again = np.floor(np.clip(style.colours + style.grain[..., None], 0, 255) + 0.5)
        assert np.array_equal(style.labels, scene.labels)
        # Colours are clipped before their grain is added, which moves white and black ones alone.
        inside = (style.colours > 10) & (style.colours < 245)
        assert np.abs(again - scene.image)[inside].max() <= 1
        assert (again == scene.image)[inside].mean() > 0.999


def test_the_style_without_an_object_is_that_of_the_image_without_it(dataset):
    for scene_id in dataset.ids[:3]:
        k, _ = max(objects_in(dataset.read(scene_id, SMALL)), key=lambda entry: entry[1])
        left = dataset.scene_without(scene_id, k, SMALL)
        style = dataset.read_style(scene_id, SMALL, without=k)
        whole = dataset.read_style(scene_id, SMALL)
        assert np.array_equal(style.labels, left.labels)
        assert np.array_equal(style.grain, whole.grain)
        # Where the image is the same, so is what it is made of.
        same = (left.image == dataset.read(scene_id, SMALL).image).all(axis=2)
        assert np.abs(style.colours - whole.colours)[same].max() < 1


def test_a_style_is_brought_to_a_size_as_the_image_is(dataset):
    fit = Fit((48, 64))
    scene, style = dataset.read(dataset.ids[0], fit), dataset.read_style(dataset.ids[0], fit)
    assert style.colours.shape == (48, 64, 3)
    assert np.array_equal(style.labels, scene.labels)
    inside = (style.colours > 12) & (style.colours < 243)
    apart = np.abs(style.colours + style.grain[..., None] - scene.image)[inside]
    assert apart.mean() < 0.6
