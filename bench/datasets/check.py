"""Looking through a dataset file by file and saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.core.documents import is_folder
from bench.core.errors import BadInput
from bench.core.images import image_files, read_stored
from bench.datasets.dataset import Dataset, Fit
from bench.datasets.labelled_folder import LabelledFolder
from bench.datasets.map_facts import MapFacts, map_fault
from bench.datasets.notes import Notes, folder_notes
from bench.datasets.registry import is_drawn, open_dataset
from bench.scene import VOID, Scene

__all__ = ["DatasetCheck", "Finding", "check_dataset"]

T = TypeVar("T")

_AS_STORED = Fit(size=None, mode="native")


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
        notes: what a reader should know and only they can judge (`bench.datasets.notes`).
    """

    problems: tuple[Finding, ...]
    notes: tuple[str, ...]


def check_dataset(
    name: str, path: Path | None, split: str | None = None, *, trust: bool = False
) -> DatasetCheck:
    """Everything that is wrong with a dataset, and what else is worth knowing.

    Finds missing, damaged and unreadable files, images without labels and labels without images,
    labels that are neither a class nor void (-100, colours, ids), masks of 0 and 255 in place of
    class numbers, palette files that number their colours in other ways, scenes that are all void,
    maps that do not fit their image, images that EXIF turns while they keep their shape, a class list
    with a name twice, folders of another layout.

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
    seen = Notes(dataset.space)
    maps: list[MapFacts] = []
    problems = [found for scene in dataset.ids for found in _in_scene(dataset, scene, seen, maps)]
    notes = [*seen.sentences()]
    if isinstance(dataset, LabelledFolder):
        problems += _without_image(dataset)
        # Numbers that no map alone shows to be none of classes.
        if (fault := map_fault(maps, len(dataset.space))) is not None:
            problems.append(Finding("", fault))
        notes += folder_notes(dataset)
    return DatasetCheck(tuple(problems), tuple(notes))


def _in_scene(dataset: Dataset, scene: str, seen: Notes, maps: list[MapFacts]) -> Iterator[Finding]:
    """A scene's faults: those of its image and its maps, or else of the two together.

    Every file is read once; `maps` takes what its label map tells about the others.
    """
    if not isinstance(dataset, LabelledFolder):
        _, faults = _tried(lambda: _look(dataset.read(scene, _AS_STORED), seen, scene, scene))
        yield from (Finding(scene, fault) for fault in faults)
        return
    files = dataset.files(scene)
    image, of_image = _tried(lambda: read_stored(files.image))
    planes, of_planes = _tried(lambda: dataset.read_planes(scene, maps.append))
    faults = of_image + of_planes
    if image is not None:
        seen.image(files.image, image)
    if image is not None and planes is not None:
        stored = image.pixels, *planes
        labels = files.labels
        _, faults = _tried(
            lambda: _look(
                dataset.joined(scene, *stored, _AS_STORED), seen, labels.name, str(labels)
            )
        )
    yield from (Finding(scene, fault) for fault in faults)


def _look(read: Scene, seen: Notes, labels: str, where: str) -> None:
    """Takes note of a scene.

    Raises:
        BadInput: where it has nothing to score.
    """
    seen.scene(read, labels)
    if (read.labels == VOID).all():
        raise BadInput(f"{where}: every pixel is void, so the scene counts for nothing")


def _tried(attempt: Callable[[], T]) -> tuple[T | None, list[str]]:
    """What an attempt gives, or else its fault."""
    try:
        return attempt(), []
    except BadInput as error:
        return None, [str(error)]


def _without_image(dataset: LabelledFolder) -> list[Finding]:
    folder = dataset.files(dataset.ids[0]).labels.parent
    return [
        Finding(stem, f"{file}: has labels but no image of the same stem in images/")
        for stem, file in image_files(folder).items()
        if stem not in dataset.ids
    ]
