"""What a layer does pixel by pixel, in one pass over memory where it is compiled.

    @compilable
    def fuse(style, gamma, beta): ...

    with compiled_layers():
        network(x)          # `fuse` runs as one compiled kernel

Whole networks are not compiled: their tables have another size for every image, so a compiler
would cut the network at each of them and build some eighty pieces, for minutes. The
pixel-by-pixel functions are shared by all blocks, and take seconds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["SLOPE", "compilable", "compiled_layers", "compiling", "rectify"]

_ON: ContextVar[bool] = ContextVar("compiled_layers", default=False)

SLOPE = 0.2
"""Of the activation for negative values, in most networks here."""

Pointwise = Callable[..., Tensor]


@contextmanager
def compiled_layers(on: bool = True) -> Iterator[None]:
    """Inside this block `compilable` functions run compiled."""
    token = _ON.set(on)
    try:
        yield
    finally:
        _ON.reset(token)


def compiling() -> bool:
    """Whether `compilable` functions run compiled here: not where a gradient is wanted."""
    return _ON.get() and not torch.is_grad_enabled()


def compilable(function: Pointwise) -> Pointwise:
    """The function, which runs compiled inside `compiled_layers`.

    Args:
        function: of tensors of any sizes, to a tensor.
    """
    compiled = functools.cache(lambda: torch.compile(function, dynamic=True))

    @functools.wraps(function)
    def call(*tensors: Tensor) -> Tensor:
        chosen: Pointwise = compiled() if compiling() else function
        return chosen(*tensors)

    return call


def rectify(x: Tensor) -> Tensor:
    """The activation of most networks here: LeakyReLU 0.2, in place where no gradient needs `x`."""
    return F.leaky_relu(x, SLOPE, inplace=not torch.is_grad_enabled())
