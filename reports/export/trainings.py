"""Variants that were trained several times, as LaTeX tables for a paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.core.text import without_folders
from reports.export.latex_text import environment, escaped, line

if TYPE_CHECKING:
    from bench.judge.compare.trainings import TrainingTable

__all__ = ["trainings_latex"]

_MINUS = re.compile(r"(?<=[\s\[])-(?=\d|inf)|^-(?=\d|inf)")
"""A hyphen that stands for a sign, before a number alone."""


def trainings_latex(tables: Sequence[TrainingTable], level: str, sentences: Sequence[str]) -> str:
    r"""A `table` for every task; the paper needs `\usepackage{booktabs}` and `\usepackage{graphicx}`.

    Args:
        tables: as `training_tables` or `curve_tables` give them.
        level: what intervals and verdicts are, without its stop.
        sentences: what speaks against the comparison, below every table.
    """
    told = [f"{escaped(without_folders(text)).rstrip('.')}." for text in (level, *sentences)]
    return "\n".join(["% siebench trainings", *(_table(table, told) for table in tables)])


def _table(table: TrainingTable, notes: Sequence[str]) -> str:
    rows = [
        line([escaped(_MINUS.sub("\N{MINUS SIGN}", cell)) for cell in row]) for row in table.rows
    ]
    lines = [line(list(map(escaped, table.headings))), r"\midrule", *rows]
    return environment(f"{escaped(table.task)}.", 0, lines, notes, words=len(table.headings))
