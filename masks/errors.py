"""What can be wrong with a request for masks, as the sentence that a user reads."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["MaskError", "nearest"]


class MaskError(ValueError):
    """A protocol, parameter, folder or pack that cannot be accepted; one sentence says why."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names) or 'none'}"
