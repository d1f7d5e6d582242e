"""Datasets by name: what is known of one, and the one way to open it."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

from bench.core.errors import BadInput, unknown
from bench.core.identity import record_hash
from bench.datasets.dataset import Dataset, Fit, RendersWithout
from bench.datasets.foreign import guarded_dataset
from bench.datasets.info import DatasetInfo
from bench.plugins.foreign import foreign
from bench.plugins.kinds import DATASETS
from bench.plugins.registry import FOREIGN
from bench.scene import Scene, UInt8

__all__ = ["dataset_names", "describe", "is_drawn", "open_dataset"]


def dataset_names() -> tuple[str, ...]:
    """The registered names, sorted."""
    return tuple(DATASETS.names())


def describe(name: str, *, trust: bool = False) -> DatasetInfo:
    """What is known of a dataset before it is opened.

    Args:
        name: a registered name, or `package.module:attribute`.
        trust: agreement to import foreign code, which the last form asks for.

    Raises:
        BadInput: for an unknown name, with the nearest known one, or a plugin that cannot be used.
    """
    plugin = DATASETS.find(name, trust=trust)
    value = plugin.usable()
    if isinstance(value, DatasetInfo):
        known = plugin.source != FOREIGN and plugin.name != value.name
        return dataclasses.replace(value, name=plugin.name) if known else value
    if isinstance(value, Dataset):
        return _finished(name, value)
    raise BadInput(
        f"dataset {name!r} ({plugin.target}) is a {type(value).__name__}; register a DatasetInfo"
    )


def is_drawn(name: str, *, trust: bool = False) -> bool:
    """Whether a dataset is made by code and so needs no path.

    Raises:
        BadInput: as `describe`.
    """
    return describe(name, trust=trust).drawn


def open_dataset(
    name: str,
    path: Path | str | None,
    split: str | None = None,
    *,
    count: int | None = None,
    trust: bool = False,
) -> Dataset:
    """Opens a dataset; no image is read yet.

    Args:
        name: a registered name, or `package.module:attribute`.
        path: the dataset's root or one of its splits; None for datasets that are drawn.
        split: the split ("train", "val", "test"), or None for the dataset's default one.
        count: only the first `count` scenes; None = all (of a drawn dataset, its default number).
        trust: agreement to import foreign code, which `package.module:attribute` asks for.

    Raises:
        BadInput: for an unknown name or split, a path without the expected folders, an empty
            folder, or a plugin that fails.
    """
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise BadInput(f"dataset {name}: count is {count!r}, but must be a whole number from 1")
    info = describe(name, trust=trust)
    with foreign(f"dataset {name!r}: opening it"):
        opened = info.open(None if path is None else Path(path), split, count)
        whole = isinstance(opened, Dataset)
    if not whole:
        raise BadInput(
            f"dataset {name!r}: opening it gave a {type(opened).__name__}, which lacks name, "
            "space, ids, read or fingerprint"
        )
    return guarded_dataset(name, opened)


def _finished(name: str, dataset: Dataset) -> DatasetInfo:
    """What is known of a dataset that was handed over open."""

    def open_it(path: Path | None, split: str | None, count: int | None) -> Dataset:
        if path is not None or split is not None:
            raise BadInput(f"dataset {name!r} is open already and takes no path and no split")
        if count is None or count >= len(dataset.ids):
            return dataset
        return (_FirstRendered if isinstance(dataset, RendersWithout) else _First)(dataset, count)

    lines = (inspect.getdoc(type(dataset)) or "").splitlines()
    return DatasetInfo(
        name=name,
        title=name,
        about=lines[0] if lines else "a dataset of this process",
        open=open_it,
        layout="an object; no folder",
        space=dataset.space,
        counts={"": len(dataset.ids)},
        drawn=True,
    )


class _First:
    """The first scenes of a dataset."""

    def __init__(self, dataset: Dataset, count: int) -> None:
        self.name = dataset.name
        self.space = dataset.space
        self._dataset = dataset
        self._ids = tuple(dataset.ids[:count])

    @property
    def ids(self) -> tuple[str, ...]:
        return self._ids

    def read(self, scene: str, fit: Fit) -> Scene:
        if scene not in self._ids:
            raise unknown(f"scene of {self.name}", scene, self._ids)
        return self._dataset.read(scene, fit)

    def fingerprint(self) -> str:
        return record_hash({"of": self._dataset.fingerprint(), "ids": list(self._ids)})


class _FirstRendered(_First):
    """The first scenes of a dataset that can leave objects out."""

    def read_without(self, scene: str, instance: int, fit: Fit) -> UInt8:
        assert isinstance(self._dataset, RendersWithout)
        return self._dataset.read_without(scene, instance, fit)
