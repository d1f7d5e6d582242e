"""The start of a command that computes: all its libraries are imported, and nothing else goes on meanwhile.

Importing makes a million objects that stay. Looking through them for garbage, again and again while they
grow, takes a sixth of the time, and later every search would look at them once more.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

__all__ = ["starting"]


@contextlib.contextmanager
def starting(device: str) -> Iterator[None]:
    """A block of imports, without the garbage collector; torch is imported and a GPU started by its end.

    Where there are cores to spare that begins in a thread: half of an import's time is waiting for
    files, where files are slow. What fails there is met again, and told, where torch is used.

    Args:
        device: as the user named it.
    """
    from bench.core.device import cores

    gc.disable()
    try:
        beside = threading.Thread(target=_start, args=(device,), name="start of torch")
        if cores() > _FEW:
            beside.start()
        yield
        # In this order: torch waits for the thread, which goes on to start the GPU, and meanwhile there is
        # time for what intervals need once all is measured.
        import torch  # noqa: F401, I001
        import scipy.special  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()


_FEW = 2
"""Cores on which two imports side by side gain nothing."""


def _start(device: str) -> None:
    with contextlib.suppress(Exception):
        import torch

        if device != "cpu" and torch.cuda.is_available():
            torch.ones(1, device="cuda" if device == "auto" else device).item()
