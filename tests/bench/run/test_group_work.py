"""Images are measured in groups of one size, in order, whichever is ready first."""

import threading

import numpy as np
import pytest

from bench.metrics import make_metric
from bench.metrics.context import Context
from bench.metrics.fid import FrechetDistance
from bench.networks.batches import batches_of
from bench.networks.feature_network import RememberedNetwork
from bench.run.group_work import GroupWork, from_elsewhere

CARD = "cpu:0"


def sizes(images, work):
    return [len(group) for group in work.groups(images, lambda image: image)]


def grey(side, count=1):
    return [np.zeros((side, side, 3), np.uint8)] * count


def test_a_group_has_one_size_and_is_not_too_long():
    with GroupWork("cpu") as work:
        assert sizes(grey(8, 35), work) == [16, 16, 3]
        assert sizes(grey(8, 2) + grey(9, 3) + grey(8), work) == [2, 3, 1]


def test_a_group_of_large_images_holds_fewer():
    with batches_of(64), GroupWork(CARD) as work:
        assert sizes(grey(64, 70), work) == [64, 6]
        assert sizes(grey(4096, 7), work) == [3, 3, 1]  # 48 MiB each


def test_on_a_device_groups_are_under_way_together_and_come_in_order():
    together = threading.Barrier(3, timeout=60)

    def measuring(group):
        if group < 3:
            together.wait()
        return group * 10

    with GroupWork(CARD) as work:
        assert list(work.measure(measuring, range(7))) == [0, 10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize("options", [{"device": "cpu"}, {"device": CARD, "alone": True}])
def test_on_a_cpu_and_for_code_of_others_one_group_is_measured_at_a_time(options):
    threads = set()
    with GroupWork(**options) as work:
        list(work.measure(lambda _: threads.add(threading.get_ident()), range(5)))
    assert threads == {threading.get_ident()}


def test_code_of_others_is_seen_inside_a_metric_of_ours():
    class Network:
        name = "mine"

    ours = make_metric("fd-procedural", {}, Context(cache=None))
    theirs = FrechetDistance("fd-mine", "Mine", RememberedNetwork(Network(), "cpu"))
    assert not from_elsewhere([ours])
    assert from_elsewhere([ours, theirs])
