"""Looking through a dataset file by file and saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.core.documents import is_folder
from bench.core.errors import BadInput
from bench.core.images import UPRIGHT, image_files, opened, orientation
from bench.datasets.dataset import Dataset, Fit
from bench.datasets.labelled_folder import LabelledFolder
from bench.datasets.planes import read_plane
from bench.datasets.registry import is_drawn, open_dataset
from bench.scene import VOID, Int32, LabelSpace

__all__ = ["DatasetCheck", "Finding", "check_dataset"]

_AS_STORED = Fit(size=None, mode="native")

_MUCH_VOID = 0.5
"""A share of void pixels beyond which a dataset's numbers rest on few of its pixels."""

_NAMED = 8
"""Absent classes that are named one by one."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the scene's id (or "" for the dataset as a whole) and a sentence."""

    scene: str
    what: str

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class DatasetCheck:
    """What came of looking through a dataset.

    Attributes:
        problems: what is wrong, in the order of the scenes; none = the dataset is good.
        notes: what a reader should know and only they can judge: void, classes that never occur,
            images that their files turn, grey images among coloured ones.
    """

    problems: tuple[Finding, ...]
    notes: tuple[str, ...]


def check_dataset(
    name: str, path: Path | None, split: str | None = None, *, trust: bool = False
) -> DatasetCheck:
    """Everything that is wrong with a dataset, and what else is worth knowing.

    Finds missing, damaged and unreadable files, images without labels and labels without images,
    labels that are neither a class nor void (-100, colours, ids), masks of 0 and 255 in place of
    class numbers, scenes that are all void, maps that do not fit their image, square images that
    EXIF turns, a class list with a name twice, folders of another layout.

    Args:
        name, path, split, trust: as for `open_dataset`.

    Raises:
        BadInput: an unknown name, a path that is no folder, or one for a dataset that is drawn: there is
            nothing to judge.
    """
    drawn = is_drawn(name, trust=trust)
    if not drawn and path is not None and not is_folder(path):
        raise BadInput(f"{path}: no such folder; give the folder that holds images/ and labels/")
    try:
        dataset = open_dataset(name, path, split, trust=trust)
    except BadInput as error:
        if drawn or path is None:
            raise
        return DatasetCheck((Finding("", str(error)),), ())
    counts = _Counts(dataset.space)
    problems = [found for scene in dataset.ids for found in _in_scene(dataset, scene, counts)]
    notes = counts.notes()
    if isinstance(dataset, LabelledFolder):
        problems += _without_image(dataset)
        problems += _only_masks(dataset)
        notes += _turned(dataset)
        notes += _grey(dataset)
    return DatasetCheck(tuple(problems), tuple(notes))


class _Counts:
    """Pixels by class over all scenes that could be read."""

    def __init__(self, space: LabelSpace) -> None:
        self._space = space
        self._pixels = np.zeros(len(space), np.int64)
        self._void = 0

    def add(self, labels: Int32) -> None:
        void = labels == VOID
        self._void += int(void.sum())
        self._pixels += np.bincount(labels[~void], minlength=len(self._space))

    def notes(self) -> list[str]:
        total = self._void + int(self._pixels.sum())
        found = []
        if total and self._void > _MUCH_VOID * total:
            share = self._void / total
            found.append(f"{share:.0%} of all pixels are void: scores rest on the others alone")
        counted = [k for k in range(len(self._space)) if k not in self._space.ignored]
        absent = [self._space.classes[k] for k in counted if not self._pixels[k]]
        if total and absent:
            named = ", ".join(absent[:_NAMED]) + (" ..." if len(absent) > _NAMED else "")
            found.append(f"{len(absent)} of {len(counted)} classes never occur: {named}")
        return found


def _in_scene(dataset: Dataset, scene: str, counts: _Counts) -> list[Finding]:
    """A scene's faults: those of its image and its maps, or else of the two together."""

    def whole() -> None:
        read = dataset.read(scene, _AS_STORED)
        counts.add(read.labels)
        if (read.labels == VOID).all():
            where = dataset.files(scene).labels if isinstance(dataset, LabelledFolder) else scene
            raise BadInput(f"{where}: every pixel is void, so the scene counts for nothing")

    if not isinstance(dataset, LabelledFolder):
        return _faults(scene, [whole])
    parts = [lambda: dataset.read_image(scene), lambda: dataset.read_planes(scene)]
    return _faults(scene, parts) or _faults(scene, [whole])


def _faults(scene: str, attempts: Sequence[Callable[[], object]]) -> list[Finding]:
    return [Finding(scene, fault) for attempt in attempts if (fault := _fault(attempt))]


def _fault(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except BadInput as error:
        return str(error)
    return None


def _without_image(dataset: LabelledFolder) -> list[Finding]:
    folder = dataset.files(dataset.ids[0]).labels.parent
    return [
        Finding(stem, f"{file}: has labels but no image of the same stem in images/")
        for stem, file in image_files(folder).items()
        if stem not in dataset.ids
    ]


def _only_masks(dataset: LabelledFolder) -> Iterator[Finding]:
    """Whether the label files are masks of 0 and 255 where several classes are listed."""
    if len(dataset.space) < 2:
        return
    seen: set[int] = set()
    for scene in dataset.ids:
        try:
            seen |= set(np.unique(read_plane(dataset.files(scene).labels)).tolist())
        except BadInput:
            continue
        if not seen <= {0, 255}:
            return
    if seen == {0, 255}:
        folder = dataset.files(dataset.ids[0]).labels.parent
        yield Finding(
            "",
            f"{folder}: every label is 0 or 255, as in masks, although there are "
            f"{len(dataset.space)} classes; write class numbers",
        )


def _turned(dataset: LabelledFolder) -> Iterator[str]:
    for scene in dataset.ids:
        file = dataset.files(scene).image
        try:
            turned = orientation(file)
        except BadInput:
            continue
        if turned != UPRIGHT:
            yield f"{file}: its EXIF orientation ({turned}) turns it; its label map must be turned too"


def _grey(dataset: LabelledFolder) -> Iterator[str]:
    """Images that are stored as grey, where others are not."""
    found: list[Path] = []
    for scene in dataset.ids:
        file = dataset.files(scene).image
        try:
            with opened(file, decoded=False) as image:
                if image.mode.startswith(("1", "L", "I")):
                    found.append(file)
        except BadInput:
            continue
    if found and len(found) < len(dataset.ids):
        yield f"{len(found)} of {len(dataset.ids)} images are grey, as {found[0]}: they are read as RGB"
