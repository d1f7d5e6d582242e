"""Spectral normalisation in the published form, and how it is folded away for inference.

The released checkpoints carry a normalised layer as `weight_orig`, `weight_u`, `weight_v` (the legacy
hook form, one power iteration a training forward, eps 1e-12; docs/protocol/generation.md, 0). Training
uses that form; inference uses plain weights W / (u^T W v), which give the same outputs. What newer
PyTorch writes (`torch.nn.utils.parametrizations`) is brought to that form first.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

__all__ = ["fold_spectral", "hook_form", "spectral"]

M = TypeVar("M", bound=nn.Module)


def spectral(layer: M, enabled: bool = True) -> M:
    """`layer` with its weight normalised by its largest singular value, or as it is."""
    if not enabled:
        return layer
    normalised: M = nn.utils.spectral_norm(layer)
    return normalised


def fold_spectral(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict with every spectral-norm triple folded into one plain `weight`.

    Uses the stored u and v as they are. A checkpoint of torch 1.0 may lack v, which is then
    the normalised W^T u.
    """
    folded: dict[str, Tensor] = {}
    for name, value in state.items():
        if name.endswith(".weight_orig"):
            stem = name[: -len("_orig")]
            u = state[f"{stem}_u"]
            matrix = value.reshape(value.shape[0], -1)
            v = state.get(f"{stem}_v")
            if v is None:
                v = torch.nn.functional.normalize(matrix.t() @ u, dim=0, eps=1e-12)
            folded[stem] = value / torch.dot(u, matrix @ v)
        elif not name.endswith((".weight_u", ".weight_v")):
            folded[name] = value
    return folded


_NEW = ".parametrizations.weight."
_HOOKS = {"original": "weight_orig", "0._u": "weight_u", "0._v": "weight_v"}


def hook_form(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict with `parametrizations` as the published files have them.

    Spectral norm's `parametrizations.weight.original`, `.0._u` and `.0._v` become `weight_orig`,
    `weight_u` and `weight_v`. Weight norm's `original0` (g) and `original1` (v) are folded into the
    plain weight g v / |v|, with the norm over the axes that g lacks.
    """
    named: dict[str, Tensor] = {}
    for name, value in state.items():
        layer, new, part = name.partition(_NEW)
        if not new:
            named[name] = value
        elif part in _HOOKS:
            named[f"{layer}.{_HOOKS[part]}"] = value
        elif part == "original1" and f"{layer}{_NEW}original0" in state:
            size = state[f"{layer}{_NEW}original0"]
            axes = [axis for axis, length in enumerate(size.shape) if length == 1]
            if size.dim() == value.dim() and axes and value.is_floating_point():
                norm = torch.linalg.vector_norm(value, dim=axes, keepdim=True)
                named[f"{layer}.weight"] = value * (size / norm)
            else:
                named[name] = value
        elif part != "original0" or f"{layer}{_NEW}original1" not in state:
            named[name] = value
    return named
