"""What a network costs: its parameters and the multiply-adds of one call.

Multiply-adds are those of convolutions and matrix products, as PyTorch's own counter sees them
(half its flops). Two counts, because label maps go through tables here: what was really carried out,
which depends on the picture's regions and leaves out the tables' sums and look-ups, and what the
published form of the network, with dense convolutions, carries out for the same input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from baselines.layers.label_map import dense_label_maps

__all__ = ["NetworkCosts", "count_costs", "count_multiply_adds"]


@dataclass(frozen=True)
class NetworkCosts:
    """Of one network and one call of it.

    Attributes:
        parameters: trainable numbers; buffers are not counted.
        multiply_adds: carried out by this implementation.
        dense_multiply_adds: of the same call with dense convolutions of label maps.
    """

    parameters: int
    multiply_adds: int
    dense_multiply_adds: int


def count_costs(network: nn.Module, call: Callable[[], object]) -> NetworkCosts:
    """Counts `call`, which must run `network` on inputs it makes itself; runs it twice.

    Args:
        network: the network.
        call: for example ``lambda: editor.edit(batch)``; a batch of B counts B edits.
    """
    carried_out = count_multiply_adds(call)
    with dense_label_maps():
        dense = count_multiply_adds(call)
    parameters = sum(p.numel() for p in network.parameters())
    return NetworkCosts(parameters, carried_out, dense)


def count_multiply_adds(call: Callable[[], object]) -> int:
    """The multiply-adds of one call, without gradients."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        call()
    return int(counter.get_total_flops()) // 2
