"""One method carries out a shard's edits: fixed batch shape, failures kept to their own edit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bench.core.errors import EditFailed
from bench.run.batching import make_batch
from bench.run.footprint import Footprint, measured
from bench.run.methods import Method
from bench.run.prepare import Job
from bench.scene import Float32, LabelSpace

if TYPE_CHECKING:
    from torch import Tensor

    from bench.batch import EditBatch
    from bench.plugins.editors import Editor

__all__ = ["Painter", "Paintings"]


@dataclass(frozen=True, eq=False)
class Paintings:
    """What a method gave for the jobs of a shard.

    Attributes:
        pictures: float32 [H,W,3] in [-1,1] by job index; a failed job is missing.
        failures: the reason by job index.
        milliseconds: per edit, by job index, where it was measured after warm-up.
        footprints: of every batch that was a warm-up: multiply-adds and memory of the whole batch.
    """

    pictures: dict[int, Float32] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    milliseconds: dict[int, float] = field(default_factory=dict)
    footprints: list[Footprint] = field(default_factory=list)


class Painter:
    """Runs editors in one padded batch shape; the first batch of a method is its warm-up."""

    def __init__(self, batch_size: int, device: str) -> None:
        self.batch_size = batch_size
        self.device = device
        self._warm: set[tuple[str, tuple[int, ...]]] = set()

    def paint(self, method: Method, jobs: Sequence[Job], space: LabelSpace) -> Paintings:
        """Paints all jobs; what fails is named and everything else is kept."""
        assert method.editor is not None
        paintings = Paintings()
        for start in range(0, len(jobs), self.batch_size):
            indices = list(range(start, min(start + self.batch_size, len(jobs))))
            group = [jobs[i] for i in indices]
            batch = make_batch(group, method.name, space, method.needs, self.device)
            try:
                pictures, milliseconds = self._timed(method, batch, paintings)
            except Exception as error:
                self._one_by_one(method, batch, indices, paintings, error)
                continue
            for k, i in enumerate(indices):
                self._keep(i, pictures[k], paintings)
                if milliseconds is not None:
                    paintings.milliseconds[i] = milliseconds
        return paintings

    def _one_by_one(
        self,
        method: Method,
        batch: EditBatch,
        indices: list[int],
        paintings: Paintings,
        first: Exception,
    ) -> None:
        """After a failed batch: finds out which edits it was that failed."""
        assert method.editor is not None
        if len(indices) == 1:
            paintings.failures[indices[0]] = _reason(first)
            return
        for k, i in enumerate(indices):
            try:
                pictures = _edit(method.editor, batch.take([k]), self.batch_size)
            except Exception as error:
                paintings.failures[i] = _reason(error)
            else:
                self._keep(i, pictures[0], paintings)

    def _keep(self, index: int, picture: Float32, paintings: Paintings) -> None:
        if np.isfinite(picture).all():
            paintings.pictures[index] = picture
        else:
            paintings.failures[index] = "the editor's picture holds NaN or infinite values"

    def _timed(
        self, method: Method, batch: EditBatch, paintings: Paintings
    ) -> tuple[Float32, float | None]:
        """The batch's pictures and milliseconds per edit; a warm-up has a footprint instead."""
        editor = method.editor
        assert editor is not None
        key = (method.name, tuple(batch.masked.shape[1:]))
        if key not in self._warm:
            pictures, footprint = measured(
                lambda: _edit(editor, batch, self.batch_size), self.device
            )
            self._warm.add(key)
            paintings.footprints.append(footprint)
            return pictures, None
        _synchronise(self.device)
        start = time.perf_counter()
        pictures = _edit(editor, batch, self.batch_size)
        _synchronise(self.device)
        return pictures, (time.perf_counter() - start) * 1000 / self.batch_size


def _edit(editor: Editor, batch: EditBatch, size: int) -> Float32:
    """float32 [B,H,W,3]; the batch is padded to `size` by repeating its last edit.

    Raises:
        EditFailed: where the result is not what the contract says.
    """
    import torch

    count = len(batch)
    if count < size:
        batch = batch.take([*range(count), *([count - 1] * (size - count))])
    with torch.inference_mode():
        painted = editor.edit(batch)
    _check_shape(painted, batch)
    pictures: Float32 = painted[:count].permute(0, 2, 3, 1).float().contiguous().cpu().numpy()
    return pictures


def _check_shape(painted: Tensor, batch: EditBatch) -> None:
    import torch

    if not isinstance(painted, torch.Tensor) or painted.shape != batch.masked.shape:
        got = list(painted.shape) if isinstance(painted, torch.Tensor) else type(painted).__name__
        raise EditFailed(
            f"the editor gave {got} where float32 {list(batch.masked.shape)} was asked for"
        )


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or "no message"
    return text if isinstance(error, EditFailed) else f"{type(error).__name__}: {text}"


def _synchronise(device: str) -> None:
    if device.startswith("cuda"):
        import torch

        torch.cuda.synchronize(device)
