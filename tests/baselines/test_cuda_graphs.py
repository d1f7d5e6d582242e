"""Captures on a device: what one leaves behind where it fails, and which memory the next one gets."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections import Counter
from types import SimpleNamespace

import pytest
import torch

from baselines import cuda_graphs
from baselines.cuda_graphs import CudaGraphs
from bench.core import device
from bench.core.device import leave_alone


class Stream:
    """Runs one thing after the other."""

    def wait_stream(self, other):
        pass


class Invalidated(RuntimeError):  # noqa: N818 - as CUDA calls it
    """Work that waited for the device: its capture cannot end."""


class Card:
    """What PyTorch keeps of a card: its current stream, and who uses which pool of memory.

    Products of matrices have a workspace, one for each stream, where the first of them was made: in the
    pool of a capture, or in the usual memory. A graph that goes takes those of its stream along.

    Args:
        tidy: whether a capture that cannot end gives its pool back, as from PyTorch 2.12 on.
    """

    index = 0

    def __init__(self, tidy=False):
        self.tidy = tidy
        self.current = self.usual = Stream()
        self.chosen = 0
        self.workspaces = {}
        self.refused = False
        self.uses = Counter()
        self.under_way = []
        self.pools = 0
        generator = SimpleNamespace(graphsafe_get_state=object, graphsafe_set_state=self.draw_from)
        self.default_generators = [generator]
        card = self

        class CUDAGraph:
            pool = None
            workspace = None

            def reset(self):
                if self.pool is not None:
                    card.refused |= bool(card.under_way)  # CUDA destroys no graph meanwhile
                    card.workspaces.pop(self.stream, None)
                    card._cuda_releasePool(0, self.pool)
                self.pool = None

            def replay(self):
                if self.workspace is not None:  # freed in a pool in use it stays where it is
                    assert card.uses[self.workspace] or self.workspace in card.workspaces.values()

            __del__ = reset

        self.CUDAGraph = CUDAGraph

    def draw_from(self, state):
        self.state = state

    def Stream(self, device):  # noqa: N802
        return Stream()

    def current_stream(self, device):
        return self.current

    def set_stream(self, stream):
        self.current = stream

    def graph_pool_handle(self):
        self.pools += 1
        return (0, self.pools)

    @contextlib.contextmanager
    def device(self, device):
        before, self.chosen = self.chosen, device.index or 0
        yield
        self.chosen = before

    def product(self):
        """Work that needs a workspace."""
        pool = self.under_way[-1] if self.under_way else object()
        self.workspaces.setdefault(self.current, pool)

    def _cuda_clearCublasWorkspaces(self):  # noqa: N802
        self.workspaces.clear()

    @contextlib.contextmanager
    def stream(self, stream):
        before, self.current = self.current, stream
        yield
        self.current = before

    def synchronize(self, device):
        assert self.current is self.usual

    def empty_cache(self):
        assert not self.under_way  # else it would free nothing

    @contextlib.contextmanager
    def graph(self, graph, pool, stream, capture_error_mode):
        assert self.chosen == self.index  # else it would start the first card too
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
                graph.pool, graph.stream = pool, stream
            raise RuntimeError("operation failed due to a previous error during capture") from None
        except BaseException:
            self.end(graph, pool, before)
            raise
        self.end(graph, pool, before)

    def end(self, graph, pool, before):
        self.under_way.remove(pool)
        graph.pool, graph.stream, self.current = pool, self.current, before
        graph.workspace = self.workspaces.get(graph.stream)

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
    assert card.current is card.usual
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


def test_a_graph_keeps_its_workspace_when_another_is_let_go_of(card):
    graphs = CudaGraphs(torch.device("cuda"))
    graphs.run(card.product)
    kept, other = graphs.capture(card.product), graphs.capture(card.product)
    kept()
    del other
    kept()
    graphs.run(card.product)
    # Work as written has memory of its own.
    assert not set(card.uses) & set(card.workspaces.values())


def test_no_graph_is_destroyed_as_garbage_while_another_is_captured(card):
    graphs = CudaGraphs(torch.device("cuda"))
    editor = [graphs.capture(lambda: None)]
    editor.append(editor)
    del editor

    def work():
        assert len([[n] for n in range(10_000)]) == 10_000  # more than a collection waits for

    graphs.capture(work)
    assert not card.refused
    assert gc.isenabled()


@pytest.mark.parametrize("use", [CudaGraphs.capture, CudaGraphs.run])
def test_who_leaves_a_thread_alone_waits_until_it_leaves_the_stream_of_captures(card, use):
    graphs = CudaGraphs(torch.device("cuda"))
    begun, go = threading.Event(), threading.Event()
    found = []

    def work():
        begun.set()
        go.wait(20)
        found.append("used")

    def late():
        use(graphs, work)
        try:
            use(graphs, work)
        except RuntimeError as error:
            found.append(str(error))

    thread = threading.Thread(target=late)
    leaver = threading.Thread(target=leave_alone, args=(thread, 20))
    thread.start()
    begun.wait(20)
    leaver.start()
    leaver.join(0.05)
    assert leaver.is_alive()
    while thread not in device._left_alone:
        leaver.join(0.05)
    go.set()
    leaver.join()
    thread.join()
    assert not card.under_way
    assert found == ["used", "the call took longer than it may"]


def test_a_capture_starts_no_card_but_its_own(card, monkeypatch):
    monkeypatch.setattr(card, "index", 1)
    card.default_generators *= 2
    CudaGraphs(torch.device("cuda:1")).capture(lambda: None)
    assert card.chosen == 0
