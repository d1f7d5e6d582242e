"""What the editors of the published systems share: weights, identity, demands, arithmetic."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from torch import Tensor, nn

from baselines.adapters.demands import Demands
from baselines.adapters.options import Arithmetic, Precision
from baselines.captured import Captured
from baselines.checkpoints import load_network
from baselines.layers.label_map import dense, dense_label_maps
from baselines.training.facts import known_recipe
from bench.batch import EditBatch
from bench.plugins.editors import TaskFacts

__all__ = ["NetworkEditor"]

Network = TypeVar("Network", bound=nn.Module)
T = TypeVar("T", Tensor, tuple[Tensor, Tensor])


class NetworkEditor(abc.ABC, Generic[Network]):
    """An editor with a network out of a weights file.

    A subclass names its `system`, the class of its network and its `variants`. One with options of
    its own has a constructor that calls `load`.

    Args:
        weights: a safetensors file with a card.
        variant: what the weights must be of; any where None.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an unknown
            precision.
    """

    system: ClassVar[str]
    network_class: type[Network]
    variants: ClassVar[tuple[str, ...]]
    needs: frozenset[str] = frozenset()
    places: ClassVar[tuple[str, ...]] = ("weights",)
    anywhere: ClassVar[tuple[str, ...]] = ("weights",)

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        self.load(weights, variant, Arithmetic(precision, compile))

    def load(
        self, weights: str, variant: str | None, arithmetic: Arithmetic, **options: Any
    ) -> None:
        """Reads the weights; `options` are the editor's own, which are part of its identity.

        Raises:
            BadInput: see the class.
        """
        self.arithmetic = arithmetic.check(self.system)
        self._captured: dict[Hashable, Captured[Any]] = {}
        loaded = load_network(self.system, Path(weights), variant=variant)
        assert isinstance(loaded.network, self.network_class)
        self.network: Network = loaded.network
        self.card = loaded.card
        self.extras = loaded.extras
        self.training_recipe = known_recipe(Path(weights), loaded.card)
        self.identity: dict[str, Any] = {
            **loaded.identity,
            **options,
            "precision": arithmetic.precision,
            "compile": arithmetic.compile,
        }

    @property
    def demands(self) -> Demands:
        """What an edit must be like; nothing in particular where a subclass does not say."""
        return Demands()

    def to(self, device: str) -> NetworkEditor[Network]:
        """Moves the network to `device`."""
        self._captured.clear()  # graphs read the network where it was
        self.network.to(device)
        return self

    def close(self) -> None:
        """Lets go of captured graphs, whose memory the garbage of a run would keep from the next one."""
        self._captured.clear()

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

    def replayed(self, forward: Callable[..., T], *tensors: Tensor | None, **fixed: Hashable) -> T:
        """What `forward` makes of the tensors; on a GPU captured for their shapes and replayed.

        Args:
            forward: a method that is a function of tensors and the network alone; its name and
                `fixed` are its key.
            tensors: its arguments; None for one that is left out.
            fixed: keyword arguments of it that are no tensors.
        """
        if dense():
            return forward(*tensors, **fixed)
        key = (forward.__qualname__, *sorted(fixed.items()))
        if key not in self._captured:
            self._captured[key] = Captured(self.system, functools.partial(forward, **fixed))
        made: T = self._captured[key](*tensors)
        return made

    def dense(self) -> AbstractContextManager[None]:
        """Inside this block label maps go through dense convolutions, as in the published form."""
        return dense_label_maps()

    @abc.abstractmethod
    def generate(self, batch: EditBatch) -> Tensor:
        """What the network makes of edits that meet its demands, [B,3,H,W] RGB in [-1,1]."""
