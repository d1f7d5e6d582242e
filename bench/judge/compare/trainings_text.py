"""Trainings told apart, written out: lines for a terminal, a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence

from bench.judge.compare.trainings import TrainingChange
from bench.judge.compare.words import difference, markdown_cell, number

__all__ = ["training_lines", "training_markdown"]

_LEVEL = "95 % intervals over trainings and scenes; verdicts hold together in each score (Holm)"


def training_lines(changes: Sequence[TrainingChange]) -> list[str]:
    """One line for every variant and score."""
    found = [_LEVEL]
    for change in changes:
        key, old = change.pair.key, change.pair.before
        found.append(
            f"{_verdict(change):<12} {key.task} / {old.key.method} -> {key.method} / {key.score}: "
            f"{_scores(change.before)} -> {_scores(change.after)}, "
            f"{difference(change.pair, change.interval())}"
        )
    return found


def training_markdown(changes: Sequence[TrainingChange]) -> str:
    """A table for every task: scores by variant, each with its difference to the reference."""
    text: list[str] = [f"{_LEVEL}.", ""]
    for task in dict.fromkeys(change.pair.key.task for change in changes):
        text += [
            f"**{markdown_cell(task)}**",
            "",
            "| score | reference | variant | difference | verdict |",
            "| --- | --- | --- | --- | --- |",
            *(_row(change) for change in changes if change.pair.key.task == task),
            "",
        ]
    return "\n".join(text)


def _row(change: TrainingChange) -> str:
    pair = change.pair
    cells = [
        markdown_cell(pair.after.title or pair.key.metric),
        f"{markdown_cell(pair.before.key.method)}: {_scores(change.before)}",
        f"{markdown_cell(pair.key.method)}: {_scores(change.after)}",
        markdown_cell(difference(pair, change.interval())),
        _verdict(change),
    ]
    return f"| {' | '.join(cells)} |"


def _scores(values: Sequence[float]) -> str:
    return ", ".join(number(value) for value in values)


def _verdict(change: TrainingChange) -> str:
    return "one training" if change.error is None else change.verdict
