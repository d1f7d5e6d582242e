"""What a label map tells every layer of an editing network, at whatever size the layer works.

SPMPGAN and DivSem show each block the one-hot labels and the edges inside the hole, the hole itself
and (DivSem) one style vector per region, resized nearest to the block's output
(protocol/editing.md, A.1, A.3 and B.1). A `Condition` holds the maps as integers and makes the
channels only where and when a layer asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

__all__ = ["Condition", "RegionStyle", "nearest"]


@dataclass(frozen=True, eq=False)
class RegionStyle:
    """One style vector per region.

    Attributes:
        regions: int64 [B,H,W], the number of each pixel's region, 0..R-1 over the whole batch.
        codes: [R,D], the regions' style vectors.
    """

    regions: Tensor
    codes: Tensor


@dataclass(frozen=True, eq=False)
class Condition:
    """The maps that condition B edits of one size.

    Attributes:
        labels: int64 [B,H,W] in 0..classes-1; -1 is no class at all.
        edges: bool [B,H,W], True at the border of a region.
        mask: bool [B,H,W], True = edit. Labels and edges count only there.
        classes: the number of one-hot channels.
        style: the regions' style vectors, for blocks that read them.
    """

    labels: Tensor
    edges: Tensor
    mask: Tensor
    classes: int
    style: RegionStyle | None = None
    _dense: dict[tuple[int, int], Tensor] = field(default_factory=dict, init=False, repr=False)

    def channels(self, size: tuple[int, int], dtype: torch.dtype) -> Tensor:
        """[B, classes+2, h, w]: labels inside the hole, edges inside the hole, the hole."""
        if size not in self._dense:
            mask = nearest(self.mask, size)
            labels = torch.where(mask, nearest(self.labels, size), -1)
            edges = nearest(self.edges, size) & mask
            planes = torch.zeros(
                (len(labels), self.classes + 3, *size), dtype=dtype, device=labels.device
            )
            # A pixel of no class goes into a spare first channel, which is cut off.
            planes.scatter_(1, (labels + 1).unsqueeze(1), 1.0)
            planes[:, -2] = edges
            planes[:, -1] = mask
            self._dense[size] = planes[:, 1:]
        return self._dense[size]

    def styled_channels(self, size: tuple[int, int], dtype: torch.dtype) -> Tensor:
        """[B, D+classes+2, h, w]: each pixel's style vector before what `channels` gives.

        Style covers known pixels too. Without a style this is `channels`.
        """
        plain = self.channels(size, dtype)
        if self.style is None:
            return plain
        vectors = self.style.codes.to(dtype)[nearest(self.style.regions, size)]
        return torch.cat([vectors.permute(0, 3, 1, 2), plain], dim=1)


def nearest(plane: Tensor, size: tuple[int, int]) -> Tensor:
    """[B,H,W] resized to [B,h,w]: the top-left pixel of each cell, whatever the type."""
    height, width = plane.shape[-2:]
    rows = torch.arange(size[0], device=plane.device) * height // size[0]
    columns = torch.arange(size[1], device=plane.device) * width // size[1]
    return plane[:, rows[:, None], columns]
