"""DivSem's style bank: vectors of training regions, which fully hidden regions draw from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from baselines.layers.region_style import StyleEncoder

__all__ = ["StyleBank"]

_RELEASED_MODULUS = 120
"""Released banks number a class by its label modulo 120 (protocol/editing.md, B.4)."""


@dataclass(frozen=True, eq=False)
class StyleBank:
    """Style vectors by class (protocol/editing.md, B.3).

    Attributes:
        codes: label -> [N,D], un-normalised region means.
    """

    codes: Mapping[int, Tensor]

    @classmethod
    def of_rows(cls, rows: Tensor | None, labels: Tensor | None) -> StyleBank:
        """The bank of vectors [N,D] with their classes [N], as a weights file keeps them."""
        if rows is None or labels is None:
            return cls({})
        return cls({label: rows[labels == label] for label in sorted(set(labels.tolist()))})

    @classmethod
    @torch.no_grad()
    def collect(
        cls, encoder: StyleEncoder, scenes: Iterable[tuple[Tensor, Tensor, Tensor]]
    ) -> StyleBank:
        """The bank of every region of whole pictures.

        Args:
            encoder: trained, in evaluation mode.
            scenes: batches of pictures [B,3,H,W], labels and regions' ids, both int64 [B,H,W].
        """
        rows: list[Tensor] = []
        labels: list[Tensor] = []
        for picture, label_map, instances in scenes:
            nothing = torch.zeros_like(label_map, dtype=torch.bool)
            regions = encoder.read(picture, nothing, instances)
            rows.append(regions.means.cpu())
            labels.append(regions.labels(label_map).cpu())
        if not rows:
            return cls({})
        classes = torch.cat(labels)
        known = classes >= 0
        return cls.of_rows(torch.cat(rows)[known], classes[known])

    def rows(self) -> tuple[Tensor, Tensor]:
        """Vectors [N,D] and their classes int64 [N], for a weights file."""
        labels = [torch.full((len(codes),), label) for label, codes in self.codes.items()]
        return torch.cat(list(self.codes.values())), torch.cat(labels)

    def draw(self, label: int, generator: Generator) -> Tensor | None:
        """One vector [D] of the class, each equally likely; None where the bank has none."""
        codes = self.codes.get(label, self.codes.get(label % _RELEASED_MODULUS))
        if codes is None:
            return None
        index = torch.randint(len(codes), (1,), generator=generator)
        return codes[int(index)]
