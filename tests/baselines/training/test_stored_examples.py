"""Stored examples are those that are drawn, gathered from files."""

import numpy as np
import pytest
import torch

from baselines.training.data import Examples
from baselines.training.example_store import ExampleStore, draw_piece
from baselines.training.feed import feed, rotate
from baselines.training.stored_examples import StoredExamples
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
