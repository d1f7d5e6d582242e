"""The features of our own segmenter, for distances that need no download.

For a distance of sets an image's features are the means over the image of every level of the
segmenter's encoder, one after the other; for a distance of pairs they are the levels themselves. They
know the procedural scenes and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record, tensors_hash
from bench.core.threads import made_once
from bench.networks.batches import run_in_batches
from bench.networks.perceptual import Features, PerceptualNetwork, unit_length
from bench.networks.preprocessing import planes
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.segmenters.unet import SegmenterConfig, SegmenterNet

__all__ = ["LoadedSegmenter", "SegmenterFeatures", "SegmenterLayers", "loaded", "scaled"]

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LoadedSegmenter:
    """The network on its device, with its tensors' hash."""

    network: SegmenterNet
    tensors_hash: str

    @property
    def config(self) -> SegmenterConfig:
        """What the network was built from."""
        return self.network.config


class _OurSegmenter:
    """What uses the segmenter's network.

    Args:
        device: where the network runs.
        folders: where weights are looked for; None = where SIEBENCH_WEIGHTS says.

    Raises:
        WeightsMissing: where the segmenter's weights are not here.
        BadInput: where its file is damaged.
    """

    def __init__(self, device: str = "cpu", folders: Sequence[Path] | None = None) -> None:
        self.device = device
        self._network = loaded(device, folders)

    def _record(self, layer: str) -> Record:
        return {
            "network": "segmenter-procedural",
            "tensors": self._network.tensors_hash,
            "front": f"bilinear to {self._network.config.size}, antialiased",
            "layer": layer,
        }


class SegmenterFeatures(_OurSegmenter):
    """Mean features of images through our own segmenter, one number a channel of every level."""

    name = "procedural"
    title = "procedural segmenter"

    def identity(self) -> Record:
        """Tensors and preprocessing: the network's part of the protocol hash."""
        return self._record(f"means of all encoder levels, {sum(self._network.config.widths)}")

    def features(self, images: UInt8) -> Float32:
        """float32 [B,D] of uint8 [B,H,W,3] RGB."""
        import torch

        def look(batch: UInt8) -> Tensor:
            given = scaled(batch, self._network.config.size, self.device)
            means = [level.mean((2, 3)) for level in self._network.network.levels(given)]
            return torch.cat(means, dim=1).float()

        rows: list[Float32] = run_in_batches(images, self.device, look)
        return np.stack(rows)


class SegmenterLayers(_OurSegmenter, PerceptualNetwork):
    """The levels of the encoder, of unit length at each pixel; each level counts alike."""

    def identity(self) -> Record:
        """Tensors and preprocessing: the network's part of the protocol hash."""
        levels = len(self._network.config.widths)
        return self._record(f"all {levels} encoder levels, unit length, equal weights")

    def features(self, images: UInt8) -> list[Features]:
        """The levels [C,h,w] of each of uint8 [B,H,W,3] RGB images."""

        def look(batch: UInt8) -> list[Features]:
            given = scaled(batch, self._network.config.size, self.device)
            levels = [unit_length(level) for level in self._network.network.levels(given)]
            return [[level[i] for level in levels] for i in range(len(batch))]

        return run_in_batches(images, self.device, look, self.batch)

    def channel_weights(self) -> list[Tensor]:
        """One share of a level for every channel."""
        import torch

        widths = self._network.config.widths
        return [torch.full((width,), 1 / len(widths), device=self.device) for width in widths]


def scaled(images: UInt8, size: int, device: str) -> Tensor:
    """float32 [B,3,size,size] in [-1,1] of uint8 [B,H,W,3]: bilinear, antialiased."""
    from torch.nn import functional as F

    given = planes(images, device) / 127.5 - 1
    if given.shape[2:] == (size, size):
        return given
    return F.interpolate(
        given, size=(size, size), mode="bilinear", align_corners=False, antialias=True
    )


def loaded(device: str, folders: Sequence[Path] | None) -> LoadedSegmenter:
    """One network per file and device and process, however many metrics use it.

    Raises:
        WeightsMissing: where its weights are not here.
        BadInput: where its file is damaged.
    """
    from bench.networks.segmenters.unet import segmenter_file

    path = segmenter_file(folders)
    return _loaded(path, path.stat().st_mtime_ns, device)


@made_once(4)
def _loaded(path: Path, modified: int, device: str) -> LoadedSegmenter:
    from bench.networks.segmenters.unet import read_segmenter

    del modified
    network = read_segmenter(path)
    state = network.state_dict()
    digest = tensors_hash((name, value.numpy()) for name, value in state.items())
    return LoadedSegmenter(network.requires_grad_(False).to(device), digest)
