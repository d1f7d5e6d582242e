"""What a program copies between the host and a device, found without a device: on tensors without data."""

import traceback
from collections import Counter

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

_MAKING = {"tensor", "as_tensor", "asarray", "from_numpy"}


class HostTraffic(TorchDispatchMode):
    """Inside the block everything should be on the meta device; `found` says what was not, and where.

    What would read a number from the device raises by itself there.
    """

    def __init__(self):
        super().__init__()
        self.found = Counter()
        self._making = _Making(self)

    def __enter__(self):
        self._making.__enter__()
        return super().__enter__()

    def __exit__(self, *reason):
        super().__exit__(*reason)
        self._making.__exit__(*reason)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        if any(one.device.type == "cpu" for one in tensors((args, kwargs, out))):
            self.note(str(function))
        return out

    def note(self, what):
        places = [one for one in traceback.extract_stack() if "/baselines/" in one.filename]
        inside = [one for one in places if "/tests/" not in one.filename]
        place = f"{inside[-1].filename}:{inside[-1].lineno}" if inside else "?"
        self.found[what, place] += 1


class _Making(TorchFunctionMode):
    """Tensors of Python's numbers, and lists of numbers as indices, are copied from the host.

    So is a number that is set at a single place; over a range of places it is filled in.
    """

    def __init__(self, traffic):
        super().__init__()
        self.traffic = traffic

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        numbers = name in _MAKING and not isinstance(args[0], torch.Tensor)
        listed = name in ("__getitem__", "__setitem__") and _lists(args[1])
        single = name == "__setitem__" and not isinstance(args[2], torch.Tensor)
        single = single and args[0][args[1]].dim() == 0
        if numbers or listed or single:
            self.traffic.note(name)
        return function(*args, **(kwargs or {}))


def tensors(tree):
    return [one for one in tree_flatten(tree)[0] if isinstance(one, torch.Tensor)]


def _lists(index):
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, (list, range)) for part in parts)
