"""The Inception of FID as a feature network: a preprocessing, pytorch-fid's network, weights from here.

Features are within 1e-6 relative of pytorch-fid's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.core.threads import made_once
from bench.networks.batches import layout, run_in_batches
from bench.networks.preprocessing import PREPROCESSINGS
from bench.networks.weights import Found, require
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = [
    "Inception",
    "inception",
    "inception_bgr",
    "inception_clean_fid",
    "inception_torchmetrics",
]

Float32 = NDArray[np.float32]


class Inception:
    """Pool features of images, 2048 numbers each.

    Args:
        weights: a file that holds the network.
        preprocessing: a name of `PREPROCESSINGS`.
        device: where the network runs.
    """

    dimensions = 2048

    def __init__(
        self, weights: Found, preprocessing: str = "pytorch-fid", device: str = "cpu"
    ) -> None:
        self.weights = weights
        self.preprocessing = preprocessing
        self.device = device
        self.name = "inception" if preprocessing == "pytorch-fid" else f"inception-{preprocessing}"
        self.title = self.name.replace("inception", "Inception")
        self.official = weights.official

    def identity(self) -> Record:
        """Tensors and preprocessing: the network's part of the protocol hash."""
        return {
            "network": "inception-fid",
            "tensors": self.weights.identity,
            "front": self.preprocessing,  # spelt as in every protocol hash so far
            "layer": "pool, 2048",
        }

    def warm_up(self) -> None:
        """Loads the network; an accelerator also loads what the first batch needs, which takes a second."""
        if self.device == "cpu":
            _network(self.weights, self.weights.identity, self.device)
        else:
            self.features(np.zeros((1, 8, 8, 3), np.uint8))

    def features(self, images: UInt8) -> Float32:
        """float32 [B,2048] of uint8 [B,H,W,3] RGB."""
        import torch

        network = _network(self.weights, self.weights.identity, self.device)
        prepare = PREPROCESSINGS[self.preprocessing]
        form = getattr(torch, layout(self.device))

        def look(batch: UInt8) -> Tensor:
            given = prepare(batch, self.device).contiguous(memory_format=form)
            found: Tensor = network(given)
            return found

        rows: list[Float32] = run_in_batches(images, self.device, look)
        return np.stack(rows)


def inception(device: str = "cpu", folders: Sequence[Path] | None = None) -> Inception:
    """FID's Inception, fed as pytorch-fid does.

    Raises:
        WeightsMissing: where its weights are not here.
    """
    return Inception(require("inception-fid", folders), "pytorch-fid", device)


def inception_bgr(device: str = "cpu", folders: Sequence[Path] | None = None) -> Inception:
    """FID's Inception with the channels swapped, as SPMPGAN and DivSem (docs/protocol/editing.md, D.6)."""
    return Inception(require("inception-fid", folders), "bgr", device)


def inception_clean_fid(device: str = "cpu", folders: Sequence[Path] | None = None) -> Inception:
    """FID's Inception, fed as clean-fid does."""
    return Inception(require("inception-fid", folders), "clean-fid", device)


def inception_torchmetrics(device: str = "cpu", folders: Sequence[Path] | None = None) -> Inception:
    """FID's Inception, fed as torchmetrics does from 1.8 on."""
    return Inception(require("inception-fid", folders), "torchmetrics", device)


@made_once(4)
def _network(weights: Found, identity: str, device: str) -> nn.Module:
    """One network for the same tensors and device in a process, however many metrics use it."""
    import torch

    from bench.networks.inception_network import build_inception
    from bench.networks.packed import pack

    del identity
    form = getattr(torch, layout(device))
    network = build_inception(weights.load()).to(device).to(memory_format=form)
    if device == "cpu":
        pack(network)
    return network
