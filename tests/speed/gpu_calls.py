"""What a card would be asked in one forward and one training step, counted on a CPU.

Operators are calls that start kernels, synchronisations those whose result or size the host must know
(`tests.speed.operator_calls`). "Before" are the tables of neighbourhoods, which a CPU reads; "here" is the
form that an accelerator gets. What a network does once, at its first edit, is not counted.

How many operators are left with the kernels in Triton is counted without any, with stand-ins that make
the tensors of their results alone. The rate that is expected of a training step follows from its kernels and
bytes (`tests.speed.traffic`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch
from torch import Tensor

from baselines.layers import fused
from baselines.layers.fused import ModulatedNorm
from baselines.layers.label_map import Form, label_maps_as
from baselines.training.recipe import TrainingRecipe
from tests.speed.gpu import Row, Setting
from tests.speed.gpu_editors import SYSTEMS, network_of, scene
from tests.speed.gpu_training import PRESETS, WIDTHS, Preset, recipe, step_of
from tests.speed.operator_calls import OperatorCalls
from tests.speed.traffic import AsOnAGPU, Traffic

__all__ = ["measure"]

STEPS = ("spmpgan", "divsem")
"""Systems whose training steps are counted."""

EXPECTED = tuple(one for one in PRESETS if one.system == "spmpgan")
"""Presets of which a rate is expected."""

KERNEL, GIGABYTE = 3.1e-3, 1.3
"""Milliseconds of a captured step for each kernel, and for each GB that is read or written: what one H200
made of SPMPGAN's preset with 0.7 and with 5.2 million parameters (docs/measurements/gpu.md)."""


def measure(setting: Setting) -> Iterator[Row]:
    """A row a forward, then a row a training step."""
    side = (
        256  # also where all else is small: of some networks it decides how many layers there are
    )
    for name, system in SYSTEMS.items():
        network = network_of(system, side, narrow=True)  # widths change no count
        given = scene(side, system.classes, 1)
        counts, images = [], []
        forms: tuple[Form, ...] = ("tables", "lookups")
        # In inference mode operators would be counted before they are taken apart.
        with torch.no_grad():
            for form in forms:
                with label_maps_as(form):
                    images.append(system.run(network, *given))
                    with OperatorCalls() as calls:
                        system.run(network, *given)
                counts.append(f"{calls.total} / {calls.synchronisations}")
            with label_maps_as("lookups"), _stand_ins() as kernels, OperatorCalls() as calls:
                system.run(network, *given)
        apart = float((images[0] - images[1]).abs().max())
        work = f"{name} forward, operators / synchronisations"
        fewer = f"{calls.total + kernels.started} with Triton's kernels, {kernels.started} of them"
        yield Row(work, counts[1], "0", counts[0], [f"images at most {apart:.1e} apart", fewer])
    for name in STEPS:
        made, batches = recipe(f"small-{name}", {}, 2, "cpu")
        with label_maps_as("lookups"):
            step_of(made, batches, 0)
            with OperatorCalls() as calls:
                step_of(made, batches, 1)
        yield Row(
            f"{name} training step, operators / synchronisations",
            f"{calls.total} / {calls.synchronisations}",
            "0",
        )
    yield from map(_expected, EXPECTED)


def _expected(preset: Preset) -> Row:
    """Steps a second that a card is expected to make of a preset at batch 64."""
    few, more = (_step(preset, batch) for batch in (2, 4))
    size = {name: few.bytes[name] + 31 * (more.bytes[name] - few.bytes[name]) for name in few.bytes}

    def cost(*names: str) -> tuple[int, float]:
        return sum(few.kernels[name] for name in names), sum(size[name] for name in names) / 1e9

    kernels, gigabytes = cost(*size)
    parts = {"convolutions": ("convolution", "convolution_backward"), "casts": ("_to_copy",)}
    return Row(
        f"{preset}, batch 64, steps a second expected",
        f"{1000 / (KERNEL * kernels + GIGABYTE * gigabytes):.1f}",
        preset.goal,
        notes=[
            f"{kernels} kernels, {gigabytes:.1f} GB",
            *("{} {}, {:.1f} GB".format(part, *cost(*names)) for part, names in parts.items()),
        ],
    )


def _step(preset: Preset, batch: int) -> Traffic:
    """What a step asks of a card, counted where weights lie as there."""
    network = WIDTHS[preset.widths]
    with patch.object(TrainingRecipe, "capturable", True), label_maps_as("lookups"), AsOnAGPU():
        made, batches = recipe(f"small-{preset.system}", network, batch, "cpu", preset.precision)
        step_of(made, batches, 0)
        with Traffic() as seen:
            step_of(made, batches, 1)
    return seen


class _Kernels:
    """In place of `baselines.layers.triton_kernels`; `started` counts."""

    def __init__(self) -> None:
        self.started = 0

    def summed_rows(
        self, parts: list[tuple[Tensor, int]], table: Tensor, bias: Tensor | None, relu: bool
    ) -> Tensor:
        self.started += 1
        return table.new_empty(*parts[0][0].shape, table.shape[1])

    def modulated(self, norm: ModulatedNorm) -> Tensor:
        self.started += 1
        kind = torch.promote_types(norm.x.dtype, norm.maps.dtype)
        return torch.empty_like(norm.x, dtype=kind, memory_format=torch.channels_last)


@contextmanager
def _stand_ins() -> Iterator[_Kernels]:
    """A block in which layers take what a card has in Triton for granted."""
    kernels = _Kernels()
    with (
        patch.object(fused, "is_gpu", lambda device: True),
        patch.object(fused, "is_in_torch_dispatch_mode", lambda: False),
        patch.object(fused, "_kernels", lambda: kernels),
        patch.object(fused, "_carried_out", lambda form, start, as_written: start(kernels)),
        patch.object(torch, "is_inference_mode_enabled", lambda: True),
    ):
        yield kernels
