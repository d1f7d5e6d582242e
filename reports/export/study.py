"""A study's tables as Markdown for a pull request and as LaTeX for a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.core.text import markdown_text
from reports.export import latex_text as tex
from reports.export import markdown_table as md
from reports.study import StudyTable, study_view

if TYPE_CHECKING:
    from bench.study.findings import StudyReading

__all__ = ["study_latex", "study_lines", "study_markdown"]


def study_lines(found: StudyReading) -> list[str]:
    """Facts and tables for a terminal, columns aligned."""
    view = study_view(found)
    lines = [view.question, "", *view.facts]
    for table in view.tables:
        rows = [table.headings, *table.rows]
        widths = [max(len(row[at]) for row in rows) for at in range(len(table.headings))]
        lines += ["", table.title, ""]
        for row in rows:
            cells = [
                cell.ljust(width) if at < table.words else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths))
            ]
            lines.append("  ".join(cells).rstrip())
        lines += ["", table.note] if table.note else []
    return lines


def study_markdown(found: StudyReading) -> str:
    """Facts and every table; everything that raters wrote is escaped."""
    view = study_view(found)
    lines = [f"## What people said: {markdown_text(view.question)}", ""]
    lines += [f"- {markdown_text(fact)}" for fact in view.facts]
    for table in view.tables:
        lines += ["", f"### {table.title}", "", md.line(tuple(map(markdown_text, table.headings)))]
        lines.append(
            md.line([":--" if i < table.words else "--:" for i in range(len(table.headings))])
        )
        lines += [md.line([markdown_text(cell) for cell in row]) for row in table.rows]
        lines += ["", markdown_text(table.note)] if table.note else []
    if view.comments:
        lines += ["", "### Comments", ""]
        lines += [
            f"- {markdown_text(rater)}: {markdown_text(words)}" for rater, words in view.comments
        ]
    return "\n".join(lines) + "\n"


def study_latex(found: StudyReading) -> str:
    r"""The tables that a paper prints, with `booktabs` and `graphicx`. Raters are left out."""
    view = study_view(found)
    tables = [_latex(table, view.question) for table in view.tables if table.name != "raters"]
    return "\n".join([f"% siebench study {view.id}", *tables])


def _latex(table: StudyTable, question: str) -> str:
    lines = [
        tex.line(list(map(tex.escaped, table.headings))),
        r"\midrule",
        *(tex.line(list(map(tex.escaped, row))) for row in table.rows),
    ]
    notes = [tex.escaped(table.note)] if table.note else []
    caption = f"{tex.escaped(table.title)}: {tex.escaped(question)}"
    columns = len(table.headings) - table.words
    return tex.environment(caption, columns, lines, notes, words=table.words)
