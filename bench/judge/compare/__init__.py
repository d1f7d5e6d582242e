"""Judging runs against each other: paired differences, margins, verdicts."""

from bench.judge.compare.change import Change, Verdict, judge
from bench.judge.compare.comparison import Comparison, compare
from bench.judge.compare.trainings import (
    TrainingChange,
    compare_trainings,
    trainings_of,
    unscored_trainings,
)
from bench.judge.margin import Margin, parse_margin
from bench.judge.run_scores import scores_of_run
from bench.judge.scores import ScoreKey, ScoreSet, ScoreValues

__all__ = [
    "Change",
    "Comparison",
    "ScoreValues",
    "ScoreKey",
    "Margin",
    "ScoreSet",
    "TrainingChange",
    "Verdict",
    "compare",
    "compare_trainings",
    "judge",
    "parse_margin",
    "scores_of_run",
    "trainings_of",
    "unscored_trainings",
]
