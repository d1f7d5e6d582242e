"""Reads checkpoint files without running anything in them.

A PyTorch checkpoint is a pickle, and a pickle may carry code. Only `torch.load(weights_only=True)` is
used: it builds tensors and plain containers and refuses every other global before calling it.
"""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from bench.core.errors import BadInput

__all__ = ["read_array", "read_pickle", "read_state"]


def read_pickle(path: Path) -> Any:
    """The content of a PyTorch file: tensors, numbers, strings and containers of them.

    Raises:
        BadInput: no such file, a truncated one, one that is no checkpoint, or one that asks for
            code. Nothing in it runs.
    """
    _check_file(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadInput(_refusal(path, str(error))) from None
    except Exception as error:  # bytes that are no pickle lead to whatever they happen to mean
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(
            f"{path}: not a whole PyTorch checkpoint ({reason}); download it again"
        ) from None


def read_state(path: Path, inside: str | None) -> dict[str, Tensor]:
    """The state dict in a file, pickled or safetensors.

    Args:
        path: the file.
        inside: the key under which the official file keeps it, or None.

    Raises:
        BadInput: where the file cannot be read or holds no state dict there.
    """
    if path.suffix == ".safetensors":
        _check_file(path)
        try:
            return load_file(path)
        except SafetensorError as error:
            raise BadInput(f"{path}: not a whole safetensors file ({error})") from None
    content = read_pickle(path)
    if isinstance(content, dict) and inside is not None and inside in content:
        content = content[inside]
    if not isinstance(content, dict):
        raise BadInput(
            f"{path}: holds a {type(content).__name__}, expected a dictionary of tensors"
        )
    state = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    if not state:
        wanted = "a state dict" if inside is None else f"a state dict or one under {inside!r}"
        known = ", ".join(sorted(str(key) for key in content)[:8]) or "nothing"
        raise BadInput(f"{path}: expected {wanted}; the file has {known}")
    return _without_wrapper(state)


def read_array(path: Path) -> np.ndarray[Any, np.dtype[Any]]:
    """A NumPy array file, never a pickled one.

    Raises:
        BadInput: where it is missing, truncated, or holds objects.
    """
    _check_file(path)
    try:
        array: np.ndarray[Any, np.dtype[Any]] = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BadInput(f"{path}: not a plain NumPy array ({error})") from None
    return array


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"{path}: no such file")


def _refusal(path: Path, message: str) -> str:
    asked = re.search(r"GLOBAL ([\w.]+)", message)
    if asked is None:
        return f"{path}: not a PyTorch checkpoint, or a truncated one; download it again"
    return (
        f"{path}: refused, because it asks for {asked.group(1)}, which is code and no tensor; "
        "nothing in it ran. Save its state dict alone and import that"
    )


def _without_wrapper(state: dict[str, Tensor]) -> dict[str, Tensor]:
    # torch.nn.DataParallel puts "module." before every name.
    if all(name.startswith("module.") for name in state):
        return {name.removeprefix("module."): value for name, value in state.items()}
    return state
