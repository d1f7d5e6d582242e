"""Images are measured in groups of one size, in order, whichever is ready first."""

import threading

import numpy as np
import pytest
import torch

from bench.core.threads import side_by_side
from bench.metrics import make_metric
from bench.metrics.context import Context
from bench.metrics.metric import References
from bench.networks.batches import batches_of
from bench.run.group_work import GroupWork
from bench.scene import LabelSpace

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


@pytest.mark.usefixtures("three_threads")
def test_a_group_has_all_threads_of_the_processor_while_another_has_its_images_side_by_side():
    begun, counted = threading.Event(), threading.Event()

    def alone(_):
        begun.set()
        counted.wait(60)

    def measuring(group):
        if group == 0:
            side_by_side(alone, range(3))
            return None
        begun.wait(60)
        threads = torch.get_num_threads()
        counted.set()
        return threads

    with GroupWork(CARD) as work:
        assert list(work.measure(measuring, range(2))) == [None, 3]


@pytest.mark.parametrize("options", [{"device": "cpu"}, {"device": CARD, "alone": True}])
def test_on_a_cpu_and_for_code_of_others_one_group_is_measured_at_a_time(options):
    threads = set()
    with GroupWork(**options) as work:
        list(work.measure(lambda _: threads.add(threading.get_ident()), range(5)))
    assert threads == {threading.get_ident()}


class Warmed:
    """Stands for a metric; tells in which thread it was warmed up."""

    def __init__(self, error=None):
        self.error = error
        self.threads = []

    def warm_up(self):
        self.threads.append(threading.get_ident())
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("device", ["cpu", CARD])
def test_metrics_load_what_they_need_beside_the_readers(device):
    metrics = [Warmed(), Warmed(RuntimeError("met again where it is computed")), Warmed()]
    with GroupWork(device) as work:
        work.warm_up(metrics)
    for metric in metrics:
        assert len(metric.threads) == 1
        assert threading.get_ident() not in metric.threads


def test_code_of_others_is_not_warmed_up_in_a_thread():
    metric = Warmed()
    with GroupWork(CARD, alone=True) as work:
        work.warm_up([metric])
    assert metric.threads == []


@pytest.mark.parametrize("device", ["cpu", CARD])
@pytest.mark.parametrize("name", ["fd-procedural", "perceptual-procedural", "psnr"])
def test_a_warm_metric_says_what_a_cold_one_says(device, name):
    images = np.random.default_rng(0).integers(0, 256, (2, 2, 40, 40, 3), dtype=np.uint8)
    references = References(
        images=images[0],
        mask=np.ones(images.shape[1:4], bool),
        labels=np.zeros(images.shape[1:4], np.int32),
        space=LabelSpace("none", (), ()),
        scenes=("a", "b"),
        edits=("a", "b"),
    )
    columns = []
    for warm in (False, True):
        metric = make_metric(name, {}, Context(device=device, cache=None))
        if warm:
            metric.warm_up()
        columns.append(metric.measure(references, metric.prepare(references), images[1]))
    assert columns[0].keys() == columns[1].keys()
    assert all(np.array_equal(columns[0][key], columns[1][key]) for key in columns[0])
