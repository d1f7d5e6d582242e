"""Trainings that start from trained weights: `start` in a configuration.

A network that was trained before is trained on, with the same losses or others. Its discriminators and
optimisers are new: a file of weights has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.spectral_norm import SpectralNorm

from baselines.checkpoints import load_network
from bench.core.errors import BadInput

__all__ = ["start_from"]

_ITERATIONS = 30
"""Power iterations for the largest singular values of weights that come from a file."""


def start_from(system: str, file: Path, parts: Mapping[str, nn.Module]) -> None:
    """Puts trained weights into parts of a network; what they lack keeps its initial values.

    Files hold weights with their spectral norm folded in; they become the weights that are normalised.

    Args:
        system: whose weights the file holds.
        file: as `load_network` takes it.
        parts: the modules, by what their tensors' names begin with in the file ("G.").

    Raises:
        BadInput: no such weights, or no tensor of theirs fits.
    """
    stored = load_network(system, file).network.state_dict()
    for prefix, module in parts.items():
        own = module.state_dict()
        named = {name: prefix + name.replace(".weight_orig", ".weight") for name in own}
        fitting = {
            name: stored[named[name]]
            for name, value in own.items()
            if named[name] in stored and stored[named[name]].shape == value.shape
        }
        if own and not fitting:
            whose = f"{prefix[:-1]!r}" if prefix else "weights"
            raise BadInput(f"start: {file}: holds nothing that fits this network's {whose}")
        module.load_state_dict(fitting, strict=False)
        _find_singular_values(module)


@torch.no_grad()
def _find_singular_values(module: nn.Module) -> None:
    """Brings u and v of every spectral norm to their weight: the drawn ones would let it grow at first."""
    for layer in module.modules():
        for hook in layer._forward_pre_hooks.values():
            if isinstance(hook, SpectralNorm):
                for _ in range(_ITERATIONS):
                    hook.compute_weight(layer, do_power_iteration=True)
