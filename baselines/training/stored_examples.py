"""Examples that lie in files, scenes beside masks and mirrorings, put together on the device.

`baselines.training.example_store` draws them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from baselines.training.config import TrainingData
from baselines.training.data import Example, Examples, Scenes, edit_batch
from bench.batch import EditBatch
from bench.core.device import upload

__all__ = ["SCENE_ROWS", "Array", "StoredExamples", "draw_rows", "rows_in"]

Array = npt.NDArray[Any]

SCENE_ROWS = ("images", "labels", "instances")
"""The files of scenes."""


class StoredExamples(Examples):
    """Examples of a store; `ExampleStore.open` gives them.

    Args:
        config, dataset, seed: as the store was asked for.
        scenes, draws: the folders of the scenes and of the masks and mirrorings.
    """

    ready = True

    def __init__(
        self, config: TrainingData, dataset: str, seed: int, *, scenes: Path, draws: Path
    ) -> None:
        super().__init__(config, seed, Scenes(config, dataset))
        self._scene_rows = rows_in(scenes, SCENE_ROWS, "c")
        self._draw_rows = rows_in(draws, draw_rows(config), "c")
        self._rounds = len(self._draw_rows["mirrored"])
        self._ids = self.dataset.ids
        self._on_device: dict[torch.device, _Rows] = {}

    def batch(self, first: int, count: int, device: torch.device) -> EditBatch:
        """Examples `first`, `first + 1`, ... as one batch, gathered on the device.

        The tensors have the same shapes every time, and nothing waits for the device.
        """
        turns = [divmod(number, len(self)) for number in range(first, first + count)]
        places = [(self.order(epoch)[turn], epoch) for epoch, turn in turns]
        if device not in self._on_device:
            self._on_device[device] = _Rows(self._scene_rows, self._draw_rows, device)
        found = self._on_device[device].gather(
            [(place, epoch % self._rounds) for place, epoch in places]
        )
        return edit_batch(
            *found,
            space=self.space,
            ids=tuple(self._ids[place] for place, _ in places),
            keys=tuple(self.key(place, epoch) for place, epoch in places),
        )

    def draw(self, place: int, epoch: int) -> Example:
        """The example of the dataset's scene number `place` in an epoch, from the files."""
        turn = epoch % self._rounds
        mirrored = bool(self._draw_rows["mirrored"][turn, place])
        step = -1 if mirrored else 1
        planes = {
            name: np.ascontiguousarray(rows[place][:, ::step])
            for name, rows in self._scene_rows.items()
        }
        mask = np.ones(planes["labels"].shape, np.bool_)
        if "masks" in self._draw_rows:
            bits = np.unpackbits(self._draw_rows["masks"][turn, place], count=mask.size)
            mask = bits.reshape(mask.shape).astype(np.bool_)
        return Example(
            self._ids[place],
            self.key(place, epoch),
            planes["images"],
            mask,
            planes["labels"].astype(np.int32),
            planes["instances"].astype(np.int32),
            mirrored,
        )


class _Rows:
    """A store's files on a device."""

    def __init__(
        self, scenes: Mapping[str, Array], draws: Mapping[str, Array], device: torch.device
    ) -> None:
        self._device = device
        self._scenes = {name: torch.from_numpy(rows).to(device) for name, rows in scenes.items()}
        self._draws = {
            name: torch.from_numpy(rows).to(device).flatten(0, 1) for name, rows in draws.items()
        }
        self._count = draws["mirrored"].shape[1]
        self._bits = torch.arange(7, -1, -1, dtype=torch.uint8, device=device)

    def gather(self, places: Sequence[tuple[int, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Images uint8 [B,H,W,3], masks bool, labels and instances int16 [B,H,W] of (scene, round) pairs."""
        numbers = torch.tensor(
            [[place for place, _ in places], [turn * self._count + place for place, turn in places]]
        )
        scene, draw = upload(numbers, self._device)
        mirrored = self._draws["mirrored"][draw].view(-1, 1, 1)

        def shown(name: str) -> Tensor:
            rows = self._scenes[name][scene]
            turned = mirrored.unsqueeze(-1) if rows.dim() == 4 else mirrored
            return torch.where(turned, rows.flip(2), rows)

        labels = shown("labels")
        if "masks" in self._draws:
            bits = self._draws["masks"][draw].unsqueeze(-1) >> self._bits & 1
            mask = bits.flatten(1)[:, : labels[0].numel()].view_as(labels) > 0
        else:
            mask = torch.ones_like(labels, dtype=torch.bool)
        return shown("images"), mask, labels, shown("instances")


def draw_rows(data: TrainingData) -> tuple[str, ...]:
    """The files of masks and mirrorings that a configuration draws."""
    return ("mirrored", "masks") if data.masks else ("mirrored",)


def rows_in(folder: Path, names: Sequence[str], mode: Literal["r+", "c"]) -> dict[str, Array]:
    """The files of a folder, mapped into memory: to fill ("r+"), or to read ("c")."""
    return {name: np.load(folder / f"{name}.npy", mmap_mode=mode) for name in names}
