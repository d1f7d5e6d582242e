"""DivSem's style bank: vectors of training regions, which fully hidden regions draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

__all__ = ["StyleBank"]

_RELEASED_MODULUS = 120
"""Released banks number a class by its label modulo 120 (docs/protocol/editing.md, B.4)."""


@dataclass(frozen=True, eq=False)
class StyleBank:
    """Style vectors by class (docs/protocol/editing.md, B.3).

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

    def draw(self, label: int, generator: Generator) -> Tensor | None:
        """One vector [D] of the class, each equally likely; None where the bank has none."""
        codes = self.codes.get(label, self.codes.get(label % _RELEASED_MODULUS))
        if codes is None:
            return None
        index = torch.randint(len(codes), (1,), generator=generator)
        return codes[int(index)]
