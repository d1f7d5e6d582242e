"""What a device's own failures mean: its memory does not suffice, or its driver fails in the middle.

Neither is the fault of the work under way. It must not be written down as failed: it stops, what is
finished is kept, and the user reads one sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bench.core.errors import BadInput, first_line

__all__ = ["DeviceFailed", "device_failure", "device_fault", "out_of_memory"]

_NO_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "ALLOC_FAILED",
    "unable to find an engine to execute",  # PyTorch has tried all of cuDNN's, and none had its work space
)
"""How libraries say it that have no exception for it (PyTorch's CPU allocator, cuBLAS, cuDNN, MPS)."""

_BROKEN = (
    "CUDA error",
    "CUDA driver error",
    "Triton Error [CUDA]",
    "cuDNN error",
    "CUBLAS_STATUS_",
    "CUDNN_STATUS_",
    "CUSOLVER_STATUS_",
)
"""How the messages of a driver and its libraries begin or what they name."""


class DeviceFailed(BadInput):
    """A device that cannot go on; what was computed before is kept (exit code 2)."""


def device_failure(
    error: BaseException,
    *,
    doing: str,
    device: str,
    lower: str,
    kept: str = "what is finished is kept, and the same command goes on from there",
) -> DeviceFailed | None:
    """The failure of the device that an exception tells of; None where it tells of something else.

    Args:
        error: as it came out; what it was raised from is looked at too.
        doing: what was under way, as the sentence begins: "method 'spade', 16 edits at a time".
        device: where ("cpu", "cuda", "cuda:1").
        lower: what takes less memory and what that changes: "lower batch_size (--batch-size), which
            is part of the method's hash".
        kept: what became of the work so far, and how it goes on.
    """
    for one in _chain(error):
        if out_of_memory(one):
            return DeviceFailed(
                f"{doing}: {device} has too little memory{_free(device)}; {lower}; {kept}"
            )
        if _driver_failed(one):
            _keep_for_ever(error)
            said = " ".join(first_line(one).split())
            return DeviceFailed(
                f"{doing}: {device} failed ({said}) and this process cannot use it any more; {kept}, and "
                "where it fails in the same place again, use --device cpu"
            )
    return None


def device_fault(error: BaseException) -> bool:
    """Whether an exception tells of a failure of the device, its memory or its driver."""
    return any(out_of_memory(one) or _driver_failed(one) for one in _chain(error))


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory did not suffice, on a CPU or an accelerator."""
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _NO_MEMORY)


def _driver_failed(error: BaseException) -> bool:
    torch = sys.modules.get("torch")
    kind = getattr(torch, "AcceleratorError", None)  # PyTorch before 2.8 has none
    if kind is not None and isinstance(error, kind):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _BROKEN)


def _keep_for_ever(error: BaseException) -> None:
    """Lets nothing go that the frames of an error hold, not even when Python ends.

    PyTorch asks the driver for an event where it lets go of memory that a GPU has read or written on the
    host. One that has failed gives none, and PyTorch ends the process then (SIGABRT): after the user has
    read the sentence, with another exit code.
    """
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        yield found
        seen.add(id(found))
        found = found.__cause__ or found.__context__


def _free(device: str) -> str:
    """What a GPU's memory holds for all its users, where there is one that can still be asked."""
    import torch

    try:
        free, whole = (round(size / 2**30, 1) for size in torch.cuda.mem_get_info(device))
    except Exception:  # the sentence stands without it
        return ""
    return f" ({free} of {whole} GiB are free)"
