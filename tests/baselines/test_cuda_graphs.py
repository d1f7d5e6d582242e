"""Captures on a device: what one leaves behind where it fails, and which memory the next one gets."""

from __future__ import annotations

import contextlib
from collections import Counter
from types import SimpleNamespace

import pytest
import torch

from baselines import cuda_graphs
from baselines.cuda_graphs import CudaGraphs


class Invalidated(RuntimeError):  # noqa: N818 - as CUDA calls it
    """Work that waited for the device: its capture cannot end."""


class Card:
    """What PyTorch keeps of a card: its current stream, and who uses which pool of memory.

    Args:
        tidy: whether a capture that cannot end gives its pool back, as from PyTorch 2.12 on.
    """

    def __init__(self, tidy=False):
        self.tidy = tidy
        self.current = "usual"
        self.uses = Counter()
        self.under_way = []
        self.pools = 0
        generator = SimpleNamespace(graphsafe_get_state=object, graphsafe_set_state=self.draw_from)
        self.default_generators = [generator]
        card = self

        class CUDAGraph:
            pool = None

            def reset(self):
                if self.pool is not None:
                    card._cuda_releasePool(0, self.pool)
                self.pool = None

            def replay(self):
                pass

            __del__ = reset

        self.CUDAGraph = CUDAGraph

    def draw_from(self, state):
        self.state = state

    def Stream(self, device):  # noqa: N802
        return object()

    def current_stream(self, device):
        return self.current

    def set_stream(self, stream):
        self.current = stream

    def graph_pool_handle(self):
        self.pools += 1
        return (0, self.pools)

    def synchronize(self, device):
        assert self.current == "usual"

    def empty_cache(self):
        assert not self.under_way  # else it would free nothing

    @contextlib.contextmanager
    def graph(self, graph, pool, stream, capture_error_mode):
        before, self.current = self.current, stream
        # A pool whose graphs are gone, but where a tensor of theirs lies, cannot be used again.
        assert self.uses.get(pool) != 0
        self.uses[pool] += 1
        self.under_way.append(pool)
        try:
            yield
        except Invalidated:
            if self.tidy:
                self.under_way.remove(pool)
                graph.pool = pool
            raise RuntimeError("operation failed due to a previous error during capture") from None
        except BaseException:
            self.end(graph, pool, before)
            raise
        self.end(graph, pool, before)

    def end(self, graph, pool, before):
        self.under_way.remove(pool)
        graph.pool, self.current = pool, before

    def _cuda_endAllocateToPool(self, index, pool):  # noqa: N802
        if pool not in self.under_way:
            raise RuntimeError("not currently recording to mempool_id")
        self.under_way.remove(pool)

    def _cuda_releasePool(self, index, pool):  # noqa: N802
        self.uses[pool] -= 1
        assert self.uses[pool] >= 0


@pytest.fixture
def card(monkeypatch, request):
    made = Card(getattr(request, "param", False))
    fresh = SimpleNamespace(graphsafe_get_state=lambda: "fresh")
    stand_in = SimpleNamespace(cuda=made, _C=made, Generator=lambda device: fresh)
    monkeypatch.setattr(cuda_graphs, "torch", stand_in)
    return made


def waits():
    raise Invalidated


def too_large():
    raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize("card", [False, True], indirect=True)
@pytest.mark.parametrize("work", [waits, too_large])
def test_a_failed_capture_leaves_the_device_as_it_was(card, work):
    graphs = CudaGraphs(torch.device("cuda"))
    kept = graphs.capture(lambda: None)
    with pytest.raises(RuntimeError):
        graphs.capture(work)
    assert card.current == "usual"
    assert not card.under_way
    assert card.state == "fresh"
    assert list(card.uses.values()) == [1]  # by the graph from before
    graphs.capture(lambda: None)
    del kept


def test_graphs_share_memory_as_long_as_there_are_any(card):
    graphs = CudaGraphs(torch.device("cuda"))
    kept = graphs.capture(lambda: None)
    other = graphs.capture(lambda: None)
    assert list(card.uses.values()) == [2]
    del kept, other
    graphs.capture(lambda: None)  # elsewhere: a gradient may still lie where they were
    assert len(card.uses) == 2
