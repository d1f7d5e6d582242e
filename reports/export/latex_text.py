"""Text inside LaTeX: names made harmless, lines of a table, marks of the best."""

from __future__ import annotations

from collections.abc import Sequence

from reports.table import Rank

__all__ = ["ARROWS", "escaped", "line", "ranked"]

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}", "\N{MINUS SIGN}": "$-$", "\N{INFINITY}": r"$\infty$",
    "\N{EN DASH}": "--", "\N{EM DASH}": "---", "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$", "\N{RIGHTWARDS ARROW}": r"$\to$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\leq$", "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
}  # fmt: skip

ARROWS = {"higher": r" $\uparrow$", "lower": r" $\downarrow$", "neither": ""}
"""Which way is better, behind a heading."""

_LAST = 0x17F
"""The last letter that T1 fonts have: Latin with its extensions."""


def escaped(text: str) -> str:
    """The text as LaTeX prints it; a letter that T1 fonts lack as its number, [U+65E5]."""
    return "".join(map(_letter, " ".join(text.split())))


def _letter(letter: str) -> str:
    if letter in SPECIAL:
        return SPECIAL[letter]
    known = letter.isprintable() and ord(letter) <= _LAST
    return letter if known else f"[U+{ord(letter):04X}]"


def line(cells: Sequence[str]) -> str:
    """A table's line."""
    return f"{' & '.join(cells)} \\\\"


def ranked(text: str, rank: Rank) -> str:
    """A value, escaped: the best bold, the second underlined."""
    plain = escaped(text)
    return {0: plain, 1: rf"\textbf{{{plain}}}", 2: rf"\underline{{{plain}}}"}[rank]
