"""What is worth knowing of a dataset and only its reader can judge: nothing here is wrong for sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.core.errors import BadInput
from bench.core.images import UPRIGHT, StoredImage, opened, orientation
from bench.datasets.labelled_folder import LabelledFolder
from bench.datasets.layout import unread
from bench.scene import VOID, Int32, LabelSpace, Scene

__all__ = ["Notes", "folder_notes"]

_MUCH_VOID = 0.5
"""A share of void pixels beyond which a dataset's numbers rest on few of its pixels."""

_NAMED = 8
"""Absent classes that are named one by one."""

_DARK = 16
"""Grey levels: an image that never passes them is black to look at."""

_STEPPED = 0.25
"""A share of a map's borders that are steps, as `_steps` counts; the published datasets' maps stay below
0.11 at any size from 64 pixels on, and are above 0.34 once they are scaled smoothly or saved as JPEG."""

_BORDERS = 100
"""Changes of label in a map that are needed to judge it."""


class Notes:
    """What the scenes that can be read tell, gathered one by one.

    Args:
        space: the dataset's.
    """

    def __init__(self, space: LabelSpace) -> None:
        self._space = space
        self._pixels = np.zeros(len(space), np.int64)
        self._void = 0
        self._images = self._maps = self._repeated = self._with_instances = 0
        self._dark: list[Path] = []
        self._transparent: list[Path] = []
        self._stepped: list[tuple[float, str]] = []

    def image(self, file: Path, stored: StoredImage) -> None:
        """Takes note of an image as its file has it."""
        self._images += 1
        if stored.pixels.max() <= _DARK:
            self._dark.append(file)
        if stored.transparent:
            self._transparent.append(file)

    def scene(self, scene: Scene, labels: str) -> None:
        """Takes note of a scene as it is stored, and of what its label map is called."""
        void = scene.labels == VOID
        self._void += int(void.sum())
        self._pixels += np.bincount(scene.labels[~void], minlength=len(self._space))
        self._maps += 1
        steps, borders = _steps(scene.labels)
        if borders >= _BORDERS and steps > _STEPPED * borders:
            self._stepped.append((steps / borders, labels))
        if scene.instances is not None:
            self._with_instances += 1
            same = (scene.instances == scene.labels)[~void].all()
            self._repeated += bool(same and scene.instances.any())

    def sentences(self) -> Iterator[str]:
        """What is to be said."""
        total = self._void + int(self._pixels.sum())
        if total and self._void > _MUCH_VOID * total:
            share = self._void / total
            yield f"{share:.0%} of all pixels are void: scores rest on the others alone"
        counted = [k for k in range(len(self._space)) if k not in self._space.ignored]
        absent = [self._space.classes[k] for k in counted if not self._pixels[k]]
        if total and absent:
            named = ", ".join(absent[:_NAMED]) + (" ..." if len(absent) > _NAMED else "")
            yield f"{len(absent)} of {len(counted)} classes never occur: {named}"
        if self._stepped:
            share, name = max(self._stepped)
            yield (
                f"{len(self._stepped)} of {self._maps} label maps go from class to class in steps over "
                f"other classes ({share:.0%} of the borders of {name}), as maps do that were scaled "
                "smoothly or were JPEGs once: scale them with nearest neighbour, from PNGs"
            )
        if self._repeated and self._repeated == self._with_instances:
            yield (
                "every object map repeats its label map, so that all of a class is one object; without "
                "instances/ protocols about objects say that there are none"
            )
        if self._dark:
            yield (
                f"{len(self._dark)} of {self._images} images are nearly black (no value above {_DARK} of "
                f"255), as {self._dark[0]}: of 16 bits the high byte counts, so 10 or 12 bits must be "
                "scaled to 16"
            )
        if self._transparent:
            yield (
                f"{len(self._transparent)} of {self._images} images have transparent pixels, as "
                f"{self._transparent[0]}: the colours behind them count as they are stored"
            )


def _steps(labels: Int32) -> tuple[int, int]:
    """Between how many neighbours the label changes, and how often it changes twice in three pixels.

    Of a border without a step in between, as A A B B, nothing is counted; of A C B, where C is no void,
    one.

    Returns:
        steps, changes: over rows and columns.
    """
    steps = changes = 0
    for lines in (labels, labels.T):
        before, at, behind = lines[:, :-2], lines[:, 1:-1], lines[:, 2:]
        changes += int((lines[:, 1:] != lines[:, :-1]).sum())
        steps += int(((before != at) & (at != behind) & (before != behind) & (at != VOID)).sum())
    return steps, changes


def folder_notes(dataset: LabelledFolder) -> Iterator[str]:
    """What the files of a folder tell by their headers and names."""
    files = [dataset.files(scene) for scene in dataset.ids]
    yield from _turned([one.image for one in files])
    yield from _grey([one.image for one in files])
    first = files[0]
    for folder in dict.fromkeys(
        file.parent for file in (first.image, first.labels, first.instances) if file is not None
    ):
        names = unread(folder)
        if names:
            more = " ..." if len(names) > _NAMED else ""
            yield f"{folder}: not read: {', '.join(names[:_NAMED])}{more}"
    root = first.image.parent.parent
    lists = [path.name for path in sorted(root.glob("*")) if path.stem.lower() == "classes"]
    if lists and "classes.json" not in lists:
        yield f"{root}: {lists[0]} is not read; the names of classes stand in classes.json"


def _turned(images: Sequence[Path]) -> Iterator[str]:
    found = [file for file in images if _orientation(file) != UPRIGHT]
    if found:
        yield (
            f"{len(found)} of {len(images)} images are turned by their EXIF orientation, as {found[0]}: "
            "their label maps must be turned too"
        )


def _orientation(file: Path) -> int:
    try:
        return orientation(file)
    except BadInput:
        return UPRIGHT


def _grey(images: Sequence[Path]) -> Iterator[str]:
    """Images that are stored as grey, where others are not."""
    found: list[Path] = []
    for file in images:
        try:
            with opened(file, decoded=False) as image:
                if image.mode.startswith(("1", "L", "I")):
                    found.append(file)
        except BadInput:
            continue
    if found and len(found) < len(images):
        yield f"{len(found)} of {len(images)} images are grey, as {found[0]}: they are read as RGB"
