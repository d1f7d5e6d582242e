"""Losses and images for TensorBoard; where it is not installed, that is said and nothing is logged."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from bench.core.atomic import cannot_write

__all__ = ["Log"]


class Log:
    """A run's log.

    Args:
        folder: where TensorBoard's files go.
        active: False = log nothing (all processes but the first).

    Raises:
        BadInput: here and wherever something is logged, where the disk is full or the folder cannot be
            written.
    """

    def __init__(self, folder: Path, *, active: bool = True) -> None:
        self._folder = folder
        self._writer: Any = None
        if active:
            with self._writing():
                self._writer = _writer(folder)

    @property
    def installed(self) -> bool:
        """Whether anything is written."""
        return self._writer is not None

    def losses(self, losses: Mapping[str, float], step: int) -> None:
        """One point of every loss's curve."""
        if self._writer is not None:
            with self._writing():
                for name, value in losses.items():
                    self._writer.add_scalar(f"loss/{name}", value, step)

    def images(self, rows: Mapping[str, Tensor], step: int, count: int = 8) -> None:
        """The first few images of each kind, [B,3,H,W] in [-1,1]."""
        if self._writer is not None:
            with self._writing():
                for name, images in rows.items():
                    shown = (images[:count].float().clamp(-1, 1) + 1) / 2
                    self._writer.add_images(name, shown.cpu(), step)

    def close(self) -> None:
        """Writes what is still in memory; warns where it cannot, since the training is over."""
        if self._writer is not None:
            try:
                self._writer.close()
            except OSError as error:
                warnings.warn(f"{self._folder}: the last curves are lost ({error})", stacklevel=2)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._writer = None
            raise cannot_write(self._folder, error) from error


def _writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        warnings.warn(
            "losses are not logged, because TensorBoard is not installed: run "
            "`pip install tensorboard` to see their curves",
            stacklevel=3,
        )
        return None
    return SummaryWriter(str(folder))
