"""Where networks run, checked before anything is loaded."""

from __future__ import annotations

from bench.core.errors import BadInput

__all__ = ["choose_device"]


def choose_device(name: str) -> str:
    """The device to use; "auto" is a GPU where there is one.

    Raises:
        BadInput: where the name is none, or there is no such device here.
    """
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.device(name)
    except RuntimeError:
        raise BadInput(
            f"device {name!r} is not a device; write auto, cpu, cuda, or cuda:1 for the second GPU"
        ) from None
    try:
        torch.ones(1, device=name).item()
    # What a missing device raises depends on its kind and on how torch was built.
    except (RuntimeError, AssertionError, NotImplementedError):
        raise BadInput(f"device {name!r} is not here; write cpu, or auto") from None
    return name
