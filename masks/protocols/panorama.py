"""panorama@1: a wide image is continued from its left end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from masks.parameters import real
from masks.protocol import Protocol
from masks.spec import DrawnEdit, Impossible, Operation, Site, inpaint

__all__ = ["Panorama"]


@dataclass(frozen=True)
class Panorama(Protocol):
    """Only the left quarter of a wide canvas is known (docs/protocol/editing.md, C: 128 of 512 columns).

    Nothing is random. Coverage: 1 - `known`, to the nearest column. Impossible where the scene is
    not wider than it is high.
    """

    key: ClassVar[str] = "panorama@1"
    operation: ClassVar[Operation] = "inpaint"

    known: float = real(0.25, 0.01, 0.99, "the known share of the columns, at the left")

    @property
    def varies(self) -> bool:
        """False: nothing is random."""
        return False

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`; seed and sample change nothing."""
        del seed, sample
        height, width = site.size
        if width <= height:
            return Impossible(
                f"a panorama needs a wide image; the scene has {height}x{width} pixels"
            )
        mask = np.ones(site.size, dtype=np.bool_)
        mask[:, : int(width * self.known + 0.5)] = False
        return inpaint(site, mask)
