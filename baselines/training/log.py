"""Losses and images for TensorBoard; where it is not installed, that is said and nothing is logged."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

__all__ = ["Log"]


class Log:
    """A run's log.

    Args:
        folder: where TensorBoard's files go.
        active: False = log nothing (all processes but the first).
    """

    def __init__(self, folder: Path, *, active: bool = True) -> None:
        self._writer = _writer(folder) if active else None

    @property
    def installed(self) -> bool:
        """Whether anything is written."""
        return self._writer is not None

    def losses(self, losses: Mapping[str, float], step: int) -> None:
        """One point of every loss's curve."""
        if self._writer is not None:
            for name, value in losses.items():
                self._writer.add_scalar(f"loss/{name}", value, step)

    def images(self, rows: Mapping[str, Tensor], step: int, count: int = 8) -> None:
        """The first few images of each kind, [B,3,H,W] in [-1,1]."""
        if self._writer is not None:
            for name, images in rows.items():
                shown = (images[:count].float().clamp(-1, 1) + 1) / 2
                self._writer.add_images(name, shown.cpu(), step)

    def close(self) -> None:
        """Writes what is still in memory."""
        if self._writer is not None:
            self._writer.close()


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
