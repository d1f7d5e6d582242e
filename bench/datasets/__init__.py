"""Datasets: one file each.

`open_dataset` opens one by name, `check_dataset` looks through its files and says what is wrong.
"""

from bench.datasets.check import Problem, check_dataset
from bench.datasets.dataset import Dataset, Fit, FitMode, RendersWithout
from bench.datasets.info import DatasetInfo
from bench.datasets.registry import dataset_names, describe, is_drawn, open_dataset
from bench.datasets.sheet import draw_sheet

__all__ = [
    "Dataset",
    "DatasetInfo",
    "Fit",
    "FitMode",
    "Problem",
    "RendersWithout",
    "check_dataset",
    "dataset_names",
    "describe",
    "draw_sheet",
    "is_drawn",
    "open_dataset",
]
