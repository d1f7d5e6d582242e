"""Work on a CUDA device that is captured once and replayed: one launch for thousands of kernels."""

from __future__ import annotations

import contextlib
import gc
import traceback
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from bench.core.device import capturing
from bench.core.device_faults import out_of_memory
from bench.core.errors import first_line

__all__ = ["WARM", "CudaGraphs", "Recording", "Work", "let_go", "why_not"]

Work = Callable[[], None]
"""Operators on tensors that stay where they are."""

WARM = 2
"""How often work is carried out as written before it is captured: in the first an optimiser makes its
state, and libraries choose their kernels."""


@dataclass
class Recording:
    """Work that is done again and again.

    Attributes:
        seen: how often it was carried out as written.
        replay: what carries it out since it was captured.
    """

    seen: int = 0
    replay: Work | None = None

    @property
    def due(self) -> bool:
        """Whether it is to be captured."""
        return self.replay is None and self.seen >= WARM


class CudaGraphs:
    """Captures on a CUDA device, on a stream of its own.

    All graphs share their memory: they run one after the other, and what one leaves behind beside its
    results no other needs. Once all are gone the next one gets new memory, for tensors of theirs may
    still lie in the old. The stream stays: libraries keep memory for each.

    cuBLAS' workspace is the graphs' own. PyTorch keeps one for each stream and frees it with any graph
    that was captured there, though others still use it (pytorch/pytorch#193402). Made inside a capture
    it lies in the memory that the graphs share, which stays as long as one of them does.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._begin()

    def _begin(self) -> None:
        self._stream = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()
        self._graphs: weakref.WeakSet[torch.cuda.CUDAGraph] = weakref.WeakSet()

    def run(self, work: Work) -> None:
        """Carries work out on the stream that captures use.

        Raises:
            RuntimeError: this thread may use it no more (`capturing`); nothing was carried out.
        """
        with capturing():  # else it would be captured with what another thread captures
            usual = torch.cuda.current_stream(self.device)
            self._stream.wait_stream(usual)
            with torch.cuda.stream(self._stream):
                work()
            usual.wait_stream(self._stream)

    def capture(self, work: Work) -> Work:
        """A CUDA graph's replay.

        Raises:
            RuntimeError: the work cannot be captured, or not by this thread (`capturing`); nothing of it was
                carried out. Replays from before are not to be used any more: they draw from a generator
                that is left behind.
        """
        # PyTorch waits for the current device too, and starts it where nothing of this process is on it.
        with capturing(), torch.cuda.device(self.device):
            graph = self._captured(work)
        self._graphs.add(graph)
        return graph.replay

    def _captured(self, work: Work) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        usual = torch.cuda.current_stream(self.device)
        if not self._graphs:
            self._pool = torch.cuda.graph_pool_handle()
        torch.cuda.synchronize(self.device)
        try:
            # Threads that read ahead may use the device meanwhile.
            with (
                _undisturbed(),
                torch.cuda.graph(
                    graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
                ),
            ):
                work()
        except BaseException:
            self._recover(graph, usual)
            raise
        return graph

    def _recover(self, graph: torch.cuda.CUDAGraph, usual: torch.cuda.Stream) -> None:
        """After a failed capture: streams, memory and a generator of which nothing is being captured."""
        torch.cuda.set_stream(usual)  # a capture that cannot end leaves its own behind
        index = self.device.index or 0
        with contextlib.suppress(Exception):
            graph.reset()
            # Before 2.12 PyTorch goes on as if such a capture were under way: no cache is emptied
            # any more. Where it does not, the first call raises.
            torch._C._cuda_endAllocateToPool(index, self._pool)
            torch._C._cuda_releasePool(index, self._pool)
        fresh = torch.Generator(self.device)
        torch.cuda.default_generators[index].graphsafe_set_state(fresh.graphsafe_get_state())
        self._begin()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A block in which cuBLAS makes its workspaces anew, and which leaves none of them behind.

    No garbage is collected in it: a graph that is found there and destroyed ends the capture
    (pytorch/pytorch#161037), and an editor and its graphs hold each other.
    """
    torch._C._cuda_clearCublasWorkspaces()
    torch.cuda.empty_cache()  # what work as written needed, a graph has in a pool of its own
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()
        torch._C._cuda_clearCublasWorkspaces()


def why_not(error: BaseException) -> str:
    """Why work cannot be captured, in one line."""
    if out_of_memory(error):
        return "the GPU has too little memory for its graph"
    return first_line(error)


def let_go(error: BaseException) -> None:
    """Empties the frames that a caught error came through: they hold the tensors of a whole step."""
    found: BaseException | None = error
    while found is not None:
        traceback.clear_frames(found.__traceback__)
        found = found.__context__
