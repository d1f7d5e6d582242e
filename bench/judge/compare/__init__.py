"""Judging runs against each other: paired differences, margins, verdicts."""

from bench.judge.compare.change import Change, Verdict, judge
from bench.judge.compare.comparison import Comparison, compare
from bench.judge.compare.evidence import Evidence, Key, Side
from bench.judge.compare.from_run import read_side_of_run
from bench.judge.compare.margin import Margin, default_margin, parse_margin
from bench.judge.compare.trainings import (
    TrainingChange,
    compare_trainings,
    trainings_of,
    unscored_trainings,
)

__all__ = [
    "Change",
    "Comparison",
    "Evidence",
    "Key",
    "Margin",
    "Side",
    "TrainingChange",
    "Verdict",
    "compare",
    "compare_trainings",
    "default_margin",
    "judge",
    "parse_margin",
    "read_side_of_run",
    "trainings_of",
    "unscored_trainings",
]
