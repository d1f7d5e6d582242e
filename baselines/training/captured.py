"""Training steps that are captured once and replayed, and the ones that are carried out as written.

A step of a small network is thousands of short kernels, and Python takes longer to ask for each than a
GPU to run it. So on a single CUDA device a step is carried out as written a few times, then captured
whole (forwards, backwards, optimisers and the moving average) as a CUDA graph, and replayed from then on:
one launch a step. What a recipe must see to: `kind` says which steps are alike, and nothing in a step
waits for a number from the device, copies from the host or draws on it.

A replay reads its batch from tensors that stay where they are, its learning rates and the average's
share from the device, and its random numbers from the device's generator, which is seeded before each
step. The first replay of a kind is held against the same step as written, from the same state. Where it
gives other losses, or where a capture fails, steps of that kind go on as written, and a warning says so
once; the other kinds are then captured anew (see `CudaGraphs.capture`).
"""

from __future__ import annotations

import dataclasses
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from baselines.cuda_graphs import CudaGraphs, Recording, Work, let_go, why_not
from baselines.training.recipe import Losses, TrainingRecipe
from bench.batch import EditBatch

__all__ = ["Backend", "CapturedSteps", "PacedGraphs", "Steps", "steps_of"]

APART = 0.01
"""How far a first replay's losses may be off, in the share of the largest: some gradients add in any order,
and a library may choose other kernels, but a graph that reads the wrong memory or draws is far off."""

AHEAD = 2
"""Steps that are asked for before they are carried out: the device never waits, and a run that ends by
the clock ends in time."""


class Backend(Protocol):
    """How work on a device is captured."""

    def run(self, work: Work) -> None:
        """Carries out work as it will be captured, where nothing else is under way."""

    def capture(self, work: Work) -> Work:
        """What carries out the same operators on the same tensors again; nothing runs yet."""


Steps = Callable[[EditBatch, int, int], Losses]
"""Trains on a batch at a step, with random draws from a seed; gives the losses, which hold until the next
step."""


def steps_of(recipe: TrainingRecipe) -> Steps:
    """How a recipe's steps are carried out on its device: captured where they can be."""
    if recipe.capturable:
        return CapturedSteps(recipe, PacedGraphs(recipe.fabric.device))

    def step(batch: EditBatch, step: int, seed: int) -> Losses:
        torch.manual_seed(seed)
        return recipe.train_on(batch, step)

    return step


@dataclass
class _StepRecording(Recording):
    """Steps of one kind, and the losses of the last that was replayed."""

    losses: Losses = field(default_factory=dict)


