"""Comparisons and gates in the terminal: a table for each task and method, verdicts in colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import typer

from bench.cli.terminal.tables import STYLES, Cell, Heading, drawn, say, show
from bench.core.text import counted
from bench.judge.compare.outputs import (
    difference,
    edit_sentences,
    method_name,
    number,
    subject,
)
from bench.judge.gate.report import summary

if TYPE_CHECKING:
    from bench.judge.compare import Change, Comparison
    from bench.judge.gate import Check, CostCheck, Judgement

    Judged = TypeVar("Judged", Change, Check)

__all__ = ["tell_comparison", "tell_judgement"]

_VERDICTS = ("worse", "better", "undecided", "same")
"""As they are shown: what changed first."""


def tell_comparison(comparison: Comparison) -> None:
    """Prints a table for every task and pair of methods, sure changes first, and a summary."""
    level = 100 * (1 - comparison.alpha)
    headings = _headings("before", "after", f"difference [{level:g} %]", "margin", "p")
    ordered = sorted(comparison.changes, key=lambda change: _VERDICTS.index(change.verdict))
    for where, changes in _grouped(ordered):
        rows = [_row(change, number(change.margin), f"{change.adjusted:.2g}") for change in changes]
        show(drawn(headings, rows), where)
        _tell_notes(changes)
        for change in changes:
            edits = edit_sentences(change.pair)
            if edits and change.verdict in ("better", "worse"):
                say(f"  {change.pair.key.score} changed most at {', '.join(edits)}", "dim")
        typer.echo()
    for found in comparison.suspect:
        say(f"suspect: {found}")
    for sentence in comparison.alone:
        say(sentence)
    verdicts: Counter[str] = Counter(change.verdict for change in comparison.changes)
    counts = ", ".join(f"{verdicts[one]} {one}" for one in _VERDICTS if verdicts[one])
    say(
        f"{subject(comparison)}: {counted(len(comparison.changes), 'score')}: {counts}; the chance of any "
        f"false better or worse is at most {100 * comparison.alpha:g} % (paired over scenes, Holm)",
        "bold",
    )


def tell_judgement(judgement: Judgement) -> None:
    """Prints a table for every task and method, the worst first; costs; and the verdict."""
    level = 100 * (1 - 2 * judgement.policy.alpha)
    headings = _headings("baseline", "run", f"difference [{level:g} %]", "margin", "could see")
    for where, checks in _grouped(judgement.checks):
        rows = [_row(one, number(one.margin), number(one.detectable)) for one in checks]
        show(drawn(headings, rows), where)
        _tell_notes(checks)
        typer.echo()
    if judgement.costs:
        titles = ("verdict", "task", "method", "cost", "times the baseline's", "limit")
        costs = [_cost(cost) for cost in judgement.costs]
        show(drawn([Heading(title, right=False) for title in titles], costs), "Costs")
        typer.echo()
    for note in judgement.notes:
        say(str(note))
    say(f"{judgement.verdict}: {summary(judgement)}", f"bold {STYLES[judgement.verdict]}")


def _headings(*numbers: str) -> list[Heading]:
    return [Heading("verdict", right=False), Heading("score", right=False), *map(Heading, numbers)]


def _grouped(judged: Iterable[Judged]) -> list[tuple[str, list[Judged]]]:
    """By task and method, in the order in which they come first."""
    found: dict[str, list[Judged]] = {}
    for one in judged:
        where = f"{one.pair.key.task}: {method_name(one.pair)}"
        found.setdefault(where, []).append(one)
    return list(found.items())


def _row(judged: Change | Check, *numbers: str) -> list[Cell]:
    pair = judged.pair
    style = STYLES[judged.verdict]
    return [
        Cell(judged.verdict, style),
        Cell(pair.key.score),
        Cell(number(pair.before.value)),
        Cell(number(pair.after.value)),
        Cell(difference(pair, judged.interval), style),
        *map(Cell, numbers),
    ]


def _tell_notes(judged: Sequence[Change | Check]) -> None:
    """What a reader must know of single scores, once for all that share it."""
    found: dict[str, list[str]] = {}
    for one in judged:
        if one.pair.difference.note:
            found.setdefault(one.pair.difference.note, []).append(one.pair.key.score)
    for note, scores in found.items():
        say(f"  {', '.join(scores)}: {note}", "dim")


def _cost(cost: CostCheck) -> list[Cell]:
    found = cost.note if cost.ratio is None else f"{cost.ratio:.3g}"
    texts = (cost.task, cost.method, cost.name, found, f"{cost.limit:g}")
    return [Cell(cost.verdict, STYLES[cost.verdict]), *map(Cell, texts)]
