"""Words and lines as LaTeX prints them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from reports.ranking import Rank

__all__ = [
    "ARROWS",
    "WIDEST",
    "environment",
    "escaped",
    "grouped",
    "heading",
    "line",
    "ranked",
    "small",
]

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}", "\N{MINUS SIGN}": "$-$", "\N{INFINITY}": r"$\infty$",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "\N{EN DASH}": "--", "\N{EM DASH}": "---", "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$", "\N{RIGHTWARDS ARROW}": r"$\to$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\leq$", "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
}  # fmt: skip

ARROWS = {"higher": r" $\uparrow$", "lower": r" $\downarrow$", "neither": ""}
"""Which way is better, behind a heading."""

_LAST = 0x17F
"""The last letter that T1 fonts have: Latin with its extensions."""

WIDEST = 6
"""Columns that fit on a page; a wider table is cut."""

_HEADING = 14
"""Letters of a heading's line."""


def environment(
    caption: str, columns: int, lines: Sequence[str], notes: Sequence[str], *, words: int = 1
) -> str:
    """A `table` of booktabs with columns of words, then some of numbers, and notes below it.

    A table that is wider than the text is made smaller, by graphicx.

    Args:
        caption: escaped, with its stop.
        columns: how many there are of numbers.
        lines: from the headings to the last row, with the rule between them.
        notes: escaped sentences.
        words: how many columns of words stand before them.
    """
    text = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{caption}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{'l' * words}{'r' * columns}}}",
        r"\toprule",
        *lines,
        r"\bottomrule",
        r"\end{tabular}}",
    ]
    if notes:
        text.append(rf"\par\smallskip{{\footnotesize\raggedright {' '.join(notes)}\par}}")
    return "\n".join([*text, r"\end{table}", ""])


INTERVALS = r"Intervals at 95 \%."
"""What stands below a table with intervals."""


def heading(title: str, arrow: str, unit: str = "", n: int = 0) -> str:
    """A column's heading, in several lines where it is long; `n` where the column has its own."""
    words = title + (f" ({unit})" if unit else "")
    lines = [escaped(part) for part in textwrap.wrap(words, _HEADING, break_long_words=False)]
    lines = lines or [""]
    lines[-1] += arrow
    lines += [f"$n={n}$"] if n else []
    if len(lines) == 1:
        return lines[0]
    broken = r" \\ ".join(lines)
    return rf"\shortstack[r]{{{broken}}}"


def grouped(groups: Sequence[tuple[str, int]]) -> list[str]:
    """The headings that span (heading, columns), escaped, with their rules; nothing where none has a name."""
    cells, rules, place = [""], [], 2
    for group, count in groups:
        cells.append(rf"\multicolumn{{{count}}}{{c}}{{{group}}}")
        if group:
            rules.append(rf"\cmidrule(lr){{{place}-{place + count - 1}}}")
        place += count
    return [line(cells), "".join(rules)] if rules else []


def escaped(text: str) -> str:
    """The text as LaTeX prints it; a letter that T1 fonts lack as its number, [U+65E5]."""
    plain = " ".join(text.split())
    # Two hyphens are a dash to LaTeX, and a bracket or a star behind the line before is that line's own.
    parts = (
        _letter(letter) if before != "-" or letter != "-" else "{}-"
        for before, letter in zip(f" {plain}", plain)
    )
    found = "".join(parts)
    return f"{{}}{found}" if found.startswith(("[", "*")) else found


def _letter(letter: str) -> str:
    if letter in SPECIAL:
        return SPECIAL[letter]
    known = letter.isprintable() and ord(letter) <= _LAST
    return letter if known else f"[U+{ord(letter):04X}]"


def small(text: str) -> str:
    """In small type; nothing for nothing."""
    return rf"{{\scriptsize {text}}}" if text else ""


def line(cells: Sequence[str]) -> str:
    """A table's line."""
    return f"{' & '.join(cells)} \\\\"


def ranked(text: str, rank: Rank, *, level: bool = False) -> str:
    """A value, escaped: the best bold, the second underlined; marked where level with the best."""
    plain = escaped(text)
    marked = {0: plain, 1: rf"\textbf{{{plain}}}", 2: rf"\underline{{{plain}}}"}[rank]
    return rf"{marked}$^{{\approx}}$" if level else marked
