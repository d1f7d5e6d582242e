"""Counts operators, and what makes a program wait for a GPU, on a machine that has none.

    with OperatorCalls() as calls:
        network(x)
    calls.total, calls.synchronisations

An operator is at least one kernel on a GPU. A synchronisation is an operator whose result, or whose
size, the program must know before it can go on: a number that is read, the places that are not zero,
the distinct values, a boolean mask as an index. Copies of tensors to lists and arrays count too.
"""

from collections import Counter

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

__all__ = ["WITHOUT_KERNEL", "OperatorCalls"]

_WAITING = {
    "_local_scalar_dense",
    "_unique",
    "_unique2",
    "bincount",
    "equal",
    "is_nonzero",
    "isin",
    "masked_select",
    "nonzero",
    "unique_consecutive",
    "unique_dim",
}
"""Operators that wait for the device, by their names in ATen."""

_READING = ("tolist", "cpu")
"""Methods that copy a tensor to the host; `numpy` is refused by a tensor that lies elsewhere."""

WITHOUT_KERNEL = {
    "_unsafe_view",
    "alias",
    "as_strided",
    "as_strided_",
    "detach",
    "empty",
    "empty_like",
    "empty_strided",
    "expand",
    "lift_fresh",
    "new_empty",
    "new_empty_strided",
    "permute",
    "promote_types",
    "select",
    "slice",
    "split",
    "split_with_sizes",
    "squeeze",
    "t",
    "transpose",
    "unbind",
    "unfold",
    "unsqueeze",
    "view",
}
"""Operators that start no kernel: views, and what only takes memory or looks at types."""


class OperatorCalls(TorchDispatchMode):
    """Counts inside a `with` block.

    Attributes:
        operators: calls by name, of those alone that start kernels.
        waits: synchronisations by name.
    """

    def __init__(self):
        super().__init__()
        self.operators = Counter()
        self.waits = Counter()
        self._reading = _Reading(self.waits)

    @property
    def total(self):
        """Operators that start kernels."""
        return sum(self.operators.values())

    @property
    def synchronisations(self):
        """How often a program on a GPU would wait."""
        return sum(self.waits.values())

    def __enter__(self):
        self._reading.__enter__()
        return super().__enter__()

    def __exit__(self, *reason):
        super().__exit__(*reason)
        self._reading.__exit__(*reason)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if name not in WITHOUT_KERNEL:
            self.operators[name] += 1
        if name in _WAITING or _by_mask(name, args) or _repeats(function, kwargs or {}):
            self.waits[name] += 1
        return function(*args, **(kwargs or {}))


class _Reading(TorchFunctionMode):
    def __init__(self, waits):
        super().__init__()
        self.waits = waits

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        if name in _READING and isinstance(args[0], torch.Tensor):
            self.waits[name] += 1
        return function(*args, **(kwargs or {}))


def _by_mask(name, args):
    """Whether an index is a mask, whose count of True decides the size."""
    if name not in ("index", "index_put", "index_put_", "_index_put_impl_"):
        return False
    given = tree_flatten(args[1])[0]
    return any(one is not None and one.dtype == torch.bool for one in given)


def _repeats(function, kwargs):
    """Whether tensor counts decide a size that is not given."""
    known = kwargs.get("output_size") is not None
    return function is torch.ops.aten.repeat_interleave.Tensor and not known
