"""Where networks run, checked before anything is loaded."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.core.device_faults import out_of_memory
from bench.core.errors import BadInput, first_line

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = [
    "capturing",
    "choose_device",
    "choose_devices",
    "cores",
    "fast_float64",
    "find_device",
    "is_gpu",
    "kind_of",
    "leave_alone",
    "names_several",
    "refuse_numbers",
    "upload",
]

_SHARE = re.compile(r"cpu:([1-9][0-9]*)")


def choose_device(name: str) -> str:
    """The device to use; "auto" is a GPU where there is one.

    Raises:
        BadInput: where the name is none, or there is no such device here, or it cannot be used.
    """
    import torch

    name = _known(name)
    try:
        torch.ones(1, device=name).item()
    # What a missing device raises depends on its kind and on how torch was built.
    except (RuntimeError, AssertionError, NotImplementedError, ImportError) as error:
        if out_of_memory(error):
            raise BadInput(
                f"device {name!r} has no memory left, which others use; wait, or write cpu"
            ) from None
        said = first_line(error)
        if not is_gpu(name) or "invalid device ordinal" in said or not torch.cuda.device_count():
            raise _not_here(name) from None
        raise BadInput(f"device {name!r} cannot be used ({said}); write cpu") from None
    return name


def find_device(name: str) -> str:
    """The device that processes of this one shall use; "auto" is a GPU where there is one.

    A GPU is not used here: a process that has used one keeps half a gigabyte there, and where the driver lets
    one process at a time use it, no other could.

    Raises:
        BadInput: where the name is none, or there is no such device here.
    """
    import torch

    name = _known(name)
    if not is_gpu(name):
        return choose_device(name)
    if (torch.device(name).index or 0) >= torch.cuda.device_count():
        raise _not_here(name)
    return name


def _known(name: str) -> str:
    """The name of one device, which may not be here."""
    import torch

    if names_several(name):
        raise BadInput(
            f"device {name!r} is for several workers; name one, or use --executor processes"
        )
    if name == "auto":
        name = kind_of(name)
    try:
        torch.device(name)
    except RuntimeError:
        raise BadInput(
            f"device {name!r} is not a device; write auto, cpu, cuda, or cuda:1 for the second GPU"
        ) from None
    return name


def _not_here(name: str) -> BadInput:
    """That a device is not here, and of a GPU what may have hidden it."""
    import torch

    why: list[str] = []
    if is_gpu(name) and not torch.backends.cuda.is_built():  # type: ignore[no-untyped-call]
        why.append("this PyTorch is built without CUDA")
    elif is_gpu(name):
        seen, count = os.environ.get("CUDA_VISIBLE_DEVICES"), torch.cuda.device_count()
        why += [] if seen is None else [f"CUDA_VISIBLE_DEVICES is {seen!r}"]
        why += [f"the last GPU is cuda:{count - 1}"] if count else []
    said = f": {', and '.join(why)}" if why else ""
    return BadInput(f"device {name!r} is not here{said}; write cpu, or auto")


def is_gpu(device: str | torch.device) -> bool:
    """Whether a device is one of CUDA's, which carry out what is queued while the host goes on."""
    kind = device if isinstance(device, str) else device.type
    return kind.partition(":")[0] == "cuda"


def names_several(name: str) -> bool:
    """Whether a device's name stands for several workers: "cuda:0,cuda:1", "cpu:4"."""
    return "," in name or _SHARE.fullmatch(name) is not None


def kind_of(name: str) -> str:
    """The kind of a device or of several, "cpu" or "cuda"; "auto" is a GPU where there is one.

    Raises:
        BadInput: several devices of different kinds.
    """
    if name == "auto":
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"
    kinds = dict.fromkeys(part.strip().partition(":")[0] for part in name.split(","))
    if len(kinds) > 1:
        raise BadInput(
            f"devices {name!r}: one run has one kind of device, for their last digits differ; give "
            f"{' or '.join(kinds)} devices"
        )
    return next(iter(kinds))


def choose_devices(name: str) -> list[str]:
    """The devices of several workers, one for each; they are found and not used (`find_device`).

    Args:
        name: "cuda:0,cuda:1"; "cpu:4" for four workers of one thread; "cpu" for one a core; "auto" for
            every GPU, or one worker a core where there is none.

    Raises:
        BadInput: a device that is named twice, is not here, or is of another kind than the others.
    """
    import torch

    if name == "auto":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        return [f"cuda:{i}" for i in range(count)] or choose_devices("cpu")
    kind_of(name)
    found: list[str] = []
    for part in (one.strip() for one in name.split(",")):
        share = _SHARE.fullmatch(part)
        if part == "cpu" or share:
            if "cpu" in found:
                raise BadInput(f"device {name!r}: cpu is named twice; write cpu:4 for four workers")
            found += ["cpu"] * (int(share[1]) if share else cores())
            continue
        device = "cuda:0" if part == "cuda" else part
        if device in found:
            raise BadInput(f"device {name!r}: {device} is named twice; give each worker its own")
        found.append(find_device(device))
    return found


def cores() -> int:
    """How many of the processor's cores this process may use, which batch systems limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def fast_float64(device: str) -> bool:
    """Whether an accelerator computes in float64 at a good part of its speed in float32.

    Those are the GPUs of data centres (P100, V100, A100, H100, B200); others do a sixty-fourth, and
    Apple's ("mps") none at all. False for "cpu".
    """
    import torch

    if not is_gpu(device):
        return device != "cpu" and kind_of(device) != "mps"
    return torch.cuda.get_device_capability(device) in _FLOAT64


_FLOAT64 = frozenset({(6, 0), (7, 0), (8, 0), (9, 0), (10, 0)})
"""CUDA's compute capabilities with many float64 units."""


def upload(tensor: Tensor, device: str | torch.device) -> Tensor:
    """A tensor of the host on the device; a GPU fetches it while the host goes on."""
    if is_gpu(device):
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def refuse_numbers(name: str, who: str) -> None:
    """Refuses a device with a number, or several, where a cluster gives each worker its own.

    Args:
        name: what was asked for.
        who: as the message says it ("Slurm gives every job its own").

    Raises:
        BadInput: for anything but auto or a kind of device alone.
    """
    if "," in name or ":" in name:
        raise BadInput(f"device {name!r}: {who}; give auto, cpu or cuda")


_CAPTURE = threading.RLock()
_left_alone: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


@contextlib.contextmanager
def capturing() -> Iterator[None]:
    """A block in which the calling thread captures a CUDA graph, or uses the stream for captures.

    Whoever waits for the device during a capture ends it and gets a CUDA error, from whichever thread; what
    any thread asks of its stream becomes part of the graph.

    Raises:
        RuntimeError: nobody waits for the calling thread any more (`leave_alone`), so that others use the
            device.
    """
    with _CAPTURE:
        if threading.current_thread() in _left_alone:
            raise RuntimeError("the call took longer than it may")
        yield


def leave_alone(thread: threading.Thread, seconds: float) -> None:
    """Has a thread that nobody waits for any more begin no block of `capturing`.

    Args:
        thread: who still computes.
        seconds: how long a block that it is in is waited for.
    """
    _left_alone.add(thread)
    if _CAPTURE.acquire(timeout=seconds):
        _CAPTURE.release()
