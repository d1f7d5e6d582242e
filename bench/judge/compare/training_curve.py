"""An effect against the examples that the networks had seen: one of early training, or one that stays?

    curve = training_curve([scores_of_run("runs/8k"), scores_of_run("runs/64k")], [8000, 64000])

Every run holds the same variants after another length of training; `compare_trainings` judges each by
itself. Stages are not corrected for each other: a curve is read as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.core.errors import BadInput
from bench.core.text import counted
from bench.judge.compare.outputs import difference
from bench.judge.compare.trainings import (
    LEVEL,
    TrainingChange,
    TrainingTable,
    change_line,
    compare_trainings,
    networks_of,
    verdict_of,
)
from bench.judge.pairing import pairs
from bench.judge.scores import ScoreKey, ScoreSet

__all__ = [
    "CURVE_LEVEL",
    "Stage",
    "curve_lines",
    "curve_tables",
    "training_curve",
    "unmoved_methods",
]

CURVE_LEVEL = f"{LEVEL}; stages are not corrected for each other"
"""What the intervals and verdicts of a curve's tables are."""


@dataclass(frozen=True)
class Stage:
    """The variants after some length of training.

    Attributes:
        examples: that every network had seen.
        changes: each variant against the reference, score by score.
    """

    examples: int
    changes: tuple[TrainingChange, ...]


def training_curve(
    runs: Sequence[ScoreSet], examples: Sequence[int], reference: str | None = None
) -> list[Stage]:
    """Variants against a reference at every stage of their training.

    Args:
        runs: of one suite, a run for each stage; methods are named as `compare_trainings` takes them.
        examples: that the networks of each run had seen, in ascending order.
        reference: the variant that the others are compared with; the first one where None.

    Raises:
        BadInput: another number of stages than runs, stages that do not ascend, runs that were scored
            differently or on other edits, or what `compare_trainings` refuses.
    """
    if len(runs) != len(examples):
        raise BadInput(
            f"{counted(len(runs), 'run')} and {counted(len(examples), 'number')} of examples: "
            "give one number for each run"
        )
    if any(before >= after for before, after in pairwise(examples)):
        raise BadInput(
            f"examples {', '.join(map(str, examples))}: must ascend; give the runs from the shortest "
            "training to the longest"
        )
    names = [run.name for run in runs]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"{name}: is given twice; give every stage a run of its own")
    same = [(method, method) for method in runs[0].methods]
    for later in runs[1:]:
        list(pairs(runs[0], later, same))  # refuses other edits and other scoring
    return [
        Stage(seen, tuple(compare_trainings(run, reference))) for run, seen in zip(runs, examples)
    ]


def unmoved_methods(runs: Sequence[ScoreSet]) -> list[str]:
    """Sentences about methods that are the same network in two stages: no training lies between these."""
    found = []
    for before, after in pairwise(runs):
        known = networks_of(before)
        found += [
            f"{method}: is the same network in {before.name} and {after.name}, so its curve says nothing "
            "there; put the folder of the stage's weights first in SIEBENCH_WEIGHTS"
            for method, network in networks_of(after).items()
            if known.get(method) == network
        ]
    return found


def curve_lines(curve: Sequence[Stage]) -> list[str]:
    """What intervals and verdicts are, then the lines of every stage."""
    found = [LEVEL]
    for stage in curve:
        found += ["", f"after {stage.examples:,} examples", *map(change_line, stage.changes)]
    return found


def curve_tables(curve: Sequence[Stage]) -> list[TrainingTable]:
    """A table for every task: a row for each variant in each score, a column for each stage."""
    stages = (f"{stage.examples:,} examples" for stage in curve)
    headings = ("score", "variant", *stages)
    return [
        TrainingTable(
            task, headings, tuple(_row(curve, key) for key in _keys(curve) if key.task == task)
        )
        for task in dict.fromkeys(key.task for key in _keys(curve))
    ]


def _keys(curve: Sequence[Stage]) -> list[ScoreKey]:
    """Task, variant and score of everything that some stage compares, in order."""
    return list(dict.fromkeys(one.pair.key for stage in curve for one in stage.changes))


def _row(curve: Sequence[Stage], key: ScoreKey) -> tuple[str, ...]:
    found = [_of(stage, key) for stage in curve]
    title = next(one.pair.after.title for one in found if one is not None)
    return (title or key.metric, key.method, *map(_cell, found))


def _of(stage: Stage, key: ScoreKey) -> TrainingChange | None:
    return next((one for one in stage.changes if one.pair.key == key), None)


def _cell(change: TrainingChange | None) -> str:
    if change is None:
        return "-"
    return f"{difference(change.pair, change.interval())}, {verdict_of(change)}"
