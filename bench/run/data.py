"""Where the data of a suite lies: in --data first, then the suite's own path, then SIEBENCH_DATA."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.core.documents import is_folder
from bench.core.errors import BadInput
from bench.core.variables import home_path, variable
from bench.datasets import Dataset, describe, open_dataset
from bench.suite.places import beside
from bench.suite.schema import Suite

__all__ = ["VARIABLE", "open_data", "parse_data"]

VARIABLE = "SIEBENCH_DATA"
"""The environment variable that names a folder of datasets."""


def open_data(suite: Suite, name: str, data: Mapping[str, Path], trust: bool) -> Dataset:
    """A suite's dataset, opened where it lies.

    Args:
        suite: the suite.
        name: its name of the dataset.
        data: folders by its names of datasets (or registered names), before any other place.
        trust: agreement to import the module that it may name.

    Raises:
        BadInput: where no folder is named, or the named one is not there or will not do.
    """
    entry = suite.datasets[name]
    path = _place_of(suite, name, data, trust)
    return open_dataset(entry.dataset, path, split=entry.split, count=entry.limit, trust=trust)


def _place_of(suite: Suite, name: str, data: Mapping[str, Path], trust: bool) -> Path | None:
    """The folder of a suite's dataset, or None for one that siebench draws itself.

    Raises:
        BadInput: where no folder is named, or the named one is not there.
    """
    entry = suite.datasets[name]
    if describe(entry.dataset, trust=trust).drawn:
        return None
    for key in (name, entry.dataset):
        if key in data:
            return _folder(data[key], f"--data {key}={data[key]}")
    if entry.path is not None:
        return _folder(Path(beside(entry.path, suite.home)), f"datasets.{name}.path")
    root = variable(VARIABLE)
    if root:
        for key in (name, entry.dataset):
            if is_folder(place := home_path(root, VARIABLE) / key):
                return place
    names = " or ".join(dict.fromkeys((name, entry.dataset)))
    looked = f" (no {names} in {VARIABLE}={root})" if root else ""
    raise BadInput(
        f"dataset {name!r} has no folder{looked}; give --data {name}=PATH or set {VARIABLE} to a "
        "folder of datasets"
    )


def parse_data(pairs: list[str]) -> dict[str, Path]:
    """`NAME=PATH` arguments as a mapping.

    Raises:
        BadInput: where one is not of that form, or a name comes twice.
    """
    found: dict[str, Path] = {}
    for pair in pairs:
        name, equals, path = pair.partition("=")
        if not (name and equals and path):
            raise BadInput(f"{pair!r} is not of the form NAME=PATH{_own_folder(pair)}")
        if name in found:
            raise BadInput(f"--data {name}=... is given twice")
        found[name] = home_path(path, f"--data {name}")
    return found


def _own_folder(given: str) -> str:
    return f"; for a folder of your own write folder={given}" if is_folder(Path(given)) else ""


def _folder(path: Path, what: str) -> Path:
    if not is_folder(path):
        raise BadInput(f"{what}: {path} is not a folder; name the dataset's root")
    return path
