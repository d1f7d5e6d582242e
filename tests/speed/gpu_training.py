"""Training steps a second on a card: captured and replayed against carried out as written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import torch

from baselines.cuda_graphs import WARM
from baselines.layers import fused
from baselines.training.captured import CapturedSteps, steps_of
from baselines.training.config import read_config
from baselines.training.data import Examples, Scenes
from baselines.training.fabric import launch_fabric
from baselines.training.loop import products_in_tf32
from baselines.training.recipe import Losses, TrainingRecipe
from baselines.training.trainer import make_recipe
from bench.batch import EditBatch
from tests.speed.gpu import Row, Setting, kernels_of, tried
from tests.speed.gpu_editors import kernels_in_triton

__all__ = ["measure", "recipe", "step_of"]

WIDE = {"ngf": 14, "ndf": 45, "hidden": 34}
"""Widths with which the preset of SPMPGAN has about 6 M parameters in its generator."""

EVEN = {"ngf": 16, "ndf": 48, "hidden": 32}
"""About as wide, in multiples of eight: what a GPU's units for half precision want of channels."""

NARROW = {"ngf": 2, "ndf": 2, "hidden": 2}
"""Widths at a tenth of the size."""


def recipe(
    preset: str, network: dict[str, Any], batch: int, device: str, precision: str = "32-true"
) -> tuple[TrainingRecipe, list[EditBatch]]:
    """A recipe that is set up on the device, and four batches of drawn examples that lie there."""
    config = read_config(preset, {"batches": ()})
    update = {"batch": batch, "network": {**config.network, **network}, "precision": precision}
    config = config.model_copy(update=update)
    few = min(8, batch)
    data = config.data.model_copy(update={"count": few, "keep": few})
    source = Examples(data, 0, Scenes(data, data.dataset))
    drawn = source.batch(0, few, torch.device(device))
    places = torch.randint(few, (4, batch), generator=torch.Generator().manual_seed(0)).tolist()
    torch.manual_seed(0)
    made = make_recipe(config, [source])
    with products_in_tf32():
        made.setup(launch_fabric(device, config), config.steps)
    return made, [drawn.take(one) for one in places]


def step_of(made: TrainingRecipe, batches: list[EditBatch], step: int) -> Losses:
    """Carries a step out as it is written."""
    made.prepare(step)
    torch.manual_seed(step)
    return made.train_on(replace(batches[step % 4]), step)


WIDTHS: dict[str, dict[str, Any]] = {"": {}, "wide": WIDE, "wide and even": EVEN}
"""Fields in place of a preset's network's, by name."""


@dataclass(frozen=True)
class Preset:
    """A small preset that is measured.

    Attributes:
        system: its name.
        widths: of `WIDTHS`.
        precision: of its arithmetic.
        goal, before: steps a second, as they are wanted and were measured before.
    """

    system: str
    widths: str = ""
    precision: str = "32-true"
    goal: str = ""
    before: str = ""

    def __str__(self) -> str:
        half = "" if self.precision == "32-true" else self.precision
        return ", ".join(filter(None, (f"{self.system} preset", self.widths, half)))


PRESETS = (
    Preset("spmpgan", before="7.1"),
    Preset("spmpgan", "wide", goal="40", before="7.0"),
    Preset("spmpgan", "wide", "bf16-mixed", goal="40"),
    Preset("spmpgan", "wide and even", "bf16-mixed", goal="40"),
    Preset("divsem", before="6.7"),
    *map(Preset, ("spade", "sesame", "sean", "ssae", "pix2pixhd", "him", "semanticstylegan")),
)

CYCLE = 64
"""Steps among which every kind of step occurs that comes before a second phase."""


def measure(setting: Setting) -> Iterator[Row]:
    """A row for every system whose steps can be captured; after the widest one what its step is made of."""
    for preset in PRESETS[:1] if setting.tenth else PRESETS:
        if not setting.wants(preset.system):
            continue
        if setting.left < 15:
            return
        work = _Work(preset, setting)
        yield from tried(work.name, work.rows(), setting)


