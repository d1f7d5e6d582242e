"""How PyTorch computes with float32 numbers: with all their bits, or with fewer where that is faster.

PyTorch has old switches for that (`allow_tf32`, `set_float32_matmul_precision`) and, since 2.9, new ones
(`fp32_precision`). Where somebody has used a new one, to read an old one raises an error, and to set it may
do nothing. So whoever asks or changes them here does it through this module.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

__all__ = ["Float32", "float32", "same_algorithms", "set_float32"]

Float32 = tuple[str, ...]
"""How convolutions, recurrent layers and products are computed on a GPU, then the same three on a CPU:
"ieee" is with all bits, "tf32" and "bf16" with fewer."""

_KINDS = tuple((to, kind) for to in ("cuda", "mkldnn") for kind in ("conv", "rnn", "matmul"))
_EXACT: Float32 = ("ieee",) * len(_KINDS)


def float32() -> Float32:
    """How it is done now."""
    import torch

    if _new():
        return tuple(_precision(kind) for kind in _KINDS)
    conv = "tf32" if torch.backends.cudnn.allow_tf32 else "ieee"
    matmul = {"highest": ("ieee", "ieee"), "high": ("tf32", "ieee"), "medium": ("tf32", "bf16")}
    cuda, cpu = matmul[torch.get_float32_matmul_precision()]
    return conv, conv, cuda, "ieee", "ieee", cpu


def set_float32(wanted: Float32) -> None:
    """Does it from now on as `float32` said; old switches and new ones agree then."""
    import torch

    conv, _, cuda, _, _, cpu = wanted
    torch.backends.cudnn.allow_tf32 = conv == "tf32"
    level = "medium" if cpu == "bf16" else "high" if cuda == "tf32" else "highest"
    torch.set_float32_matmul_precision(level)
    if not _new():
        return
    for kind, precision in zip(_KINDS, wanted, strict=True):
        torch._C._set_fp32_precision_setter(*kind, "none")  # as it is for all kinds together
        if _precision(kind) != precision:
            torch._C._set_fp32_precision_setter(*kind, precision)


@contextlib.contextmanager
def same_algorithms(*, exact: bool = False) -> Iterator[None]:
    """Inside this block the same call takes the same algorithms every time; then all is as before.

    cuDNN tries nothing out and takes only algorithms that repeat themselves. What the block itself
    switches is undone.

    Args:
        exact: convolutions and products of float32 numbers keep all bits. Accelerators round them to
            TF32 unless they are told not to, and processors to bfloat16 where they are told to.
    """
    import torch

    cudnn = torch.backends.cudnn
    before, flags = float32(), (cudnn.enabled, cudnn.benchmark, cudnn.deterministic)
    if exact:
        cudnn.enabled = True
        if before != _EXACT:
            set_float32(_EXACT)
    cudnn.benchmark, cudnn.deterministic = False, True
    try:
        yield
    finally:
        cudnn.enabled, cudnn.benchmark, cudnn.deterministic = flags
        if float32() != before:
            set_float32(before)


def _new() -> bool:
    """Whether PyTorch has the new switches."""
    import torch

    return hasattr(torch._C, "_get_fp32_precision_getter")


def _precision(kind: tuple[str, str]) -> str:
    import torch

    found: str = torch._C._get_fp32_precision_getter(*kind)
    return "ieee" if found == "none" else found  # nobody has chosen
