"""An edit's image is the same bytes whether its batch came first or not, for every editor of ours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from bench.plugins.kinds import EDITORS, SYSTEMS
from bench.run.editing.runner import MethodRunner
from bench.run.methods import make_methods
from bench.run.plan import narrowed, plan_run
from bench.run.prepare import prepare_shard
from bench.suite.schema import MethodEntry, load_suite

CLASSICAL = ("copy", "diffusion", "mean-colour", "nearest", "telea")
ELSEWHERE = {"command", "diffusers", "folder", "network-file"}
"""They compute nothing of their own: a program, files, and networks that the user brings."""

SUITE = narrowed(load_suite("zoo"), limit=4, batch_size=2)
FEWER: dict[str, dict[str, int]] = {"semanticstylegan": {"steps": 3, "tuning": 2}}
"""Options that make an editor quick and leave every part of it at work; they are 40 and 100 steps."""

METHODS = [
    *(MethodEntry(name=name, editor=name) for name in CLASSICAL),
    *(
        entry.model_copy(update={"options": {**entry.options, **FEWER.get(entry.editor, {})}})
        for entry in SUITE.methods
        if "weights" in entry.options
    ),
]


@dataclass(frozen=True)
class Untrained:
    """A small network with drawn weights, for an editor that may have none in the zoo."""

    data: str
    variant: str
    classes: object
    network: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)


FACES = SYSTEMS.get("semanticstylegan").configure("512").classes
THINGS = [{"name": "car", "label": 9, "cover": 0.3}, {"name": "person", "label": 11, "cover": 0.2}]
UNTRAINED = {
    "him": Untrained("rooms", "labels image", 15, {"size": 64}),
    "pix2pixhd": Untrained("streets", "features", 13),
    "semanticstylegan": Untrained(
        "portraits", "512", FACES, {"size": 64}, {"steps": 1, "through": "segmenter"}
    ),
    "siedob": Untrained("streets", "labels", 13, {"objects": THINGS}),
}


@pytest.fixture(scope="module")
def plan():
    return plan_run(SUITE)


@pytest.mark.parametrize("entry", METHODS, ids=lambda entry: entry.name)
def test_the_order_of_batches_changes_no_byte(entry, plan):
    assert_order_is_nothing(entry, plan)


@pytest.mark.parametrize("name", UNTRAINED)
def test_nor_does_it_with_networks_that_are_not_in_the_zoo(name, plan, weights):
    drawn = UNTRAINED[name]
    small = {**SYSTEMS.get(name).small, "classes": drawn.classes, **drawn.network}
    file = weights(name, variant=drawn.variant, **small)
    options = {"weights": file, **drawn.options}
    entry = MethodEntry(name=name, editor=name, options=options, datasets=(drawn.data,))
    assert_order_is_nothing(entry, plan)


def assert_order_is_nothing(entry, plan):
    task = next(t for t in plan.tasks if entry.datasets is None or t.data in entry.datasets)
    edits = list(prepare_shard(next(task.shards())).edits[:4])
    assert len(edits) == 4

    def images(order):
        (method,) = make_methods([entry], device="cpu", batch_size=2)
        given = MethodRunner(2, "cpu").run(method, [edits[i] for i in order], task.dataset.space)
        assert not given.failures
        return {order[k]: image for k, image in given.images.items()}

    one, two = images([0, 1, 2, 3]), images([2, 3, 0, 1])
    assert sorted(one) == sorted(two) == [0, 1, 2, 3]
    for i, image in one.items():
        np.testing.assert_array_equal(image, two[i])


def test_every_editor_of_ours_is_asked():
    asked = {entry.editor for entry in METHODS} | set(UNTRAINED)
    assert asked | ELSEWHERE == set(EDITORS.names())
