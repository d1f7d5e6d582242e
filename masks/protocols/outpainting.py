"""outpainting@1: one or both sides of the image are masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from masks.parameters import choice, real
from masks.protocol import Protocol
from masks.spec import DrawnEdit, Impossible, Operation, Site, inpaint

__all__ = ["Outpainting"]


@dataclass(frozen=True)
class Outpainting(Protocol):
    """A band along one side or two opposite sides is masked (docs/protocol/editing.md, D.4).

    The default is the published one: the right half, columns 128..255 of 256. Nothing is random.
    Coverage: `fraction`, to the nearest column or row.
    """

    key: ClassVar[str] = "outpainting@1"
    operation: ClassVar[Operation] = "inpaint"

    side: str = choice(
        "right",
        ("right", "left", "top", "bottom", "left-right", "top-bottom"),
        "the side that is masked; two sides share the fraction equally",
    )
    fraction: float = real(0.5, 0.01, 0.99, "the masked share of the image")

    @property
    def varies(self) -> bool:
        """False: nothing is random."""
        return False

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`; seed and sample change nothing."""
        del seed, sample
        mask = np.zeros(site.size, dtype=np.bool_)
        sides = self.side.split("-")
        upright = sides[0] in ("left", "right")
        lines = mask.T if upright else mask
        masked = int(len(lines) * self.fraction / len(sides) + 0.5)
        if {"left", "top"} & set(sides):
            lines[:masked] = True
        if {"right", "bottom"} & set(sides):
            lines[len(lines) - masked :] = True
        return inpaint(site, mask)
