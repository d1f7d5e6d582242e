"""Text inside Markdown: names made harmless, lines of a table, marks of the best."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reports.table import Rank

__all__ = ["escaped", "line", "ranked"]

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~])")


def escaped(text: str) -> str:
    """The text as Markdown shows it, on one line, with no HTML in it."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(r"\\\1", " ".join(plain.split()))


def line(cells: Sequence[str]) -> str:
    """A table's line."""
    return f"| {' | '.join(cells)} |"


def ranked(text: str, rank: Rank) -> str:
    """A value: the best bold, the second underlined."""
    return {0: text, 1: f"**{text}**", 2: f"<u>{text}</u>"}[rank]
