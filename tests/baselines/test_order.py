"""An edit's image is the same bytes whether its batch came first or not, for every editor of ours."""

from __future__ import annotations

import numpy as np
import pytest

from bench.plugins.kinds import EDITORS
from bench.run.editing.runner import MethodRunner
from bench.run.methods import make_methods
from bench.run.plan import narrowed, plan_run
from bench.run.prepare import prepare_shard
from bench.suite.schema import MethodEntry, load_suite

CLASSICAL = ("copy", "diffusion", "mean-colour", "nearest", "telea")
ELSEWHERE = {"command", "folder", "network-file"}
"""They compute nothing of their own: a program, files, and a network that the user brings."""

SUITE = narrowed(load_suite("zoo"), limit=4, batch_size=2)
METHODS = [
    *(MethodEntry(name=name, editor=name) for name in CLASSICAL),
    *(entry for entry in SUITE.methods if "weights" in entry.options),
]


@pytest.fixture(scope="module")
def plan():
    return plan_run(SUITE)


@pytest.mark.parametrize("entry", METHODS, ids=lambda entry: entry.name)
def test_the_order_of_batches_changes_no_byte(entry, plan):
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
    asked = {entry.editor for entry in METHODS}
    assert asked | ELSEWHERE == set(EDITORS.names())
