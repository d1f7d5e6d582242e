"""Compares a state dict with the network that it is said to belong to."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

__all__ = ["Shapes", "differences", "shapes_of"]

Shapes = Mapping[str, tuple[int, ...]]
"""{parameter name: shape}."""

_SHOWN = 3


def shapes_of(source: nn.Module | Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """{name: shape} of a network's state, or of a state dict."""
    state = source.state_dict() if isinstance(source, nn.Module) else source
    return {name: tuple(value.shape) for name, value in state.items()}


def differences(found: Shapes, expected: Shapes) -> list[str]:
    """What differs, in words; empty where names and shapes agree.

    A checkpoint of an old PyTorch may lack `num_batches_tracked` and spectral norm's `weight_v`:
    the first is not used, the second is made again.
    """
    missing = [n for n in expected if n not in found and not n.endswith(_OPTIONAL)]
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


_OPTIONAL = ("num_batches_tracked", "weight_v")


def _line(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{len(names)} {what}: {', '.join(names[:_SHOWN])}{more}"]
