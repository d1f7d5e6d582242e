"""What tests of networks share: CUDA graphs that a machine without a card can have."""

from __future__ import annotations

import pytest
import torch

from baselines import captured


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
    monkeypatch.setattr(captured, "_KIND", "cpu")
    monkeypatch.setattr(captured, "_captured", stand_in)
    return stand_in
