"""What a network demands of edits is asked of a task first, of every batch later, in one sentence."""

from dataclasses import replace

import pytest
import torch

from baselines.adapters.demands import Demands
from bench.core.errors import BadInput, EditFailed
from bench.plugins.editors import TaskFacts
from tests.baselines.adapters.edits import SPACE, make_batch


def task(size=(64, 64), whole=False):
    return TaskFacts(SPACE, size, whole)


def test_nothing_is_demanded_where_nothing_is_said():
    Demands().check_task(task(size=(7, 5), whole=True))
    Demands().check_batch(make_batch((7, 5)))


@pytest.mark.parametrize(
    ("demands", "facts", "sentence"),
    [
        (Demands(channels=3), task(), "labels: 'rooms-4' has 4 classes, but the network knows 3"),
        (
            Demands(channels=6),
            task(),
            "labels: 'rooms-4' has 4 classes, but the network has 6 label channels and its weights do "
            "not say of which label space; .* `--label-space rooms-4`",
        ),
        (Demands(space="faces-19"), task(), "labels: the weights count in 'faces-19', the task in"),
        (Demands(multiple=32), task((64, 48)), "size: 48x64 pixels, .* multiples of 32"),
        (Demands(known=True), task(whole=True), "mask: every edit hides the whole image"),
        (Demands(square=True), task((64, 48)), "size: 48x64 pixels, but the network takes squares"),
        (
            Demands(named={"bed": frozenset(), "skin": frozenset(), "eyes": frozenset({"l_eye"})}),
            task(),
            r"labels: 'rooms-4' names 1 of the network's 3 classes \(bed, skin, eyes\)",
        ),
        (
            Demands(operations=frozenset({"restyle"})),
            replace(task(), operation="inpaint"),
            "operation: the task's edits are to 'inpaint', but the method can only 'restyle'",
        ),
    ],
)
def test_a_task_that_must_fail_is_refused_with_the_field_first(demands, facts, sentence):
    with pytest.raises(BadInput, match=f"^{sentence}"):
        demands.check_task(facts)


def test_what_is_demanded_and_there_passes():
    named = {"sleeping place": frozenset({"bed"}), "lamp": frozenset(), "hair": frozenset()}
    demands = Demands(square=True, named=named, operations=frozenset({"inpaint"}))
    demands.check_task(task())  # its operation is not known yet
    demands.check_batch(make_batch())
    with pytest.raises(EditFailed, match="the task's edits are to 'remove'"):
        demands.check_batch(make_batch(operation="remove"))


@pytest.mark.parametrize(
    "demands", [Demands(channels=4), Demands(channels=5), Demands(channels=9, space="rooms-4")]
)
def test_a_network_may_have_one_label_channel_more_or_say_what_it_counts_in(demands):
    demands.check_task(task())


def test_a_task_of_edits_of_their_own_sizes_is_left_to_the_batches():
    demands = Demands(multiple=32)
    demands.check_task(task(size=None))
    with pytest.raises(EditFailed, match=r"^size: 48x64 pixels"):
        demands.check_batch(make_batch((64, 48)))


def test_an_edit_needs_masked_and_known_pixels_where_the_network_does():
    batch = make_batch((8, 8))
    empty = make_batch((8, 8), mask=torch.zeros_like(batch.mask))
    full = make_batch((8, 8), mask=torch.ones_like(batch.mask))
    with pytest.raises(EditFailed, match="mask: empty in edit edit-0; there is nothing to change"):
        Demands(masked=True).check_batch(empty)
    with pytest.raises(EditFailed, match="mask: covers the whole image in edit edit-0"):
        Demands(known=True).check_batch(full)
    Demands(masked=True, known=True).check_batch(batch)


def test_a_label_beyond_the_networks_classes_is_named():
    batch = make_batch((8, 8), labels=torch.full((2, 8, 8), 3))
    with pytest.raises(EditFailed, match=r"labels: class 3 \(lamp\) is beyond the network's 3"):
        Demands(channels=3).check_batch(batch)


def test_one_channel_more_than_classes_is_a_channel_for_unlabelled_pixels():
    assert Demands(channels=5, first_label=None).first(SPACE) == 1
    assert Demands(channels=4, first_label=None).first(SPACE) == 0
    assert Demands(channels=5).first(SPACE) == 0
