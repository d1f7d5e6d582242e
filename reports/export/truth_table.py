"""The table of how well scores agree with the truth, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.core.text import markdown_text
from reports.export.markdown_table import line
from reports.numbers import printed

if TYPE_CHECKING:
    from bench.judge.against_truth import Agreement, AgreementWithTruth

__all__ = ["agreement_text", "truth_markdown"]

_HEAD = ("score", "needs a ground truth", "methods of one edit", "edits of one method", "methods")


def truth_markdown(found: Sequence[AgreementWithTruth]) -> str:
    """A line for each score, in their order, with intervals."""
    rows = [
        line(
            [
                f"{markdown_text(one.title)} (`{one.score}`)",
                "yes" if one.against == "ground-truth" else "no",
                *map(agreement_text, (one.of_edits, one.of_methods, one.of_tables)),
            ]
        )
        for one in found
    ]
    return "\n".join([line(_HEAD), line([":--", ":--", "--:", "--:", "--:"]), *rows, ""])


def agreement_text(one: Agreement | None) -> str:
    """As in "0.71 [0.66, 0.75]"; a dash where there is none."""
    if one is None:
        return "-"
    ends = "" if one.low is None or one.high is None else f" [{_two(one.low)}, {_two(one.high)}]"
    return f"{_two(one.value)}{ends}"


def _two(value: float) -> str:
    return printed(value, 2)
