"""What is known of a dataset before it is opened: what a dataset plugin registers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.datasets.dataset import Dataset
from bench.scene import LabelSpace

__all__ = ["UNKNOWN_LICENCE", "DatasetInfo", "Licence", "Opener"]


@dataclass(frozen=True)
class Licence:
    """The terms that a dataset is given under.

    Attributes:
        name: short, as its authors call it; "unknown" where no source says.
        terms: the official address of the terms, or None.
    """

    name: str
    terms: str | None = None


UNKNOWN_LICENCE = Licence("unknown")


class Opener(Protocol):
    """Opens a dataset."""

    def __call__(self, path: Path | None, split: str | None, count: int | None) -> Dataset:
        """The opened dataset; no image is read yet.

        Args:
            path: the folder that the user named; None for a dataset that is drawn.
            split: one of the dataset's splits; None = the default one.
            count: only the first `count` scenes; None = all.

        Raises:
            BadInput: one sentence, where the folder, the split or the count will not do.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """A dataset as it is registered; `siebench datasets list` shows it.

    Attributes:
        name: the registered name.
        title: as a reader sees it ("COCO-Stuff").
        about: what it holds, one line.
        open: opens it (see `Opener`).
        layout: the files that are expected, one line.
        space: the label space that its labels count in; None where each folder names its own.
        splits: the names of its splits, in the published layout; empty where it has none.
        default_split: the split that is opened when none is named.
        counts: scenes by split, as published (the split is "" where there are no splits); empty
            where no source says.
        licence: its terms.
        drawn: whether scenes are made by code, so that no folder is needed.
    """

    name: str
    title: str
    about: str
    open: Opener = field(repr=False)
    layout: str = ""
    space: LabelSpace | None = None
    splits: tuple[str, ...] = ()
    default_split: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    licence: Licence = UNKNOWN_LICENCE
    drawn: bool = False
