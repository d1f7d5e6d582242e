"""Kernels that a program would start on a GPU, and bytes that they read and write, counted on a CPU.

    with AsOnAGPU(), Traffic() as seen:
        network(x)
    seen.kernels.total(), seen.bytes.total()

An operator reads what it is given and writes what it gives, once each. What it is more than one kernel for
is counted as such: a convolution's bias, each of its gradients, the two passes of a normalisation, a call
for many tensors.
"""

from collections import Counter
from math import ceil

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from tests.speed.operator_calls import WITHOUT_KERNEL

__all__ = ["AsOnAGPU", "Traffic"]

_OVERWRITING = ("copy_", "fill_", "zero_")
"""Operators that do not read what they write to."""

_TOGETHER = 100
"""Tensors, roughly, that a kernel for many takes."""


class Traffic(TorchDispatchMode):
    """Counts inside a `with` block.

    Attributes:
        kernels: by the operator's name.
        bytes: by the operator's name.
    """

    def __init__(self):
        super().__init__()
        self.kernels = Counter()
        self.bytes = Counter()

    def clear(self):
        """Forgets what was counted."""
        self.kernels.clear()
        self.bytes.clear()

    def note(self, name, tensors):
        """Counts a kernel that is no operator, by the tensors that it reads and writes."""
        self.kernels[name] += 1
        self.bytes[name] += _size(tensors)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        out = function(*args, **kwargs)
        name = function.overloadpacket.__name__
        if name not in WITHOUT_KERNEL:
            self.kernels[name] += _kernels(name, args)
            self.bytes[name] += _bytes(function, name, args, kwargs, out)
        return out


class AsOnAGPU(TorchFunctionMode):
    """In the block a CPU's autocast enlarges images in single precision and pads them as they are."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if torch.is_autocast_enabled("cpu") and function in (F.interpolate, F.pad):
            first = args[0]
            if function is F.interpolate and first.is_floating_point():
                first = first.float()
            with torch.autocast("cpu", enabled=False):
                return function(first, *args[1:], **kwargs)
        return function(*args, **kwargs)


def _kernels(name, args):
    if name == "convolution":
        return 2 if args[2] is not None else 1
    if name == "convolution_backward":
        return sum(args[-1])
    if name.startswith(("native_batch_norm", "batch_norm_update_stats")):
        return 2
    if name.startswith(("_foreach", "_fused")):
        return ceil(len(args[0]) / _TOGETHER)
    return 1


def _bytes(function, name, args, kwargs, out):
    if name == "convolution_backward":
        gradient, x, weight = args[:3]
        of_x, of_weight, of_bias = args[-1]
        through = _size((gradient, x, weight))  # two are read, the third's gradient is written
        return (of_x + of_weight) * through + of_bias * _size(gradient)
    places = [
        value
        for argument, value in zip(function._schema.arguments, args)
        if argument.alias_info is not None and argument.alias_info.is_write
    ]
    read = _size((args, {key: one for key, one in kwargs.items() if not key.startswith("out")}))
    if name in _OVERWRITING:
        read -= _size(places)
    written = _size(out) or _size(places)
    if name == "convolution" and args[2] is not None:
        written += 2 * _size(out)  # the bias is added in place
    if name.startswith("native_batch_norm"):
        read += _size(args[:2] if name.endswith("backward") else args[0])
    return read + written


def _size(tree):
    tensors = [one for one in tree_flatten(tree)[0] if isinstance(one, torch.Tensor)]
    return sum(one.numel() * one.element_size() for one in tensors)
