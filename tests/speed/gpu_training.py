"""Training steps a second on a card: captured and replayed against carried out as written."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch

from baselines.training.captured import CapturedSteps, steps_of
from baselines.training.config import read_config
from baselines.training.data import Examples, Scenes
from baselines.training.loop import _fabric
from baselines.training.recipe import Losses, TrainingRecipe
from baselines.training.trainer import make_recipe
from bench.batch import EditBatch
from tests.speed.gpu import Row, Setting, kernels_of

__all__ = ["measure", "recipe", "step_of"]

WIDE = {"ngf": 14, "ndf": 45, "hidden": 34}
"""Widths with which the preset of SPMPGAN has about 6 M parameters in its generator."""


NARROW = {"ngf": 2, "ndf": 2, "hidden": 2}
"""Widths at a tenth of the size."""


def recipe(
    preset: str, network: dict[str, Any], batch: int, device: str
) -> tuple[TrainingRecipe, list[EditBatch]]:
    """A recipe that is set up on the device, and four batches of drawn examples that lie there."""
    config = read_config(preset, {"batches": ()})
    config = config.model_copy(update={"batch": batch, "network": {**config.network, **network}})
    few = min(8, batch)
    data = config.data.model_copy(update={"count": few, "keep": few})
    source = Examples(data, 0, Scenes(data, data.dataset))
    drawn = source.batch(0, few, torch.device(device))
    places = torch.randint(few, (4, batch), generator=torch.Generator().manual_seed(0)).tolist()
    torch.manual_seed(0)
    made = make_recipe(config, [source])
    made.setup(_fabric(device, config), config.steps)
    return made, [drawn.take(one) for one in places]


def step_of(made: TrainingRecipe, batches: list[EditBatch], step: int) -> Losses:
    """Carries a step out as it is written."""
    made.prepare(step)
    torch.manual_seed(step)
    return made.train_on(replace(batches[step % 4]), step)


SIZES: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    ("spmpgan", {}, "", "7.1"),
    ("spmpgan", WIDE, "40", "7.0"),
    ("divsem", {}, "", "6.7"),
    *((system, {}, "", "") for system in ("spade", "sesame", "sean", "ssae")),
    *((system, {}, "", "") for system in ("pix2pixhd", "him", "semanticstylegan")),
)
"""Small presets, their widths, the goal, and what was measured before, all in steps a second."""


def measure(setting: Setting) -> Iterator[Row]:
    """A row for every system whose steps can be captured, then the kernels of the widest."""
    for system, network, goal, before in SIZES[:1] if setting.tenth else SIZES:
        if not setting.wants(system):
            continue
        if setting.left < 15:
            return
        work = _Work(system, NARROW if setting.tenth else network, setting)
        try:
            yield work.row(goal, "" if setting.tenth else before)
        except Exception:  # the other systems are worth having
            if setting.tenth:
                raise
            yield Row(work.name, "failed", notes=[repr(traceback.format_exc(limit=-6))])
    if setting.device == "cuda" and setting.left > 15:
        yield _Work("spmpgan", WIDE, setting).kernels()


class _Work:
    """The training of a system's small preset.

    Args:
        system: its name.
        network: fields in place of the preset's.
        setting: where, and how much.
    """

    def __init__(self, system: str, network: dict[str, Any], setting: Setting) -> None:
        self.system, self.network, self.setting = system, network, setting
        self.batch = 2 if setting.tenth else 64
        self.failures: list[str] = []

    @property
    def name(self) -> str:
        """What a row says of it, without its parameters."""
        wide = ", wide" if self.network == WIDE else ""
        return f"{self.system} preset{wide}, batch {self.batch}, steps a second"

    def row(self, goal: str, before: str) -> Row:
        """Steps a second, captured; as written, and how far the two are apart, in the notes."""
        apart = self._deviation()
        written, _ = self._rate(captured=False)
        replayed, parameters = self._rate(captured=True)
        notes = [
            f"{parameters / 1e6:.1f} M parameters",
            f"as written {written:.1f}",
            f"losses at most {apart:.1e} apart with TF32 off",
        ]
        if self.setting.device == "cuda":
            notes.append(f"{torch.cuda.max_memory_allocated() / 2**20:.0f} MiB")
        notes += [f"not captured: {reason}" for reason in self.failures]
        return Row(self.name, f"{replayed:.1f}", goal, before, notes)

    def kernels(self) -> Row:
        """What a captured step's time goes to."""
        step, _ = self._steps(captured=True)
        for n in range(8):
            step(n)
        count, *notes = kernels_of(lambda n: step(n + 8), self.setting)
        return Row(f"{self.system} preset, wide: a step", count, notes=notes)

    def _deviation(self) -> float:
        """The largest relative difference of a loss between the two ways, in the first steps."""
        count = 1 if self.setting.tenth else 6
        found = []
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            for captured in (False, True):
                step, _ = self._steps(captured=captured)
                found.append([{k: float(v) for k, v in step(n).items()} for n in range(count)])
        pairs = [(a[k], b[k]) for a, b in zip(*found, strict=True) for k in a]
        return max(abs(one - two) / max(abs(one), 1e-3) for one, two in pairs)

    def _rate(self, *, captured: bool) -> tuple[float, int]:
        """Steps a second, and the network's parameters."""
        if self.setting.device == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        step, made = self._steps(captured=captured)
        warm, enough = (1, 0.0) if self.setting.tenth else (8, 1.2)
        for n in range(warm):
            step(n)
        self.setting.wait()
        start, n = time.perf_counter(), warm
        while n == warm or time.perf_counter() - start < enough:
            step(n)
            n += 1
        self.setting.wait()
        network = made.averaged() or next(iter(made.players.values())).plain
        count = sum(parameter.numel() for parameter in network.parameters())
        return (n - warm) / (time.perf_counter() - start), count

    def _steps(self, *, captured: bool) -> tuple[Callable[[int], Losses], TrainingRecipe]:
        setting = self.setting
        made, batches = recipe(f"small-{self.system}", self.network, self.batch, setting.device)
        if not captured:
            return lambda n: step_of(made, batches, n), made
        steps = steps_of(made)

        def step(n: int) -> Losses:
            made.prepare(n)
            losses = steps(batches[n % 4], n, n)
            if isinstance(steps, CapturedSteps):
                # The whole story: a warning has its first line alone.
                told = ("".join(traceback.format_exception(one)) for one in steps.failures.values())
                self.failures = [repr(one[-1500:]) for one in told]
            return losses

        return step, made
