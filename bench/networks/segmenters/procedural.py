"""Our own segmenter as a `Segmenter`: mIoU and accuracy on procedural scenes without a download."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.core.errors import unknown
from bench.core.identity import Record
from bench.networks.batches import run_in_batches
from bench.networks.procedural import loaded, scaled
from bench.networks.segmenters.segmenter import Segmenter, own_space
from bench.scene import Int32, UInt8

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ProceduralSegmenter", "procedural"]


class ProceduralSegmenter(Segmenter):
    """One domain of the segmenter that was trained on the procedural scenes.

    Args:
        domain: the dataset whose classes it names, as in "procedural-rooms".
        device: where the network runs.
        folders: where weights are looked for; None = where SIEBENCH_WEIGHTS says.

    Raises:
        WeightsMissing: where its weights are not here.
        BadInput: for a domain that it does not know, or a damaged file.
    """

    def __init__(
        self, domain: str, device: str = "cpu", folders: Sequence[Path] | None = None
    ) -> None:
        self._network = loaded(device, folders)
        domains = self._network.config.domains
        if domain not in domains:
            raise unknown("domain of the procedural segmenter", domain, domains)
        self.name = f"procedural:{domain}"
        self.domain = domain
        self.device = device
        self.space = own_space(f"{domain}, segmenter", domains[domain])

    def identity(self) -> Record:
        """Tensors, preprocessing and classes."""
        return {
            "segmenter": "procedural",
            "tensors": self._network.tensors_hash,
            "domain": self.domain,
            "feed": f"bilinear to {self._network.config.size}, logits bilinear back",
        }

    def segment(self, images: UInt8) -> Int32:
        """int32 [B,H,W] of uint8 [B,H,W,3] RGB."""
        from torch.nn import functional as F

        def look(batch: UInt8) -> Tensor:
            given = scaled(batch, self._network.config.size, self.device)
            logits = self._network.network(given, self.domain)
            logits = F.interpolate(
                logits, size=images.shape[1:3], mode="bilinear", align_corners=False
            )
            return logits.argmax(1).int()

        rows: list[Int32] = run_in_batches(images, self.device, look)
        return np.stack(rows)


def procedural(argument: str, device: str, folders: Sequence[Path]) -> ProceduralSegmenter:
    """Our own segmenter of drawn scenes, which ships with the project: procedural:DATASET."""
    return ProceduralSegmenter(argument, device, folders)
