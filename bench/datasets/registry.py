"""Every dataset by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench import scenes
from bench.core.errors import BadInput, unknown
from bench.datasets import (
    ade20k,
    ade20k_landscape,
    ade20k_room,
    celebamask_hq,
    cityscapes,
    coco_stuff,
    flickr_landscape,
    folder,
)
from bench.datasets.dataset import Dataset
from bench.datasets.info import DatasetInfo

__all__ = ["dataset_names", "describe", "is_drawn", "open_dataset"]

_KNOWN: Mapping[str, DatasetInfo] = {
    info.name: info
    for info in (
        folder.INFO,
        coco_stuff.INFO,
        ade20k.INFO,
        ade20k_room.INFO,
        ade20k_landscape.INFO,
        cityscapes.INFO,
        flickr_landscape.INFO,
        celebamask_hq.INFO,
        *scenes.INFOS,
    )
}


def dataset_names() -> tuple[str, ...]:
    """The registered names: a plain folder, the published datasets, the drawn ones."""
    return tuple(_KNOWN)


def describe(name: str) -> DatasetInfo:
    """What is known of a dataset before it is opened.

    Raises:
        BadInput: for an unknown name, with the nearest known one.
    """
    if name not in _KNOWN:
        raise unknown("dataset", name, _KNOWN)
    return _KNOWN[name]


def is_drawn(name: str) -> bool:
    """Whether a dataset is drawn by the project and so needs no path.

    Raises:
        BadInput: for an unknown name, with the nearest known one.
    """
    return describe(name).drawn


def open_dataset(
    name: str,
    path: Path | None,
    split: str | None = None,
    *,
    count: int | None = None,
) -> Dataset:
    """Opens a dataset; no image is read yet.

    Args:
        name: a registered name.
        path: the dataset's root or one of its splits; None for datasets that are drawn.
        split: the split ("train", "val", "test"), or None for the dataset's default one.
        count: only the first `count` scenes; None = all (of a drawn dataset, its default number).

    Raises:
        BadInput: for an unknown name or split, a path without the expected folders, or an empty
            folder.
    """
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise BadInput(f"dataset {name}: count is {count!r}, but must be a whole number from 1")
    return describe(name).open(path, split, count)
