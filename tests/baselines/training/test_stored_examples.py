"""Stored examples are those that are drawn, gathered from files."""

import numpy as np
import pytest
import torch

from baselines.training import stored_examples
from baselines.training.config import TrainingData
from baselines.training.data import Examples
from baselines.training.feed import feed, rotate
from baselines.training.stored_examples import ExampleStore, StoredExamples, draw_piece
from bench.core.errors import BadInput
from tests.baselines.training.tiny import tiny
from tests.speed.operator_calls import OperatorCalls

CPU = torch.device("cpu")
PLANES = ("masked", "mask", "labels", "instances", "original")


def stored(folder, config, rounds=2):
    """The examples of a configuration after a drawing from the last piece to the first."""
    store = ExampleStore(folder, rounds=rounds)
    pieces = store.pieces([config])
    for piece in reversed(pieces):
        store.finish(piece, draw_piece(piece))
    return store.open(config.data, config.data.dataset, config.seed)


def drawn(config):
    return Examples(config.data, config.seed)


def equal(one, other):
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in PLANES)


@pytest.mark.parametrize("system", ["spmpgan", "him", "sean", "siedob"])
def test_batches_of_the_first_epochs_are_bit_for_bit_those_that_are_drawn(system, tmp_path):
    config = tiny(system, seed=3)
    kept, fresh = stored(tmp_path, config), drawn(config)
    assert isinstance(kept, StoredExamples)
    for first in (0, 4, 8):  # 6 scenes, 2 epochs
        one, other = kept.batch(first, 4, CPU), fresh.batch(first, 4, CPU)
        assert equal(one, other)
        assert (one.ids, one.seeds) == (other.ids, other.seeds)
        assert all(
            getattr(one, name).stride() == getattr(other, name).stride()
            and getattr(one, name).dtype == getattr(other, name).dtype
            for name in PLANES
        )


def test_later_epochs_show_the_masks_of_earlier_ones_in_an_order_of_their_own(tmp_path):
    config = tiny("spmpgan")
    kept, fresh = stored(tmp_path, config), drawn(config)
    late = [kept.example(n) for n in range(12, 18)]  # epoch 2
    assert [one.id for one in late] == [fresh.example(n).id for n in range(12, 18)]
    first = {one.id: one for one in (kept.example(n) for n in range(6))}
    assert all(np.array_equal(one.mask, first[one.id].mask) for one in late)


def test_single_examples_are_those_that_are_drawn(tmp_path):
    config = tiny("him")
    kept, fresh = stored(tmp_path, config), drawn(config)
    for number in range(12):
        one, other = kept.example(number), fresh.example(number)
        assert one.key == other.key
        for name in ("image", "mask", "labels", "instances"):
            assert np.array_equal(getattr(one, name), getattr(other, name))
            assert getattr(one, name).dtype == getattr(other, name).dtype


def test_the_feed_gives_stored_batches_from_any_step_on(tmp_path):
    config = tiny("spmpgan")
    kept, fresh = stored(tmp_path, config), drawn(config)
    with (
        feed(rotate([kept], 2), range(3, 6), CPU) as one,
        feed(rotate([fresh], 2), range(3, 6), CPU) as other,
    ):
        assert all(equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("system", ["spmpgan", "sean"])
def test_a_stored_batch_waits_for_nothing_of_the_device_and_keeps_its_shapes(system, tmp_path):
    kept = stored(tmp_path, tiny(system))
    first = kept.batch(0, 4, CPU)
    with OperatorCalls() as calls:
        later = kept.batch(7, 4, CPU)
    assert calls.total > 0
    assert calls.synchronisations == 0
    assert all(getattr(first, name).shape == getattr(later, name).shape for name in PLANES)


def test_two_seeds_share_the_scenes_and_what_is_there_is_not_drawn_again(tmp_path):
    store = ExampleStore(tmp_path, rounds=2)
    several = [tiny("spmpgan", seed=seed) for seed in (0, 1)]
    for piece in store.pieces(several):
        store.finish(piece, draw_piece(piece))
    assert len(list(tmp_path.glob("scenes-*"))) == 1
    assert len(list(tmp_path.glob("masks-*"))) == 2
    assert store.pieces(several) == []
    (more,) = store.pieces([tiny("spmpgan", seed=2)])
    assert len(more.draws) == 1
    assert draw_piece(more) is None


def test_examples_are_there_once_the_last_piece_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_examples, "_PIECE", 2)
    config, store = tiny("spmpgan"), ExampleStore(tmp_path, rounds=2)
    first, second, last = store.pieces([config])  # of 6 scenes
    for piece in (last, first, last):
        store.finish(piece, draw_piece(piece))
        with pytest.raises(BadInput, match="has not been drawn"):
            store.open(config.data, config.data.dataset, config.seed)
    store.finish(second, draw_piece(second))
    kept = store.open(config.data, config.data.dataset, config.seed)
    assert equal(kept.batch(0, 6, CPU), drawn(config).batch(0, 6, CPU))


def test_a_problem_of_one_piece_leaves_all_of_its_dataset_to_be_drawn_as_before(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(stored_examples, "_PIECE", 2)
    config, store = tiny("spmpgan"), ExampleStore(tmp_path, rounds=2)
    for piece, problem in zip(store.pieces([config]), ("no space", None, None), strict=True):
        store.finish(piece, problem)
    assert type(store.open(config.data, config.data.dataset, config.seed)) is Examples


def test_masks_that_come_with_another_image_are_drawn_as_before(tmp_path):
    moved = {"protocol": "object-move@1"}
    config = tiny("spmpgan")
    changed = config.model_copy(
        update={"data": TrainingData(**{**config.data.model_dump(), "masks": (moved,)})}
    )
    kept = stored(tmp_path, changed)
    assert type(kept) is Examples


def test_random_crops_are_drawn_as_before(tmp_path):
    config = tiny("spmpgan")
    data = config.data.model_copy(update={"crop": (8, 8)})
    store = ExampleStore(tmp_path)
    assert store.pieces([config.model_copy(update={"data": data})]) == []
    assert type(store.open(data, data.dataset, 0)) is Examples


def test_examples_that_were_not_drawn_are_missed_with_a_sentence(tmp_path):
    config = tiny("spmpgan")
    asked = []

    def wait():
        asked.append(1)
        return len(asked) < 2

    with pytest.raises(BadInput, match="has not been drawn; draw the examples again"):
        ExampleStore(tmp_path).open(config.data, config.data.dataset, 0, wait=wait)
    assert len(asked) == 2
