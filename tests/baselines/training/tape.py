"""A stand-in for CUDA graphs on a CPU: operators are written down once and carried out again.

Like a graph it knows operators and tensors alone. What Python decided while it was recorded, a number
that was read from a tensor, a draw that was made on the host, is the same in every replay.
"""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten


class Tape(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        out = function(*args, **kwargs)
        self.calls.append((function, args, kwargs, out))
        return out

    @torch.no_grad()
    def replay(self):
        for function, args, kwargs, out in self.calls:
            again = function(*args, **kwargs)
            for place, value in zip(_tensors(out), _tensors(again), strict=True):
                if place.data_ptr() != value.data_ptr():
                    place.copy_(value)


class TapeBackend:
    """Records on a CPU. What was recorded is undone: a CUDA graph runs nothing while it is captured.

    `state` gives the tensors that last from step to step.
    """

    def __init__(self, state):
        self.state = state
        self.tapes = []

    def run(self, work):
        work()

    def capture(self, work):
        kept = [one.detach().clone() for one in self.state()]
        tape = Tape()
        with tape:
            work()
        with torch.no_grad():
            for place, value in zip(self.state(), kept, strict=True):
                place.copy_(value)
        self.tapes.append(tape)
        return tape.replay


def _tensors(tree):
    return [leaf for leaf in tree_flatten(tree)[0] if isinstance(leaf, torch.Tensor)]
