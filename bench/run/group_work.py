"""How `score` works through images: read ahead on all cores, measured in groups, numbers as they come.

On a CPU one group is measured at a time, and its images share the cores. On an accelerator several are
under way: while one's numbers come back and become rows, the next one's work is handed over, so that
the device never waits for the host.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from bench.core.device import cores
from bench.core.threads import ahead, compute_on
from bench.metrics import Metric
from bench.networks.batches import batch_shape, exactly
from bench.run.measure import measuring_on
from bench.scene import UInt8

__all__ = ["GroupWork"]

T = TypeVar("T")
V = TypeVar("V")

_UNDER_WAY = 3
"""Groups on an accelerator: one is computed, one waits for the device, one is on its way back."""

_LARGE = 128 << 20
"""Bytes of images on a side beyond which a group is closed though it could hold more."""


class GroupWork:
    """Threads for one pass over images; to be used in a `with` block.

    Args:
        device: where networks run.
        alone: whether one group is measured at a time on an accelerator too, for metrics from elsewhere
            need not be made for several threads.

    Attributes:
        group: how many images, or pairs, belong into a group.
    """

    def __init__(self, device: str, *, alone: bool = False) -> None:
        self.device = device
        self.group = 16 if device == "cpu" else max(16, batch_shape(device))
        self._alone = alone
        self._together = 1 if device == "cpu" or alone else _UNDER_WAY
        self._within = contextlib.ExitStack()

    def __enter__(self) -> GroupWork:
        import torch

        if self._together > 1:
            # For all threads at once: the settings are the process's.
            self._within.enter_context(exactly())
        self._readers = self._within.enter_context(ThreadPoolExecutor(cores()))
        # One that begins while another works `side_by_side` would find a limit of one thread.
        workers = ThreadPoolExecutor(
            self._together, initializer=compute_on, initargs=(torch.get_num_threads(),)
        )
        self._workers = self._within.enter_context(workers)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._within.__exit__(kind, error, trace)

    def warm_up(self, metrics: Iterable[Metric]) -> None:
        """Lets metrics load what they need while the first images are read.

        What fails here is met again, and told, where the metric is computed.
        """
        if not self._alone:
            for metric in metrics:
                self._workers.submit(metric.warm_up)

    def read(self, reading: Callable[[T], V], files: Iterable[T]) -> Iterator[V]:
        """What `reading` makes of each file, in order; enough of them ahead to keep the cores at it."""
        found = ahead(self._readers, reading, files, max(16, 2 * cores()))
        return (read for _, read in found)

    def groups(self, read: Iterable[V], image: Callable[[V], UInt8]) -> Iterator[list[V]]:
        """Consecutive images, or pairs, of one size: as many as belong into a group, or fewer large ones.

        Args:
            read: what was read.
            image: which image of it says how large it is.
        """
        group: list[V] = []
        for one in read:
            now = image(one)
            if group and (
                len(group) == self.group
                or now.shape != image(group[0]).shape
                or len(group) * now.nbytes >= _LARGE
            ):
                yield group
                group = []
            group.append(one)
        yield group

    def measure(self, measuring: Callable[[T], V], groups: Iterable[T]) -> Iterator[V]:
        """What `measuring` makes of each group, in order.

        Raises:
            DeviceFailed: the device's memory does not suffice, or it cannot go on.
        """
        lower = "lower --batch-size, which moves the last bits of scores and is recorded with them"
        kept = "the references' features so far are in the cache; give the command again"
        with measuring_on(self.device, self.group, lower, kept):
            if self._together == 1:
                # `map` lets go of a group's images before it takes the next ones.
                yield from map(measuring, groups)
            else:
                for _, made in ahead(self._workers, measuring, groups, self._together - 1):
                    yield made
