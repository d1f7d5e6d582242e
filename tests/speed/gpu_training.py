"""Training steps a second on a card: captured and replayed against carried out as written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch

from baselines.training.captured import steps_of
from baselines.training.config import read_config
from baselines.training.data import Examples, Scenes
from baselines.training.loop import _fabric
from baselines.training.recipe import Losses, TrainingRecipe
from baselines.training.trainer import make_recipe
from bench.batch import EditBatch
from tests.speed.gpu import Row, Setting

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


def measure(setting: Setting) -> Iterator[Row]:
    """Rows of SPMPGAN's preset, at its own width and at about 6 M parameters."""
    batch = 2 if setting.tenth else 64
    sizes = (({}, "", "7.1"), (WIDE, "40", "7.0"))
    for network, goal, before in ((NARROW, "", ""),) if setting.tenth else sizes:
        if setting.left < 15:
            return
        apart = _deviation(network, batch, setting)
        written, _ = _rate(network, batch, setting, captured=False)
        replayed, parameters = _rate(network, batch, setting, captured=True)
        notes = [f"as written {written:.1f}", f"losses at most {apart:.1e} apart with TF32 off"]
        work = f"SPMPGAN preset, {parameters / 1e6:.1f} M parameters, batch {batch}, steps a second"
        yield Row(work, f"{replayed:.1f}", goal, before, notes)


def _deviation(network: dict[str, Any], batch: int, setting: Setting) -> float:
    """The largest relative difference of a loss between the two ways, in the first steps."""
    count = 1 if setting.tenth else 6
    found = []
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        for captured in (False, True):
            step = _steps(network, batch, setting, captured)[0]
            found.append([{k: float(v) for k, v in step(n).items()} for n in range(count)])
    pairs = [(a[k], b[k]) for a, b in zip(*found, strict=True) for k in a]
    return max(abs(one - two) / max(abs(one), 1e-3) for one, two in pairs)


def _rate(
    network: dict[str, Any], batch: int, setting: Setting, *, captured: bool
) -> tuple[float, int]:
    """Steps a second, and the generator's parameters."""
    step, made = _steps(network, batch, setting, captured)
    warm, enough = (1, 0.0) if setting.tenth else (8, 2.0)
    for n in range(warm):
        step(n)
    setting.wait()
    start, n = time.perf_counter(), warm
    while n == warm or time.perf_counter() - start < enough:
        step(n)
        n += 1
    setting.wait()
    count = sum(parameter.numel() for parameter in made.network.parameters())
    return (n - warm) / (time.perf_counter() - start), count


def _steps(
    network: dict[str, Any], batch: int, setting: Setting, captured: bool
) -> tuple[Callable[[int], Losses], TrainingRecipe]:
    made, batches = recipe("small-spmpgan", network, batch, setting.device)
    if not captured:
        return lambda n: step_of(made, batches, n), made
    steps = steps_of(made)

    def step(n: int) -> Losses:
        made.prepare(n)
        return steps(batches[n % 4], n, n)

    return step, made
