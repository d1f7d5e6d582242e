"""A network's forward on a GPU, captured once as a CUDA graph and replayed from then on.

At batch 1 a network of some hundred layers is bound by its launches: the host hands out a thousand small
kernels one by one. A captured graph is handed out at once. It needs a function of tensors alone, whose
sizes and control flow never depend on what the tensors hold (`fixed_sizes`), called again and again with
tensors of one shape, as the harness's batches are.

    forward = Captured("spade", network)
    image = forward(labels)        # a CPU: the function itself; a GPU: eager, then captured, then replayed

The first call of a shape runs eagerly: a shape that never comes again is never captured, and a call whose
work is counted counts all of it. The second captures. Graphs of a process share one pool of memory, for
what they hold between their kernels nobody reads between replays; results are copied out of it. Where a
forward cannot be captured, or its first replay is not what it gave as written, it stays eager, and
a warning says so once; all other graphs are then captured anew (see `CudaGraphs.capture`).
"""

from __future__ import annotations

import threading
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from baselines.cuda_graphs import CudaGraphs, Recording, Work, let_go, why_not
from baselines.layers.fused import same_result
from bench.core.device import is_gpu
from bench.core.device_faults import out_of_memory
from bench.core.float32 import float32

__all__ = ["Captured", "CapturedWork", "forget_graphs", "without_kept_casts"]

T = TypeVar("T")
"""A tensor, or a tuple of tensors."""

_Key = tuple[Any, ...]

_KEPT = 8
"""Graphs that one forward keeps, each of one shape; the one that was captured first goes first."""


@dataclass(frozen=True, eq=False)
class _Graph:
    """A captured call: where it reads, where it writes, and how it is started."""

    inputs: tuple[Tensor | None, ...]
    output: Any
    replay: Callable[[], None]


class Captured(Generic[T]):
    """A function of tensors that is replayed as a CUDA graph where its tensors lie on a GPU.

    Args:
        name: who it belongs to, for the warning.
        function: called with tensors, or None for one that is left out; gives a tensor, or
            a tuple of them. It keeps no tensors between calls and reads none but its arguments and the
            network's own: where these move, `forget` their graphs.
    """

    def __init__(self, name: str, function: Callable[..., T]) -> None:
        self.name = name
        self._function = function
        self._graphs: dict[_Key, _Graph | None] = {}
        self._eager = False
        _EVERY.add(self)

    def __call__(self, *tensors: Tensor | None) -> T:
        """The function's result for tensors that lie on one device; its own, nobody writes to it.

        Where the GPU's memory does not suffice, all graphs of the process make room first.
        """
        if self._eager or not _replayable(tensors):
            return self._function(*tensors)
        try:
            return self._replayed(tensors)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
        forget_graphs()  # out here, where no error keeps the tensors of the call that failed
        torch.cuda.empty_cache()
        return self._function(*tensors)

    def _replayed(self, tensors: tuple[Tensor | None, ...]) -> T:
        key = _key(tensors)
        if key not in self._graphs:
            while len(self._graphs) >= _KEPT:
                self._graphs.pop(next(iter(self._graphs)))
            self._graphs[key] = None  # the next call of this shape captures
            return self._function(*tensors)
        graph = self._graphs.get(key) or self._capture(key, tensors)
        if graph is None:
            return self._function(*tensors)
        for place, tensor in zip(graph.inputs, tensors, strict=True):
            if place is not None and tensor is not None:
                place.copy_(tensor, non_blocking=True)
        with _TURN:
            graph.replay()
            own: T = _own(graph.output)
        return own

    def forget(self) -> None:
        """Lets go of every graph and its memory."""
        self._graphs.clear()

    def _capture(self, key: _Key, tensors: tuple[Tensor | None, ...]) -> _Graph | None:
        try:
            graph = _captured(self._function, tensors)
        except Exception as error:  # whatever the driver or a layer objects to
            self._eager = True
            forget_graphs()
            let_go(error)
            _say(f"{self.name}: its forward", error)
            return None
        self._graphs[key] = graph
        return graph


