"""Compares a state dict with the network that it is said to belong to."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["Shapes", "differences", "not_finite", "other_kinds", "shapes_of"]

Shapes = Mapping[str, tuple[int, ...]]
"""{parameter name: shape}."""

_SHOWN = 3


def shapes_of(source: nn.Module | Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """{name: shape} of a network's state, or of a state dict."""
    state = source.state_dict() if isinstance(source, nn.Module) else source
    return {name: tuple(value.shape) for name, value in state.items()}


def differences(found: Shapes, expected: Shapes, *, whole: bool = False) -> list[str]:
    """What differs, in words; empty where names and shapes agree.

    A checkpoint of an old PyTorch may lack `num_batches_tracked` and spectral norm's `weight_v`:
    the first is not used, the second is made again. With `whole`, nothing may be lacking.
    """
    optional = () if whole else _OPTIONAL
    missing = [n for n in expected if n not in found and not n.endswith(optional)]
    surplus = [name for name in found if name not in expected]
    shaped = [
        f"{name} is {list(found[name])}, expected {list(expected[name])}"
        for name in expected
        if name in found and found[name] != expected[name]
    ]
    return [
        *_line("missing", missing),
        *_line("not part of this network", surplus),
        *_line("of another shape", shaped),
    ]


def other_kinds(state: Mapping[str, Tensor], network: nn.Module) -> list[str]:
    """What holds another kind of numbers (whole, real, complex) than the network, in words.

    Empty where every kind agrees; the precision is not compared.
    """
    wrong = [
        f"{name} is {_dtype(state[name])}, expected {_dtype(own)}"
        for name, own in network.state_dict().items()
        if name in state and _kind(state[name]) != _kind(own)
    ]
    return _line("of another type", wrong)


def not_finite(state: Mapping[str, Tensor]) -> list[str]:
    """What holds NaN or infinity, in words; empty where every number is finite."""
    broken = [
        f"{name} ({_share(value)})"
        for name, value in state.items()
        if value.is_floating_point() and not bool(torch.isfinite(value).all())
    ]
    return _line("not finite", broken)


def _kind(value: Tensor) -> str:
    if value.is_complex():
        return "complex"
    return "real" if value.is_floating_point() else "whole"


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _share(value: Tensor) -> str:
    nan, count = int(torch.isnan(value).sum()), value.numel()
    infinite = int(torch.isinf(value).sum())
    said = [f"{n} {word}" for n, word in ((nan, "NaN"), (infinite, "infinite")) if n]
    return f"{' and '.join(said)} of {count}"


_OPTIONAL = ("num_batches_tracked", "weight_v")


def _line(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{len(names)} {what}: {', '.join(names[:_SHOWN])}{more}"]
