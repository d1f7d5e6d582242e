"""Judging runs against each other: paired differences, margins, verdicts."""

from bench.judge.compare.change import Change, Verdict, judge
from bench.judge.compare.comparison import Comparison, compare
from bench.judge.compare.trainings import (
    TrainingChange,
    compare_trainings,
    trainings_of,
    unscored_trainings,
)

__all__ = [
    "Change",
    "Comparison",
    "TrainingChange",
    "Verdict",
    "compare",
    "compare_trainings",
    "judge",
    "trainings_of",
    "unscored_trainings",
]
