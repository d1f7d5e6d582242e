"""How a published dataset is opened: split found, files listed, encoding attached."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from bench.core.errors import BadInput
from bench.datasets.dataset import Dataset
from bench.datasets.info import DatasetInfo
from bench.datasets.labelled_folder import Encoding, LabelledFolder
from bench.datasets.layout import find_split, list_scenes
from bench.datasets.spaces import read_space

__all__ = ["needs_path", "published"]


def published(
    name: str,
    *,
    title: str,
    about: str,
    layout: str,
    space: str,
    encoding: Encoding,
    splits: tuple[str, ...] = (),
    default: str | None = None,
) -> DatasetInfo:
    """The entry of a dataset with a fixed label space, laid out as `layout.py` says."""

    def open_it(path: Path | None, split: str | None, count: int | None) -> Dataset:
        place = find_split(needs_path(name, path), split, default)
        scenes = dict(islice(list_scenes(place).items(), count))
        return LabelledFolder(name, read_space(space), scenes, encoding)

    return DatasetInfo(name, title, about, layout, splits, default, drawn=False, open=open_it)


def needs_path(name: str, path: Path | None) -> Path:
    """The path of a dataset on disk.

    Raises:
        BadInput: where none was given.
    """
    if path is None:
        raise BadInput(f"dataset {name!r} needs a folder; give it as --data {name}=PATH")
    return path
