"""The Inception of FID as an extractor: a front, pytorch-fid's network, weights of this machine.

Features are within 1e-6 relative of pytorch-fid's.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.networks.batches import look_at
from bench.networks.fronts import FRONTS
from bench.networks.recent import Recent
from bench.networks.weights import Found
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Inception"]

Float32 = NDArray[np.float32]


class Inception:
    """Pool features of pictures, 2048 numbers each.

    Args:
        weights: a file that holds the network.
        front: a name of `FRONTS`.
        device: where the network runs.
    """

    dimensions = 2048

    def __init__(self, weights: Found, front: str = "pytorch-fid", device: str = "cpu") -> None:
        self.weights = weights
        self.front = front
        self.device = device
        self._recent = Recent(self._compute)

    @property
    def official(self) -> bool:
        """Whether the weights are the official file, as far as its hash is known."""
        return self.weights.official

    def identity(self) -> Record:
        """Tensors and preprocessing: the extractor's part of the protocol hash."""
        return {
            "network": "inception-fid",
            "tensors": self.weights.identity,
            "front": self.front,
            "layer": "pool, 2048",
        }

    def features(self, pictures: UInt8) -> Float32:
        """float32 [B,2048] of uint8 [B,H,W,3] RGB.

        The last few arrays are remembered, so that several metrics of one pass (FID and KID) pay
        once.
        """
        return self._recent(pictures)

    def _compute(self, pictures: UInt8) -> Float32:
        import torch

        network = _network(self.weights.path, self.weights, self.device)
        front = FRONTS[self.front]

        def look(batch: UInt8) -> list[Float32]:
            given = front(batch, self.device).contiguous(memory_format=torch.channels_last)
            return list(network(given).cpu().numpy())

        rows = look_at(pictures, self.device, look)
        return np.stack(rows)


@functools.lru_cache(maxsize=4)
def _network(path: Path, weights: Found, device: str) -> nn.Module:
    """One network per file and device and process, however many metrics look through it."""
    from bench.networks.inception_network import build_inception
    from bench.networks.packed import pack

    del path
    network = build_inception(weights.load()).to(device)
    if device == "cpu":
        pack(network)
    return network
