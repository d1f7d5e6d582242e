"""Examples that were drawn once, by all cores, into files that every training maps into its memory.

A store holds, for every dataset and size, the scenes as they are; and for every configuration and seed,
masks and mirrorings of the first `rounds` epochs. Batches are put together on the device: rows of
scenes are gathered, mirrored and made floats there. In the first `rounds` epochs they equal those that
`Examples` draws, bit for bit; after these, masks and mirrorings come again, in the order of their own
epoch.

    store = ExampleStore(Path("examples"), rounds=8)
    for piece in store.pieces([config]):
        store.finish(piece, draw_piece(piece))     # drawn by any process, in any order
    examples = store.open(config.data, "procedural-rooms", seed=0)

What cannot be stored (random crops; masks that come with another image or other labels) is drawn as
before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baselines.training.config import TrainingConfig, TrainingData
from baselines.training.data import Example, Examples, Scenes, mask_record
from baselines.training.stored_examples import SCENE_ROWS, StoredExamples, draw_rows, rows_in
from bench.core.atomic import whole_file, write_json
from bench.core.documents import read_json
from bench.core.errors import BadInput
from bench.core.identity import record_hash
from bench.datasets import Dataset
from bench.scene import Scene

__all__ = ["ExampleStore", "Piece", "draw_piece"]

_PIECE = 64
"""Scenes of a piece, at most."""

_READY = "ready.json"
_LOOK = 0.1  # seconds between two looks for a file


@dataclass(frozen=True)
class _Draws:
    """Masks and mirrorings of one configuration and seed, and the folder that they lie in."""

    folder: Path
    data: TrainingData
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """Its files."""
        return draw_rows(self.data)


@dataclass(frozen=True)
class Piece:
    """A part of the drawing: scenes `start` to `stop` of a dataset at one size, with all their masks."""

    scenes: Path
    data: TrainingData
    dataset: str
    draws: tuple[_Draws, ...]
    rounds: int
    start: int
    stop: int


class ExampleStore:
    """A folder of drawn examples.

    Args:
        folder: where they lie.
        rounds: epochs whose masks are drawn.
    """

    def __init__(self, folder: Path, *, rounds: int = 8) -> None:
        self.folder, self.rounds = folder, rounds
        self._left: dict[Path, set[int]] = {}
        self._problems: dict[Path, str] = {}

    def pieces(self, configs: Iterable[TrainingConfig]) -> list[Piece]:
        """What is still to be drawn for some trainings, dataset by dataset in the order of the trainings.

        Makes the files at their full length; `draw_piece` fills them, and each piece is handed to `finish`.

        Raises:
            BadInput: a dataset that is not there, or no space.
        """
        wanted: dict[Path, tuple[TrainingData, str, dict[Path, _Draws]]] = {}
        for config in configs:
            for data, dataset in _sources(config):
                if data.crop is not None or data.load is None:
                    continue
                opened = Scenes(data, dataset).dataset
                scenes = self._scenes(data, opened)
                draws = wanted.setdefault(scenes, (data, dataset, {}))[2]
                folder = self._draws(data, opened, config.seed)
                draws.setdefault(folder, _Draws(folder, data, config.seed))
        found = [
            piece
            for scenes, (data, dataset, draws) in wanted.items()
            for piece in self._of_a_dataset(scenes, data, dataset, list(draws.values()))
        ]
        for piece in found:
            self._left.setdefault(piece.scenes, set()).add(piece.start)
        return found

    def _of_a_dataset(
        self, scenes: Path, data: TrainingData, dataset: str, draws: list[_Draws]
    ) -> Iterator[Piece]:
        missing = tuple(one for one in draws if not (one.folder / _READY).is_file())
        if (scenes / _READY).is_file() and not missing:
            return
        examples = Examples(data, 0, Scenes(data, dataset))
        count = len(examples)
        assert data.load is not None
        height, width = data.load
        if not (scenes / _READY).is_file():
            _make(scenes / "images.npy", (count, height, width, 3), np.dtype(np.uint8))
            _make(scenes / "labels.npy", (count, height, width), np.dtype(np.int16))
            _make(scenes / "instances.npy", (count, height, width), np.dtype(np.int16))
        for one in missing:
            _make(one.folder / "mirrored.npy", (self.rounds, count), np.dtype(np.bool_))
            if "masks" in one.names:
                packed = -(-height * width // 8)
                _make(one.folder / "masks.npy", (self.rounds, count, packed), np.dtype(np.uint8))
        for start in range(0, count, _PIECE):
            stop = min(start + _PIECE, count)
            yield Piece(scenes, data, dataset, missing, self.rounds, start, stop)

    def finish(self, piece: Piece, problem: str | None) -> None:
        """Takes note that a piece is drawn; after the last one of a dataset its examples can be opened.

        Args:
            piece: one of this store's `pieces`.
            problem: why its scenes or masks cannot be stored; trainings then draw all of the dataset
                for themselves.
        """
        if problem:
            self._problems[piece.scenes] = problem
        left = self._left[piece.scenes]
        left.discard(piece.start)
        if left:
            return
        problem = self._problems.get(piece.scenes)
        for folder in (piece.scenes, *(one.folder for one in piece.draws)):
            write_json(folder / _READY, {"dataset": piece.dataset, "problem": problem})

    def open(
        self,
        data: TrainingData,
        dataset: str,
        seed: int,
        *,
        wait: Callable[[], bool] = lambda: False,
    ) -> Examples:
        """The examples of a dataset; those that cannot be stored are drawn when they are asked for.

        Args:
            data, dataset, seed: which ones.
            wait: asked again and again while they are being drawn; False = wait no longer.

        Raises:
            BadInput: they have not been drawn.
        """
        plain = Examples(data, seed, Scenes(data, dataset))
        if data.crop is not None or data.load is None:
            return plain
        scenes, draws = self._scenes(data, plain.dataset), self._draws(data, plain.dataset, seed)
        for folder in (scenes, draws):
            while not (folder / _READY).is_file():
                if not wait():
                    raise BadInput(
                        f"{folder}: has not been drawn in the time that there was; give more "
                        "--minutes, or fewer scenes, such as --set data.count=512"
                    )
                time.sleep(_LOOK)
            if read_json(folder / _READY)["problem"]:
                return plain
        return StoredExamples(data, dataset, seed, scenes=scenes, draws=draws)

    def _scenes(self, data: TrainingData, dataset: Dataset) -> Path:
        """The folder of a dataset's scenes at a size; scenes that have changed lie elsewhere."""
        key = {"scenes": dataset.fingerprint(), "load": data.load}
        return self.folder / f"scenes-{record_hash(key)[:16]}"

    def _draws(self, data: TrainingData, dataset: Dataset, seed: int) -> Path:
        """The folder of the masks that a configuration and a seed draw of them."""
        key = {
            **data.model_dump(mode="json", include={"load", "flip", "mixture"}),
            "masks": [mask_record(one) for one in data.masks],
            "otherwise": mask_record(data.otherwise),
            "scenes": dataset.fingerprint(),
            "seed": seed,
            "rounds": self.rounds,
        }
        return self.folder / f"masks-{record_hash(key)[:16]}"