class CapturedWork:
    """Work that is done again and again, on tensors that stay where they are; on a GPU it is replayed.

    It is carried out as written a few times (`WARM`), then captured. Where that fails, it goes on as written.

    Args:
        name: whose it is, for the warning.
        work: operators with gradients and all; what it gives the next one finds in the same place.
        device: where its tensors are.
    """

    def __init__(self, name: str, work: Work, device: torch.device) -> None:
        self.name = name
        self._work, self._device = work, device
        self._recording = Recording()
        self._eager = not is_gpu(device)

    def __call__(self) -> None:
        """Does it once more."""
        if self._eager or is_in_torch_dispatch_mode():
            self._work()
            return
        graphs, recording = _graphs_of(self._device), self._recording
        if recording.due:
            try:
                recording.replay = graphs.capture(self._work)
            except Exception as error:  # as above; nothing of the work was carried out
                self._eager = True
                forget_graphs()
                let_go(error)
                _say(f"{self.name}: a step", error)
        if self._eager:
            self._work()
        elif recording.replay is None:
            recording.seen += 1
            graphs.run(self._work)  # what autograd keeps of a leaf belongs to one stream
        else:
            with _TURN:
                recording.replay()


_TURN = threading.RLock()
"""Held from a replay until its result is copied, for graphs share their memory: an editor that took too long
is left alone, and goes on in its thread."""


def _say(what: str, error: Exception) -> None:
    warnings.warn(
        f"{what} cannot be captured as a CUDA graph and stays slower, with the same results "
        f"({why_not(error)})",
        stacklevel=4,
    )


_EVERY: weakref.WeakSet[Captured[Any]] = weakref.WeakSet()
_devices: dict[torch.device, CudaGraphs] = {}


def _graphs_of(device: torch.device) -> CudaGraphs:
    if device not in _devices:
        _devices[device] = CudaGraphs(device)
    return _devices[device]


def forget_graphs() -> None:
    """Lets go of all graphs of the process, as where a GPU's memory is short; they are captured anew."""
    for one in list(_EVERY):
        one.forget()


def _own(output: Any) -> Any:
    """A copy that the next replay does not write to."""
    return output.clone() if isinstance(output, Tensor) else tuple(one.clone() for one in output)


def _each(output: Any) -> tuple[Tensor, ...]:
    return (output,) if isinstance(output, Tensor) else tuple(output)


def _replayable(tensors: tuple[Tensor | None, ...]) -> bool:
    """Whether these tensors' call may be replayed: on a GPU, no gradient wanted, and nobody counting."""
    first = next((tensor for tensor in tensors if tensor is not None), None)
    if first is None or not is_gpu(first.device) or torch.is_grad_enabled():
        return False
    return not is_in_torch_dispatch_mode()


def _key(tensors: tuple[Tensor | None, ...]) -> _Key:
    """What a graph is fixed to: shapes and types, and the switches that choose kernels."""
    shapes = tuple(None if t is None else (t.device, t.dtype, *t.shape) for t in tensors)
    cudnn = torch.backends.cudnn
    half = torch.get_autocast_dtype("cuda") if torch.is_autocast_enabled("cuda") else None
    switches = (float32(), cudnn.deterministic, cudnn.benchmark, half)
    return shapes, switches, torch.is_inference_mode_enabled()


def _captured(function: Callable[..., Any], tensors: tuple[Tensor | None, ...]) -> _Graph:
    """Warms the function up on a side stream, captures it, and holds its first replay against it.

    Raises:
        Exception: whatever stands against it, or a replay that gives something else; the device is
            usable afterwards.
    """
    device = next(tensor.device for tensor in tensors if tensor is not None)
    graphs = _graphs_of(device)
    inputs = tuple(None if tensor is None else tensor.clone() for tensor in tensors)
    made: list[Any] = []

    def work() -> None:
        # Casts that autocast keeps would live in the graph's memory.
        with without_kept_casts():
            made[:] = [function(*inputs)]

    graphs.run(work)
    as_written = _own(made[0])
    replay = graphs.capture(work)
    with _TURN:
        replay()
        _refuse_another(made[0], as_written)
    return _Graph(inputs, made[0], replay)


def _refuse_another(replayed: Any, as_written: Any) -> None:
    """Raises a RuntimeError where a first replay is not what the function gave for the same tensors."""
    for one, other in zip(_each(replayed), _each(as_written), strict=True):
        if not same_result(one, other):
            raise RuntimeError("its first replay is not what the forward gave as written")


class without_kept_casts:  # noqa: N801 - reads as the statement that it is
    """Inside this block autocast casts weights anew at each use."""

    def __enter__(self) -> None:
        self._before = torch.is_autocast_cache_enabled()
        torch.set_autocast_cache_enabled(False)

    def __exit__(self, *_: object) -> None:
        torch.set_autocast_cache_enabled(self._before)
