"""How a published dataset is opened: split found, files listed, encoding attached."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from bench.core.errors import BadInput
from bench.datasets.dataset import Dataset
from bench.datasets.info import UNKNOWN_LICENCE, DatasetInfo, Licence
from bench.datasets.labelled_folder import Encoding, LabelledFolder
from bench.datasets.layout import find_split, list_scenes
from bench.scene import LabelSpace

__all__ = ["needs_path", "published"]


def published(
    name: str,
    *,
    title: str,
    about: str,
    layout: str,
    space: LabelSpace,
    encoding: Encoding,
    default_split: str | None = None,
    splits: tuple[str, ...] = (),
    counts: Mapping[str, int] | None = None,
    licence: Licence = UNKNOWN_LICENCE,
) -> DatasetInfo:
    """The entry of a dataset with a fixed label space, laid out as `layout.py` says."""

    def open_it(path: Path | None, split: str | None, count: int | None) -> Dataset:
        place = find_split(needs_path(name, path), split, default_split)
        scenes = dict(islice(list_scenes(place).items(), count))
        return LabelledFolder(name, space, scenes, encoding)

    return DatasetInfo(
        name=name,
        title=title,
        about=about,
        open=open_it,
        layout=layout,
        space=space,
        splits=splits,
        default_split=default_split,
        counts=dict(counts or {}),
        licence=licence,
    )


def needs_path(name: str, path: Path | None) -> Path:
    """The path of a dataset on disk.

    Raises:
        BadInput: where none was given.
    """
    if path is None:
        raise BadInput(f"dataset {name!r} needs a folder; give --data {name}=PATH, or --path PATH")
    return path
