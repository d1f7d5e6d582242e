"""Tables in the terminal: aligned, at most as wide as it is, coloured where that is wanted.

Without a terminal, or with NO_COLOR, there is no colour; without one a table has at most `WIDTH`
columns, or those of the environment's COLUMNS.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["STYLES", "WIDTH", "Cell", "Heading", "drawn", "fits", "in_parts", "say", "show"]

WIDTH = 100
"""Columns of a table where no terminal says how many it has."""

GAP = 2
"""Columns between two of a table's."""

NARROWEST = 12
"""Columns that words are left with."""

STYLES = {
    "better": "green", "passed": "green", "worse": "red", "undecided": "yellow", "same": "dim",
    "not judged": "dim",
}  # fmt: skip
"""The colour of a verdict; each is a word too, so that nothing depends on colour."""


@dataclass(frozen=True)
class Cell:
    """A cell's text, and how rich shows it in colour."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Heading:
    """A column's title; a column is at the right where it holds numbers."""

    text: str
    right: bool = True


def drawn(headings: Sequence[Heading], rows: Sequence[Sequence[Cell]]) -> Table:
    """The table, ready to be shown: numbers stay whole, and words take what room is left."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    widths = _room(headings, _widths(headings, rows))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for one, width in zip(headings, widths):
        table.add_column(Text(_placed(one.text, width, one)), overflow="fold", min_width=width)
    for row in rows:
        cells = zip(row, widths, headings)
        table.add_row(
            *(Text(_placed(cell.text, width, one), cell.style) for cell, width, one in cells)
        )
    return table


def _placed(text: str, width: int, heading: Heading) -> str:
    """A cell's lines at its column's side; rich would cut off the space that stands for a missing mark."""
    from rich.cells import cell_len

    lines = _broken(text, width).split("\n")
    if not heading.right:
        return "\n".join(lines)
    return "\n".join(" " * (width - cell_len(line)) + line for line in lines)


def fits(headings: Sequence[Heading], rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether no cell would be broken."""
    return _total(_widths(headings, rows)) <= _console().width


def in_parts(headings: Sequence[Heading], rows: Sequence[Sequence[Cell]]) -> Iterator[Table]:
    """The table, cut between its columns where it would be too wide; the first column begins each part."""
    widths, width = _widths(headings, rows), _console().width
    parts = [[0]]
    if _total(_room(headings, widths)) <= width:
        parts = [list(range(len(widths)))]
    else:
        first = min(widths[0], width // 2)
        for at in range(1, len(widths)):
            whole = [first, *(widths[other] for other in parts[-1][1:]), widths[at]]
            if len(whole) > 2 and _total(whole) > width:
                parts.append([0])
            parts[-1].append(at)
    for part in parts:
        yield drawn([headings[at] for at in part], [[row[at] for at in part] for row in rows])


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _widths(headings: Sequence[Heading], rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Columns that each takes where no cell and no word of a heading is broken."""
    from rich.cells import cell_len

    return [
        max(
            # An arrow stays beside its word.
            *(cell_len(word) for word in re.findall(r"\S+(?: [↑↓])?", one.text) or [""]),
            *(cell_len(row[at].text) for row in rows),
            0,
        )
        for at, one in enumerate(headings)
    ]


def _room(headings: Sequence[Heading], widths: list[int]) -> list[int]:
    """The widths that fit: what is too much is taken from the columns of words, the widest first."""
    words = [at for at, one in enumerate(headings) if not one.right]
    while _total(widths) > _console().width:
        widest = max(words, key=lambda at: widths[at], default=None)
        if widest is None or widths[widest] <= NARROWEST:
            break
        widths = [width - (at == widest) for at, width in enumerate(widths)]
    return widths


def _broken(text: str, width: int) -> str:
    """In lines of at most that width; words break at hyphens first."""
    if len(text) <= width:
        return text
    kept = re.sub(r" ([↑↓])", "\N{NO-BREAK SPACE}\\1", text)
    return "\n".join(textwrap.wrap(kept, width)).replace("\N{NO-BREAK SPACE}", " ")


def show(table: Table, title: str = "") -> None:
    """Prints it below its title."""
    from rich.text import Text

    console = _console()
    if title:
        console.print(Text(title, "bold"))
    console.print(table)


def say(sentence: str, style: str = "") -> None:
    """Prints a sentence, broken between words, its further lines a little to the right."""
    from rich.text import Text

    console = _console()
    lines = textwrap.wrap(
        sentence, console.width, subsequent_indent="  ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    for line in lines:
        console.print(Text(line, style), soft_wrap=True)


def _console() -> Console:
    from rich.console import Console

    found = Console(highlight=False)
    if found.is_terminal or os.environ.get("COLUMNS"):
        return found
    return Console(highlight=False, width=WIDTH)