def draw_piece(piece: Piece) -> str | None:
    """Fills a piece's rows.

    Returns:
        Why they cannot be stored, one sentence, or None.

    Raises:
        BadInput: a scene that cannot be read, or a mask that cannot be drawn.
    """
    scenes = Scenes(piece.data, piece.dataset)
    planes = {}
    if not (piece.scenes / _READY).is_file():
        planes = rows_in(piece.scenes, SCENE_ROWS, "r+")
    several = [
        (Examples(one.data, one.seed, scenes), rows_in(one.folder, one.names, "r+"))
        for one in piece.draws
    ]
    for place in range(piece.start, piece.stop):
        scene = scenes.read(scenes.dataset.ids[place])
        if scene.instances is None:
            return f"the scenes of {piece.dataset} have no instances"
        if max(scene.labels.max(), scene.instances.max()) > np.iinfo(np.int16).max:
            return f"labels or instances of {piece.dataset} are beyond 16 bits"
        if planes:
            planes["images"][place] = scene.image
            planes["labels"][place] = scene.labels
            planes["instances"][place] = scene.instances
        for examples, rows in several:
            for epoch in range(piece.rounds):
                drawn = examples.draw(place, epoch)
                if not _shows(drawn, scene):
                    return f"masks of {piece.dataset} come with another image or other labels"
                rows["mirrored"][epoch, place] = drawn.mirrored
                if "masks" in rows:
                    rows["masks"][epoch, place] = np.packbits(drawn.mask)
    return None


def _sources(config: TrainingConfig) -> Iterator[tuple[TrainingData, str]]:
    """Every dataset of a training with its configuration."""
    for data in (config.data, *(data for data in config.phase_data if data is not None)):
        for dataset in (data.dataset, *(data.also if data is config.data else ())):
            yield data, dataset


def _make(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """A file of zeros.

    Raises:
        BadInput: no space, or a folder that cannot be written.
    """
    with whole_file(path) as temporary, temporary.open("wb") as file:
        header = {
            "descr": np.lib.format.dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": shape,
        }
        np.lib.format.write_array_header_2_0(file, header)
        file.truncate(file.tell() + math.prod(shape) * dtype.itemsize)


def _shows(drawn: Example, scene: Scene) -> bool:
    """Whether an example shows the scene as it is, mirrored where it says so."""
    step = -1 if drawn.mirrored else 1
    assert scene.instances is not None
    assert drawn.instances is not None
    return (
        np.array_equal(drawn.image, scene.image[:, ::step])
        and np.array_equal(drawn.labels, scene.labels[:, ::step])
        and np.array_equal(drawn.instances, scene.instances[:, ::step])
    )