class CapturedSteps:
    """Steps that are captured once for each kind, and replayed.

    Args:
        recipe: set up on its device.
        backend: captures.

    Attributes:
        failures: why kinds of steps could not be captured, as tracebacks are printed.
    """

    def __init__(self, recipe: TrainingRecipe, backend: Backend) -> None:
        self.recipe = recipe
        self.backend = backend
        self._batches: dict[Hashable, EditBatch] = {}
        self._recordings: dict[Hashable, _StepRecording] = {}
        self.failures: dict[Hashable, str] = {}

    def __call__(self, batch: EditBatch, step: int, seed: int) -> Losses:
        """See `Steps`."""
        kind = self.recipe.kind(step)
        shapes = _shapes(batch)
        if kind is None or (kind, shapes) in self.failures:
            torch.manual_seed(seed)
            return self._as_written(batch, step)
        if shapes not in self._batches:
            self._batches[shapes] = _map(batch, Tensor.clone)
        kept = self._batches[shapes]
        for place, value in zip(_tensors(kept), _tensors(batch), strict=True):
            place.copy_(value)
        recording = self._recordings.setdefault((kind, shapes), _StepRecording())
        if recording.due and self._capture(recording, kept, step, seed, (kind, shapes)):
            return recording.losses
        torch.manual_seed(seed)
        if recording.replay is None:
            recording.seen += 1
            return self._as_written(kept, step)
        recording.replay()
        return recording.losses

    @property
    def captured(self) -> int:
        """How many kinds of steps are replayed."""
        return sum(one.replay is not None for one in self._recordings.values())

    def _as_written(self, batch: EditBatch, step: int) -> Losses:
        found: Losses = {}

        def work() -> None:
            found.update(self._step(batch, step))

        self.backend.run(work)
        return found

    def _capture(
        self,
        recording: _StepRecording,
        kept: EditBatch,
        step: int,
        seed: int,
        key: tuple[Hashable, Hashable],
    ) -> bool:
        """Captures a step and replays it; False where it can only be carried out as written."""

        def work() -> None:
            recording.losses = self._step(kept, step)

        before: list[Tensor] | None = None
        try:
            before = [one.detach().clone() for one in self.recipe.state()]
            torch.manual_seed(seed)
            written = {name: one.clone() for name, one in self._as_written(kept, step).items()}
            self._put(before)
            replay = self.backend.capture(work)
            torch.manual_seed(seed)
            replay()
            if _off(recording.losses, written):
                raise RuntimeError("its first replay gives other losses than the step as written")
        except Exception as error:
            if before is not None:
                self._put(before)
            self.failures[key] = "".join(traceback.format_exception(error))
            self._recordings.clear()
            recording.losses = {}
            let_go(error)
            warnings.warn(
                f"{self.recipe.config.system}: its training steps (kind {key[0]}) cannot be captured "
                f"({why_not(error)}), so they are carried out one operator at a time, which is slower",
                stacklevel=4,
            )
            return False
        recording.replay = replay
        return True

    @torch.no_grad()
    def _put(self, state: list[Tensor]) -> None:
        for place, value in zip(self.recipe.state(), state, strict=True):
            place.copy_(value)

    def _step(self, batch: EditBatch, step: int) -> Losses:
        # A batch keeps what was made of it; what a replay shall make anew must not be kept.
        return self.recipe.train_on(_map(batch, lambda tensor: tensor), step)


class PacedGraphs(CudaGraphs):
    """Captures steps on a CUDA device, and asks for few of them before they are carried out."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self._under_way: deque[torch.cuda.Event] = deque()

    def run(self, work: Work) -> None:
        """On the stream that captures use: what autograd keeps of a weight belongs to one stream."""
        super().run(work)
        self._keep_pace()

    def capture(self, work: Work) -> Work:
        """A CUDA graph's replay.

        Raises:
            RuntimeError: the work cannot be captured; nothing of it was carried out.
        """
        graph = super().capture(work)

        def replay() -> None:
            graph()
            self._keep_pace()

        return replay

    def _keep_pace(self) -> None:
        """Waits until all but the last few steps are done; the processor sleeps meanwhile."""
        done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        done.record()
        self._under_way.append(done)
        if len(self._under_way) > AHEAD:
            self._under_way.popleft().synchronize()


def _map(batch: EditBatch, change: Callable[[Tensor], Tensor]) -> EditBatch:
    """A batch with its tensors changed, and nothing kept of what was made of it."""
    given = {one.name: getattr(batch, one.name) for one in dataclasses.fields(batch)}
    fields: dict[str, Any] = {
        name: change(v) if isinstance(v, Tensor) else v for name, v in given.items()
    }
    return EditBatch(**fields)


def _tensors(batch: EditBatch) -> list[Tensor]:
    given = (getattr(batch, one.name) for one in dataclasses.fields(batch))
    return [value for value in given if isinstance(value, Tensor)]


def _shapes(batch: EditBatch) -> Hashable:
    tensors = tuple((tuple(one.shape), one.dtype) for one in _tensors(batch))
    return batch.space.name, batch.instances is not None, tensors


def _off(found: Losses, expected: Losses) -> bool:
    """Whether losses are apart; a run that diverges is told of where its losses are read."""
    values = torch.stack([torch.stack([found[name], expected[name]]) for name in expected]).double()
    apart = (values[:, 0] - values[:, 1]).abs().max()
    return bool(apart > APART * values[:, 1].abs().max())
