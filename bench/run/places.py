"""Where a suite's datasets lie: --data first, then the suite's own path, then SIEBENCH_DATA."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.core.errors import BadInput
from bench.core.variables import variable
from bench.datasets import describe
from bench.suite.schema import DatasetEntry

__all__ = ["VARIABLE", "parse_data", "place_of"]

VARIABLE = "SIEBENCH_DATA"


def place_of(name: str, entry: DatasetEntry, data: Mapping[str, Path]) -> Path | None:
    """The folder of a suite's dataset, or None for one that siebench draws itself.

    Raises:
        BadInput: where no folder is named, or the named one is not there.
    """
    if describe(entry.dataset).drawn:
        return None
    for key in (name, entry.dataset):
        if key in data:
            return _folder(data[key], f"--data {key}={data[key]}")
    if entry.path is not None:
        return _folder(Path(entry.path), f"datasets.{name}.path")
    root = variable(VARIABLE)
    if root:
        for key in (name, entry.dataset):
            if (Path(root) / key).is_dir():
                return Path(root) / key
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
            raise BadInput(f"--data {pair!r} is not of the form NAME=PATH")
        if name in found:
            raise BadInput(f"--data {name}=... stands there twice")
        found[name] = Path(path)
    return found


def _folder(path: Path, what: str) -> Path:
    if not path.is_dir():
        raise BadInput(f"{what}: {path} is not a folder; name the dataset's root")
    return path
