"""Examples: keyed, never drawn in order."""

import numpy as np
import pytest
import torch
from PIL import Image

import masks
from baselines.training.config import TrainingData
from baselines.training.data import Examples, collate
from baselines.training.feed import feed, rotate
from bench.core.errors import BadInput

ROOMS = {"dataset": "procedural-rooms", "count": 5, "load": (24, 24)}
FIVE = tuple(
    {"protocol": f"{name}@1"} for name in ("freeform", "outpainting", "extension", "class", "box")
)


def examples(seed=0, **fields):
    return Examples(TrainingData(**{**ROOMS, "masks": FIVE, **fields}), seed)


def same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("id", "image", "mask", "labels", "instances")
    )


def test_an_example_does_not_depend_on_what_was_drawn_before_it():
    first = examples()
    late = [first.example(n) for n in (9, 3)][1]
    assert same(late, examples().example(3))


def test_an_epoch_shows_every_scene_once_and_the_next_in_another_order():
    one = examples()
    epochs = [[one.example(5 * epoch + n).id for n in range(5)] for epoch in range(3)]
    assert all(sorted(ids) == sorted(one.dataset.ids) for ids in epochs)
    assert len({tuple(ids) for ids in epochs}) > 1


def test_another_seed_gives_other_masks():
    one, other = examples(0), examples(1)
    pairs = [(one.example(n), other.example(n)) for n in range(5)]
    assert not all(same(a, b) for a, b in pairs)


def test_in_the_published_mixture_a_scenes_place_picks_its_mask_type():
    drawn = examples(mixture="index", flip=False)
    for number in range(10):
        example = drawn.example(number)
        if drawn.dataset.ids.index(example.id) % 5 == 1:
            right = np.zeros((24, 24), bool)
            right[:, 12:] = True
            assert np.array_equal(example.mask, right)


def test_a_mirrored_example_mirrors_image_labels_instances_and_mask_alike():
    plain, mirrored = examples(flip=False), examples(flip=True)
    flipped = 0
    for number in range(20):
        one, other = plain.example(number), mirrored.example(number)
        if np.array_equal(one.image, other.image):
            continue
        flipped += 1
        for name in ("image", "mask", "labels", "instances"):
            assert np.array_equal(getattr(one, name)[:, ::-1], getattr(other, name))
    assert 4 <= flipped <= 16


def test_crops_have_their_size_and_lie_inside_the_scene():
    drawn = examples(crop=(16, 20), flip=False)
    whole = examples(flip=False)
    for number in range(5):
        crop, scene = drawn.example(number).image, whole.example(number).image
        assert crop.shape == (16, 20, 3)
        places = [
            (y, x)
            for y in range(9)
            for x in range(5)
            if np.array_equal(scene[y : y + 16, x : x + 20], crop)
        ]
        assert places


def test_a_crop_larger_than_the_image_is_refused_with_the_scenes_name():
    with pytest.raises(BadInput, match=r"train-\d+: is 24x24 pixels, below the crop of 40x40"):
        examples(crop=(40, 40)).example(0)


def test_images_of_several_sizes_are_no_batch_and_two_are_named(tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    for stem, size in (("a", (24, 16)), ("b", (32, 16))):
        Image.new("RGB", size).save(tmp_path / "images" / f"{stem}.png")
        Image.new("L", size).save(tmp_path / "labels" / f"{stem}.png")
    own = examples(dataset="folder", path=tmp_path, subset=None, load=None, masks=())
    pair = sorted((own.example(n) for n in range(2)), key=lambda one: one.id)
    sentence = "data.load: a is 24x16 and b is 32x16 pixels, .* set data.load or data.crop"
    with pytest.raises(BadInput, match=sentence):
        collate(pair, own.space, torch.device("cpu"))


def test_a_batch_hides_the_mask_and_keeps_the_original():
    drawn = examples()
    batch = collate([drawn.example(n) for n in range(2)], drawn.space, torch.device("cpu"))
    mask = batch.masked_region.expand_as(batch.masked)
    assert torch.equal(batch.masked[~mask], batch.original[~mask])
    assert not batch.masked[mask].any()
    assert batch.original.min() >= -1
    assert batch.original.max() <= 1


def test_threads_and_resuming_change_no_batch():
    def batches(steps, threads):
        turn = rotate([examples()], 2)
        with feed(turn, steps, torch.device("cpu"), threads=threads) as found:
            return [batch.masked for batch in found]

    whole = batches(range(4), 1)
    later = batches(range(2, 4), 3)
    assert all(torch.equal(a, b) for a, b in zip(whole[2:], later))


def test_two_devices_share_a_step_without_overlap():
    def ids(rank, devices, batch):
        turn = rotate([examples()], batch, rank=rank, devices=devices)
        with feed(turn, range(2), torch.device("cpu")) as found:
            return [list(b.ids) for b in found]

    halves = [one + two for one, two in zip(ids(0, 2, 1), ids(1, 2, 1))]
    assert halves == ids(0, 1, 2)


def test_a_scene_keeps_its_mask_from_a_folder_in_every_epoch(tmp_path):
    for number in range(2):
        mask = np.zeros((24, 24), bool)
        mask[:, 10 + number :] = True
        Image.fromarray(mask).save(tmp_path / f"train-{number:06d}.png")
    folder = {"protocol": "predefined@1", "parameters": {"folder": str(tmp_path)}}
    source = examples(masks=(folder,), flip=False, count=2)
    for one in map(source.example, range(6)):
        wanted = np.arange(24) >= 10 + int(one.id[-1])
        assert (one.mask == wanted).all()
    lacking = examples(masks=(folder,), count=3)
    with pytest.raises(BadInput, match=r"data\.masks: .*no mask for the scene 'train-000002'"):
        lacking.draw(2, 0)


def test_a_bad_file_is_named(tmp_path):
    for part in ("images", "labels"):
        (tmp_path / part).mkdir()
    for stem in ("one", "two"):
        Image.new("RGB", (24, 24)).save(tmp_path / "images" / f"{stem}.png")
        Image.new("L", (24, 24)).save(tmp_path / "labels" / f"{stem}.png")
    (tmp_path / "images" / "two.png").write_bytes(b"no image")
    config = TrainingData(dataset="folder", path=tmp_path, subset=None, load=(24, 24))
    drawn = Examples(config, 0)
    with (
        pytest.raises(BadInput, match=r"two\.png"),
        feed(rotate([drawn], 2), range(1), torch.device("cpu")) as batches,
    ):
        list(batches)


class Unlucky:
    """A protocol whose first `misses` draws come out empty."""

    varies = True

    def __init__(self, misses):
        self.misses, self.asked = misses, []

    def draw(self, site, *, seed, sample):
        self.asked.append(sample)
        if len(self.asked) <= self.misses:
            return masks.Impossible("the mask that was drawn covers no pixel")
        whole = np.ones(site.size, bool)
        return masks.DrawnEdit(mask=whole, labels=site.labels, instances=site.instances)


def test_an_empty_mask_is_drawn_again_before_the_training_ends_with_a_sentence():
    one, unlucky = examples(), Unlucky(3)
    one._masks = [unlucky]
    one._otherwise = unlucky
    assert one.example(0).mask.all()
    assert len(set(unlucky.asked)) == 3  # the drawn type's sample, that again, and further ones
    one._otherwise = one._masks[0] = Unlucky(99)
    with pytest.raises(BadInput, match="no mask can be drawn: the mask that was drawn covers no"):
        one.example(1)
