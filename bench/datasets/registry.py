"""Every dataset by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
from bench.errors import unknown

__all__ = ["dataset_names", "describe", "open_dataset"]

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
    )
}


def dataset_names() -> tuple[str, ...]:
    """The registered names, real datasets first."""
    return tuple(_KNOWN)


def describe(name: str) -> DatasetInfo:
    """What is known of a dataset before it is opened.

    Raises:
        BadInput: for an unknown name, with the nearest known one.
    """
    if name not in _KNOWN:
        raise unknown("dataset", name, _KNOWN)
    return _KNOWN[name]


def open_dataset(
    name: str, path: Path | None, subset: str | None = None, count: int | None = None
) -> Dataset:
    """Opens a dataset; no picture is read yet.

    Args:
        name: a registered name.
        path: the dataset's root or one of its splits; None for datasets that are drawn.
        subset: the split ("train", "val", "test"), or None for the dataset's default one.
        count: only the first `count` scenes; None = all (of a drawn dataset, its default number).

    Raises:
        BadInput: for an unknown name, a path without the expected folders, or an empty folder.
    """
    return describe(name).open(path, subset, count)
