"""Counts as a sentence has them."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, what: str) -> str:
    """The count with its noun: "1 edit", "2 edits".

    Args:
        count: how many.
        what: the noun in the singular; it must take a plain s.
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
