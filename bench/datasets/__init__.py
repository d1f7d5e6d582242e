"""Datasets: their contract, the published ones, folders of one's own.

`open_dataset` opens one by name, `check_dataset` looks through its files and says what is wrong.
"""

from bench.datasets.check import DatasetCheck, Finding, check_dataset
from bench.datasets.dataset import Dataset, Fit, FitMode, KnowsStyle, RendersWithout
from bench.datasets.info import DatasetInfo, Licence
from bench.datasets.registry import dataset_names, describe, is_drawn, open_dataset
from bench.datasets.sheet import draw_sheet

__all__ = [
    "Dataset",
    "DatasetCheck",
    "DatasetInfo",
    "Finding",
    "Fit",
    "FitMode",
    "KnowsStyle",
    "Licence",
    "RendersWithout",
    "check_dataset",
    "dataset_names",
    "describe",
    "draw_sheet",
    "is_drawn",
    "open_dataset",
]
