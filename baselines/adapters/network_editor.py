"""What the editors of the published systems share: weights, identity, demands, arithmetic."""

from __future__ import annotations

import abc
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from torch import Tensor, nn

from baselines.adapters.arithmetic import Arithmetic
from baselines.adapters.demands import Demands
from baselines.checkpoints import load_network
from baselines.layers.label_map import dense_label_maps
from bench.batch import EditBatch
from bench.plugins.editors import TaskFacts

__all__ = ["NetworkEditor"]

Network = TypeVar("Network", bound=nn.Module)


class NetworkEditor(abc.ABC, Generic[Network]):
    """An editor with a network out of a weights file.

    Args:
        system: what the weights must hold.
        kind: the class of that system's network.
        weights: a safetensors file with a card.
        variant: what the weights must be of; any where None.
        arithmetic: the suite's `precision` and `compile`.
        options: the editor's other options, which are part of its identity.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an unknown
            precision.
    """

    needs: frozenset[str] = frozenset()
    variants: ClassVar[tuple[str, ...]]
    demands = Demands()

    def __init__(
        self,
        system: str,
        kind: type[Network],
        weights: str,
        variant: str | None,
        arithmetic: Arithmetic,
        **options: Any,
    ) -> None:
        self.arithmetic = arithmetic.check(system)
        loaded = load_network(system, Path(weights), variant=variant)
        assert isinstance(loaded.network, kind)
        self.network: Network = loaded.network
        self.card = loaded.card
        self.extras = loaded.extras
        self.identity: dict[str, Any] = {
            **loaded.identity,
            **options,
            "precision": arithmetic.precision,
            "compile": arithmetic.compile,
        }

    def to(self, device: str) -> NetworkEditor[Network]:
        """Moves the network to `device`."""
        self.network.to(device)
        return self

    def check(self, task: TaskFacts) -> None:
        """Refuses a task whose every edit would fail.

        Raises:
            BadInput: labels of another space or beyond the network's classes, a size that it cannot
                take, or full masks where it needs known pixels.
        """
        self.demands.check_task(task)

    def edit(self, batch: EditBatch) -> Tensor:
        """Raw outputs, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: an edit that the network cannot carry out.
        """
        self.demands.check_batch(batch)
        with self.arithmetic.inference(batch.masked.device):
            return self.generate(batch).float()

    def dense(self) -> AbstractContextManager[None]:
        """Inside this block label maps go through dense convolutions, as in the published form."""
        return dense_label_maps()

    @abc.abstractmethod
    def generate(self, batch: EditBatch) -> Tensor:
        """What the network makes of edits that meet its demands, [B,3,H,W] RGB in [-1,1]."""
