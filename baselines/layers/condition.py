"""What a label map tells every layer of an editing network, at whatever size the layer works.

SPMPGAN and DivSem show each block the one-hot labels and the edges inside the mask, the mask itself
and (DivSem) one style vector per region, resized nearest to the block's output
(docs/protocol/editing.md, A.1, A.3 and B.1). Such a map has few distinct columns, so a `Condition` keeps
it as symbols; see `baselines.layers.label_map`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.layers.label_map import SymbolMap, encode, fixed_sizes

__all__ = ["Condition", "RegionStyle"]


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
    _maps: dict[tuple[bool, torch.dtype], SymbolMap] = field(
        default_factory=dict, init=False, repr=False
    )

    def plain(self, dtype: torch.dtype) -> SymbolMap:
        """Columns of classes+2: labels inside the mask, edges inside the mask, the mask."""
        return self._map(False, dtype)

    def styled(self, dtype: torch.dtype) -> SymbolMap:
        """Columns of D+classes+2: the style vector of the pixel's region before what `plain` has.

        Style covers known pixels too. Without a style this is `plain`.
        """
        return self._map(self.style is not None, dtype)

    def _map(self, styled: bool, dtype: torch.dtype) -> SymbolMap:
        if (styled, dtype) not in self._maps:
            make = self._numbered if fixed_sizes(self.labels.device) else self._encoded
            self._maps[styled, dtype] = make(styled, dtype)
        return self._maps[styled, dtype]

    def _encoded(self, styled: bool, dtype: torch.dtype) -> SymbolMap:
        """The columns that there are, each once."""
        labels = torch.where(self.mask, self.labels + 1, 0)
        planes = [labels, (self.edges & self.mask).long(), self.mask.long()]
        if styled and self.style is not None:
            planes.append(self.style.regions)
        symbols, columns = encode(planes)
        return SymbolMap(symbols, self._columns(columns, dtype))

    def _numbered(self, styled: bool, dtype: torch.dtype) -> SymbolMap:
        """All columns that there may be, styles beside the rest: no size depends on the image."""
        inside = 2 * (self.labels + 1) + self.edges.long() + 1
        numbers = torch.arange(2 * self.classes + 2, device=self.labels.device)
        values = torch.stack([numbers // 2, numbers % 2, torch.ones_like(numbers)], dim=1)
        columns = self._columns(F.pad(values, (0, 0, 1, 0)), dtype)
        plain = SymbolMap(torch.where(self.mask, inside, 0), columns)
        if not styled or self.style is None:
            return plain
        return SymbolMap(self.style.regions, self.style.codes.to(dtype), plain)

    def _columns(self, values: Tensor, dtype: torch.dtype) -> Tensor:
        hot = torch.eye(self.classes + 1, dtype=dtype, device=values.device)[values[:, 0], 1:]
        parts: Sequence[Tensor] = (hot, values[:, 1:3].to(dtype))
        if self.style is not None and values.shape[1] > 3:
            parts = (self.style.codes.to(dtype)[values[:, 3]], *parts)
        return torch.cat(list(parts), dim=1)
