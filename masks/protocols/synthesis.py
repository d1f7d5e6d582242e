"""synthesis@1: everything is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from masks.drafts import inpaint
from masks.parameters import Parameters
from masks.spec import DrawnEdit, Impossible, Operation, Site

__all__ = ["Synthesis"]


@dataclass(frozen=True)
class Synthesis(Parameters):
    """The whole picture is painted from its own label map.

    For label-to-image and reconstruction tables (protocol/generation.md, B and C). Nothing is
    random. Coverage: 1.
    """

    key: ClassVar[str] = "synthesis@1"
    operation: ClassVar[Operation] = "synthesise"

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`; seed and sample change nothing."""
        del seed, sample
        return inpaint(site, np.ones(site.size, dtype=np.bool_))
