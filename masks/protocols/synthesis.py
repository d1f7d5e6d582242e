"""synthesis@1: everything is masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from masks.protocol import Protocol
from masks.spec import DrawnEdit, Impossible, Operation, Site, inpaint

__all__ = ["Synthesis"]


@dataclass(frozen=True)
class Synthesis(Protocol):
    """The whole image is made from its own label map.

    For label-to-image and reconstruction tables (docs/protocol/generation.md, B and C). Nothing is
    random. Coverage: 1.
    """

    key: ClassVar[str] = "synthesis@1"
    operation: ClassVar[Operation] = "synthesise"
    title: ClassVar[str] = "label map to image"

    @property
    def varies(self) -> bool:
        """False: nothing is random."""
        return False

    @property
    def coverage(self) -> tuple[float, float]:
        """All of the image."""
        return 1.0, 1.0

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`; seed and sample change nothing."""
        del seed, sample
        return inpaint(site, np.ones(site.size, dtype=np.bool_))
