"""Reads the golden vectors beside this file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.layers.condition import Condition
from tests.golden import weights
from tests.golden.sine import neighbour_edges

FOLDER = Path(__file__).parent

_SUBSAMPLED = {2: np.s_[..., 1::2, ::2], 4: np.s_[..., 1::4, 2::4], 8: np.s_[..., 3::8, 5::8]}
"""Which pixels of a map are stored, by how much smaller that is."""


def table(name: str) -> dict[str, Any]:
    """The JSON file `name`."""
    return json.loads((FOLDER / f"{name}.json").read_text())


@dataclass(frozen=True)
class Vectors:
    """One system's inputs and outputs; `facts` is its JSON."""

    facts: dict[str, Any]
    arrays: dict[str, NDArray[Any]]

    def only(self, i: int) -> Vectors:
        """The vectors of picture i alone."""
        return Vectors(self.facts, {name: array[i : i + 1] for name, array in self.arrays.items()})

    @property
    def image(self) -> Tensor:
        """float64 [B,3,H,W] in [-1,1]."""
        return torch.from_numpy(self.arrays["in_image"]).double() / 255 * 2 - 1

    @property
    def condition(self) -> Condition:
        """Labels, edges of the instances, and the mask."""
        labels, instances, mask = (
            torch.from_numpy(self.arrays[f"in_{name}"])[:, 0]
            for name in ("label", "instance", "mask")
        )
        edges = neighbour_edges(instances)
        return Condition(labels.long(), edges, mask.bool(), self.facts["config"]["lab_dim"])

    def fill(self, module: nn.Module, names: str = "parameters", prefix: str = "") -> None:
        """Loads the recipe's weights strictly under the published names."""
        shapes = {prefix + name: tuple(shape) for name, shape in self.facts[names].items()}
        state = weights.fill(shapes, self.facts["salt"])
        module.load_state_dict(
            {name.removeprefix(prefix): torch.from_numpy(value) for name, value in state.items()}
        )

    def deviation(self, name: str, value: Tensor) -> float:
        """Largest difference of `value` from output `name`, subsampled as that was stored."""
        found = value.detach().numpy()
        stored = self.arrays[f"out_{name}"]
        if found.shape != stored.shape:
            found = found[_SUBSAMPLED[found.shape[-1] // stored.shape[-1]]]
        return float(np.abs(found - stored).max())


def vectors(name: str) -> Vectors:
    """The vectors of system `name`, as in "spmpgan_small"."""
    with np.load(FOLDER / f"{name}.npz") as file:
        return Vectors(table(name), dict(file))
