"""What the registry knows of a dataset before it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.datasets.dataset import Dataset

__all__ = ["DatasetInfo", "Opener"]


class Opener(Protocol):
    """Opens a dataset at a path (None for datasets that are drawn) and a split (None = default)."""

    def __call__(self, path: Path | None, split: str | None, count: int | None) -> Dataset:
        """The opened dataset, of its first `count` scenes (None = all, or the default number)."""
        ...


@dataclass(frozen=True)
class DatasetInfo:
    """One row of `siebench datasets list`.

    Attributes:
        name: the registered name.
        title: as a reader sees it ("COCO-Stuff").
        about: what it holds, one line.
        layout: the files that are expected, one line.
        splits: its split folders in the published layout; empty where it has none.
        default: the split that is opened when none is named.
        drawn: True where scenes are drawn by the project and no path is needed.
        open: opens it.
    """

    name: str
    title: str
    about: str
    layout: str
    splits: tuple[str, ...]
    default: str | None
    drawn: bool
    open: Opener = field(repr=False)
