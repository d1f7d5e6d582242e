"""The losses of a run, which stay on the device until somebody reads them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from baselines.training.recipe import Losses
from bench.core.device import is_gpu
from bench.core.errors import BadInput

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["Reading", "Readings"]

TOGETHER = 50
"""Steps that are read together on one GPU: the device has nothing to do while its losses are read."""


@dataclass(frozen=True)
class Reading:
    """The losses of a step, averaged over devices.

    Attributes:
        step: from 0.
        losses: by name.
    """

    step: int
    losses: dict[str, float]


class Readings:
    """Losses as numbers, several steps at a time.

    On a CPU every step is read, and so it is with several devices, which must agree on when to stop. On
    one GPU, where steps are asked for faster than they are carried out, some are read together.

    Args:
        fabric: of the run.
        out: the run's folder, for messages.
    """

    def __init__(self, fabric: Fabric, out: Path) -> None:
        self.fabric = fabric
        self.out = out
        alone = is_gpu(fabric.device) and fabric.world_size == 1
        self._every = TOGETHER if alone else 1
        self._kept: list[tuple[int, tuple[str, ...], Tensor]] = []

    def add(self, step: int, losses: Losses) -> None:
        """Keeps the losses of a step."""
        values = torch.stack([loss.float() for loss in losses.values()])
        self._kept.append((step, tuple(losses), values))

    @property
    def due(self) -> bool:
        """Whether as many steps are kept as are read together."""
        return len(self._kept) >= self._every

    def read(self, *, stop: bool) -> tuple[list[Reading], bool]:
        """Every step that is kept, in order, and whether any device was asked to stop.

        Raises:
            BadInput: the run has diverged; the sentence names the first step at which it had.
        """
        kept, self._kept = self._kept, []
        last = kept[-1][2]
        asked = torch.full((1,), float(stop), device=last.device)
        reduced = self.fabric.all_reduce(
            torch.cat([*(values for _, _, values in kept), asked]), reduce_op="mean"
        )
        assert isinstance(reduced, Tensor)
        *numbers, stops = reduced.tolist()
        found, start = [], 0
        for step, names, _ in kept:
            losses = dict(zip(names, numbers[start:]))
            start += len(names)
            self._check(step, losses)
            found.append(Reading(step, losses))
        return found, stops > 0

    def _check(self, step: int, losses: dict[str, float]) -> None:
        broken = [name for name, value in losses.items() if not math.isfinite(value)]
        if broken:
            raise BadInput(
                f"{self.out}: training diverged at step {step + 1}: {', '.join(broken)} "
                f"{'is' if len(broken) == 1 else 'are'} no longer finite; the last checkpoint is kept; "
                "lower the learning rates or train in 32-true"
            )
