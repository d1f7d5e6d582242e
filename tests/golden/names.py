"""Reads the published parameter names and shapes beside this file."""

from __future__ import annotations

import torch
from torch import nn

from tests.golden.vectors import table


def published(name: str, part: str) -> dict[str, list[int]]:
    """{parameter: shape} of one network in `NAME_names.json`."""
    return table(f"{name}_names")[part]


def shapes(module: nn.Module) -> dict[str, list[int]]:
    """{parameter: shape} of a network."""
    return {name: list(value.shape) for name, value in module.state_dict().items()}


def skeleton(make, *arguments) -> nn.Module:
    """A network without memory for its weights: `make(*arguments)` on the meta device."""
    with torch.device("meta"):
        return make(*arguments)
