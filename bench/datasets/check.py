"""Looking through a dataset file by file and saying what is wrong, without ever throwing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import BadInput
from bench.core.images import image_files
from bench.datasets.dataset import Dataset, Fit
from bench.datasets.labelled_folder import LabelledFolder
from bench.datasets.registry import open_dataset

__all__ = ["Problem", "check_dataset"]

_AS_STORED = Fit(size=None, mode="native")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: the scene's id (or "" for the dataset as a whole) and a sentence."""

    scene: str
    what: str

    def __str__(self) -> str:
        return self.what


def check_dataset(name: str, path: Path | None, split: str | None = None) -> list[Problem]:
    """Everything that is wrong with a dataset, in the order of its scenes; empty = all is well.

    Finds missing and unreadable images, images without labels and labels without images,
    labels beyond the classes, maps that do not fit their image, wrong folders, empty ones and
    unknown names.
    """
    try:
        dataset = open_dataset(name, path, split)
    except BadInput as error:
        return [Problem("", str(error))]
    problems = [found for scene in dataset.ids for found in _in_scene(dataset, scene)]
    if isinstance(dataset, LabelledFolder):
        problems += _without_image(dataset)
    return problems


def _in_scene(dataset: Dataset, scene: str) -> list[Problem]:
    """A scene's faults: those of its image and its maps, or else of the two together."""
    whole = [lambda: dataset.read(scene, _AS_STORED)]
    if not isinstance(dataset, LabelledFolder):
        return _faults(scene, whole)
    parts = [lambda: dataset.read_image(scene), lambda: dataset.read_planes(scene)]
    return _faults(scene, parts) or _faults(scene, whole)


def _faults(scene: str, attempts: Sequence[Callable[[], object]]) -> list[Problem]:
    return [Problem(scene, fault) for attempt in attempts if (fault := _fault(attempt))]


def _fault(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except BadInput as error:
        return str(error)
    return None


def _without_image(dataset: LabelledFolder) -> list[Problem]:
    folder = dataset.files(dataset.ids[0]).labels.parent
    return [
        Problem(stem, f"{file}: has labels but no image of the same stem in images/")
        for stem, file in image_files(folder).items()
        if stem not in dataset.ids
    ]
