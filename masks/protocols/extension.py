"""extension@1: only a window is known, everything around it is masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from masks.parameters import choice, real
from masks.protocol import Protocol
from masks.spec import DrawnEdit, Impossible, MaskError, Operation, Site, inpaint

__all__ = ["Extension"]


@dataclass(frozen=True)
class Extension(Protocol):
    """Everything outside of a known window is masked (docs/protocol/editing.md, D.4 type 2).

    At 256x256 the window is 128x128 with x0, then y0, uniform in 32..96 (random, the default, in
    training and in the published test sample) or at 64 (`centre`). Other sizes scale. Coverage:
    0.75.
    """

    key: ClassVar[str] = "extension@1"
    operation: ClassVar[Operation] = "inpaint"

    place: str = choice("random", ("random", "centre"), "where the window lies")
    window: float = real(0.5, 0.05, 0.95, "the known share of each side")
    margin: float = real(0.125, 0.0, 0.475, "the least masked share of a side next to the window")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window + 2 * self.margin > 1:
            raise MaskError(f"{self.key}: window + 2 margin must not be above 1; lower one of them")

    @property
    def varies(self) -> bool:
        """Whether the window's place is random."""
        return self.place == "random"

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: its mask alone is drawn."""
        stream = self.stream(site, seed, sample)
        mask = np.ones(site.size, dtype=np.bool_)
        spans = []
        for side in reversed(site.size):  # x first, as published
            known = max(1, int(side * self.window + 0.5))
            low = int(side * self.margin + 0.5)
            start = int(stream.integers(low, max(low, side - known - low) + 1, 1)[0])
            if self.place == "centre":
                start = (side - known) // 2
            spans.append(slice(start, start + known))
        mask[spans[1], spans[0]] = False
        return inpaint(site, mask)
