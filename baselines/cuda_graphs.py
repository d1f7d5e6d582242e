"""Work on a CUDA device that is captured once and replayed: one launch for thousands of kernels."""

from __future__ import annotations

from collections.abc import Callable

import torch

__all__ = ["CudaGraphs", "Work"]

Work = Callable[[], None]
"""Operators on tensors that stay where they are."""


class CudaGraphs:
    """Captures on a CUDA device, on a stream of its own.

    All graphs share their memory: they run one after the other, and what one leaves behind beside its
    results no other needs.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._stream = _stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    def run(self, work: Work) -> None:
        """Carries work out on the stream that captures use."""
        usual = torch.cuda.current_stream(self.device)
        self._stream.wait_stream(usual)
        with torch.cuda.stream(self._stream):
            work()
        usual.wait_stream(self._stream)

    def capture(self, work: Work) -> Work:
        """A CUDA graph's replay.

        Raises:
            RuntimeError: the work cannot be captured; nothing of it was carried out.
        """
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize(self.device)
        torch.cuda.empty_cache()  # what work as written needed, the graph has in a pool of its own
        try:
            # Threads that read ahead may use the device meanwhile.
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
            ):
                work()
        except BaseException:
            self._recover()
            raise
        return graph.replay

    def forget(self) -> None:
        """A new pool, once the graphs are gone; the stream stays, for libraries keep memory for each."""
        self._pool = torch.cuda.graph_pool_handle()

    def _recover(self) -> None:
        """After a failed capture: a new stream, and a generator that is not being captured."""
        index = self.device.index or 0
        fresh = torch.Generator(self.device)
        torch.cuda.default_generators[index].graphsafe_set_state(fresh.graphsafe_get_state())
        self._stream = _stream(self.device)
        self._pool = torch.cuda.graph_pool_handle()


def _stream(device: torch.device) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