class _Work:
    """The training of a preset.

    Args:
        preset: which.
        setting: where, and how much.
    """

    def __init__(self, preset: Preset, setting: Setting) -> None:
        self.preset, self.setting = preset, setting
        self.network = NARROW if setting.tenth else WIDTHS[preset.widths]
        self.batch = 2 if setting.tenth else 64
        self.failures: list[str] = []

    @property
    def name(self) -> str:
        """What a row says of it, without its parameters."""
        return f"{self.preset}, batch {self.batch}, steps a second"

    def rows(self) -> Iterator[Row]:
        """What was measured, and of the widest what a step is made of."""
        yield self.row()
        if self.network == WIDE and self.setting.device == "cuda":
            yield self.kernels()

    def row(self) -> Row:
        """Steps a second, captured; as written, and how far the two are apart, in the notes."""
        apart, floor = self._deviations()
        with products_in_tf32():
            written, _ = self._rate(captured=False)
            replayed, parameters = self._rate(captured=True)
        notes = [
            f"{parameters / 1e6:.1f} M parameters",
            f"as written {written:.1f}",
            f"losses at most {apart:.1e} apart with TF32 off, two runs as written {floor:.1e}",
        ]
        if self.setting.device == "cuda":
            notes.append(f"{torch.cuda.max_memory_allocated() / 2**20:.0f} MiB")
            notes += kernels_in_triton()
            if self.preset.goal:
                with products_in_tf32(), patch.object(fused, "_failed", ["they are left out"]):
                    notes.append(f"without Triton's kernels {self._rate(captured=True)[0]:.1f}")
        notes += [f"not captured: {reason}" for reason in self.failures]
        before = "" if self.setting.tenth else self.preset.before
        return Row(self.name, f"{replayed:.1f}", self.preset.goal, before, notes)

    def kernels(self) -> Row:
        """What a captured step's time goes to."""
        with products_in_tf32():
            step, made = self._steps(captured=True)
            self._warm(step, made)
            count, *notes = kernels_of(step, self.setting)
        return Row(f"{self.preset}: a step", count, notes=notes)

    def _deviations(self) -> tuple[float, float]:
        """How far the losses of captured first steps are from those as written, and these from others.

        The largest difference in the share of the step's largest loss. Two runs as written are apart too:
        some backwards (of padding that reflects or repeats, of bilinear sizes) add in any order, and
        Adam's first steps are as long for a gradient that is rounding alone.
        """
        count = 1 if self.setting.tenth else 6
        runs = []
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            for captured in (False, True, False):
                step, _ = self._steps(captured=captured)
                runs.append([{k: float(v) for k, v in step(n).items()} for n in range(count)])
        written, replayed, again = runs
        return _apart(written, replayed), _apart(written, again)

    def _rate(self, *, captured: bool) -> tuple[float, int]:
        """Steps a second, and the network's parameters."""
        if self.setting.device == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        step, made = self._steps(captured=captured)
        self._warm(step, made)
        enough = 0.0 if self.setting.tenth else 1.2
        start, n = time.perf_counter(), 0
        while n == 0 or time.perf_counter() - start < enough:
            step(n)
            n += 1
        self.setting.wait()
        rate = n / (time.perf_counter() - start)
        network = made.averaged() or next(iter(made.players.values())).plain
        return rate, sum(parameter.numel() for parameter in network.parameters())

    def _warm(self, step: Callable[[int], Losses], made: TrainingRecipe) -> None:
        """Steps of every kind, until all that can be captured are."""
        numbers = {made.kind(n): n for n in range(1 if self.setting.tenth else CYCLE)}
        for n in numbers.values():
            for _ in range(1 if self.setting.tenth else WARM + 1):
                step(n)
        self.setting.wait()

    def _steps(self, *, captured: bool) -> tuple[Callable[[int], Losses], TrainingRecipe]:
        preset, device = self.preset, self.setting.device
        made, batches = recipe(
            f"small-{preset.system}", self.network, self.batch, device, preset.precision
        )
        if not captured:
            return lambda n: step_of(made, batches, n), made
        steps = steps_of(made)

        def step(n: int) -> Losses:
            made.prepare(n)
            losses = steps(batches[n % 4], n, n)
            if isinstance(steps, CapturedSteps):
                # The whole story: a warning has its first line alone.
                self.failures = [repr(one[-1500:]) for one in steps.failures.values()]
            return losses

        return step, made


def _apart(one: list[dict[str, float]], other: list[dict[str, float]]) -> float:
    """The largest difference of a loss, in the share of its step's largest loss."""
    return max(
        max(abs(a[k] - b[k]) for k in a) / max(abs(value) for value in a.values())
        for a, b in zip(one, other, strict=True)
    )
