"""Judging runs against each other: paired differences, margins, verdicts."""

from bench.judge.compare.change import Change, Verdict, judge
from bench.judge.compare.comparison import Comparison, compare
from bench.judge.compare.folders import FolderComparison, compare_folders, folder_names
from bench.judge.compare.recipes import misnumbered_stages, unlike_networks, unlike_trainings
from bench.judge.compare.training_curve import Stage, training_curve
from bench.judge.compare.trainings import (
    TrainingChange,
    compare_trainings,
    repeated_trainings,
    trainings_of,
    unscored_trainings,
)

__all__ = [
    "Change",
    "Comparison",
    "FolderComparison",
    "Stage",
    "TrainingChange",
    "Verdict",
    "compare",
    "compare_folders",
    "compare_trainings",
    "folder_names",
    "judge",
    "misnumbered_stages",
    "repeated_trainings",
    "training_curve",
    "trainings_of",
    "unlike_networks",
    "unlike_trainings",
    "unscored_trainings",
]
