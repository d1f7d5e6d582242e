"""What tests of networks share: CUDA graphs and kernels that a machine without a card can have."""

from __future__ import annotations

import importlib
import sys

import pytest
import torch

from baselines import captured
from baselines.layers import fused


class StandIn:
    """In the place of CUDA graphs: carries the function out again on the tensors that it captured."""

    def __init__(self):
        self.captured = 0
        self.replayed = 0
        self.refuse = None

    def __call__(self, function, tensors):
        if self.refuse is not None:
            raise self.refuse
        self.captured += 1
        inputs = tuple(None if tensor is None else tensor.clone() for tensor in tensors)
        output = function(*inputs)

        def replay():
            self.replayed += 1
            for place, value in zip(_tensors(output), _tensors(function(*inputs))):
                place.copy_(value)

        return captured._Graph(inputs, output, replay)


def _tensors(output):
    return (output,) if isinstance(output, torch.Tensor) else output


@pytest.fixture
def graphs(monkeypatch):
    """A machine whose CPU has graphs."""
    stand_in = StandIn()
    monkeypatch.setattr(captured, "is_gpu", lambda _: True)
    monkeypatch.setattr(captured, "_captured", stand_in)
    return stand_in


@pytest.fixture
def kernels(monkeypatch):
    """A machine whose CPU takes kernels in Triton, carried out by Triton's interpreter."""
    triton = pytest.importorskip(
        "triton", reason="Triton is not installed: PyTorch brings it on Linux"
    )
    name = "baselines.layers.triton_kernels"
    monkeypatch.setenv("TRITON_INTERPRET", "1")  # read where a kernel is defined
    monkeypatch.delitem(sys.modules, name, raising=False)
    # Triton's own functions in Triton may have been defined before, for a card.
    library = triton.language
    combine = library.standard._sum_combine
    monkeypatch.setattr(library, "sum", lambda x, axis: library.reduce(x, axis, combine))
    interpreted = importlib.import_module(name)
    carried_out = []

    def counted(kernel):
        def start(*given, **named):
            found = getattr(interpreted, kernel)(*given, **named)
            carried_out.append(kernel)
            return found

        return staticmethod(start)

    stand_in = type("Kernels", (), {name: counted(name) for name in interpreted.__all__})
    monkeypatch.setattr(fused, "is_gpu", lambda _: True)
    monkeypatch.setattr(fused, "_failed", [])
    monkeypatch.setattr(fused, "_checked", set())
    monkeypatch.setattr(fused, "_module", lambda: stand_in)
    yield carried_out
    sys.modules.pop(name, None)
