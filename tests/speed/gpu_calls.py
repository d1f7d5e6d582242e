"""What a card would be asked in one forward and one training step, counted on a CPU.

Operators are calls that start kernels, synchronisations those whose result or size the host must know
(`tests.speed.operator_calls`). "Before" are the tables of neighbourhoods, which a CPU reads; "here" is the
form that an accelerator gets. What a network does once, at its first edit, is not counted.

How much is left with the kernels in Triton is counted without any, with stand-ins that make the tensors
of their results alone. The rate that is expected of a training step follows from its kernels and
bytes (`tests.speed.traffic`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch
from torch import Tensor

from baselines.layers import fused
from baselines.layers.label_map import Form, label_maps_as
from baselines.layers.modulated_norm import Gradients, ModulatedNorm
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
        notes = [f"images at most {apart:.1e} apart", _fewer(calls, kernels)]
        yield Row(work, counts[1], "0", counts[0], notes)
    for name in STEPS:
        made, batches = recipe(f"small-{name}", {}, 2, "cpu")
        with label_maps_as("lookups"):
            step_of(made, batches, 0)
            with OperatorCalls() as calls:
                step_of(made, batches, 1)
            count = f"{calls.total} / {calls.synchronisations}"
            with _stand_ins() as kernels, OperatorCalls() as calls:
                step_of(made, batches, 2)
        work = f"{name} training step, operators / synchronisations"
        yield Row(work, count, "0", notes=[_fewer(calls, kernels)])
    yield from map(_expected, EXPECTED)


def _fewer(calls: OperatorCalls, kernels: _Kernels) -> str:
    """How many operators are left with kernels in Triton."""
    own = sum(kernels.seen.kernels.values())
    return f"{calls.total + own} with Triton's kernels, {own} of them"


def _expected(preset: Preset) -> Row:
    """Steps a second that a card is expected to make of a preset at batch 64."""
    with _stand_ins() as kernels:
        seen = _step(preset, kernels.seen)
    plain = _step(preset, Traffic())

    def cost(*names: str) -> str:
        count = sum(seen.kernels[name] for name in names)
        return f"{count}, {sum(seen.bytes[name] for name in names) / 1e9:.1f} GB"

    parts = {
        "convolutions": ("convolution", "convolution_backward"),
        "casts": ("_to_copy",),
        "kernels in Triton": _Kernels.NAMES,
    }
    return Row(
        f"{preset}, batch 64, steps a second expected",
        f"{_rate(seen):.1f}",
        preset.goal,
        notes=[
            f"{seen.kernels.total()} kernels, {seen.bytes.total() / 1e9:.1f} GB",
            *(f"{part} {cost(*names)}" for part, names in parts.items()),
            f"without Triton {_rate(plain):.1f} ({plain.kernels.total()}, "
            f"{plain.bytes.total() / 1e9:.1f} GB)",
        ],
    )


def _rate(seen: Traffic) -> float:
    return 1000 / (KERNEL * seen.kernels.total() + GIGABYTE * seen.bytes.total() / 1e9)


def _step(preset: Preset, seen: Traffic) -> Traffic:
    """What a step at batch 64 asks of a card, counted where weights lie as there.

    It follows from batches of 2 and 4, for all but the bytes of its maps is the same.
    """
    network = WIDTHS[preset.widths]
    bytes_of = []
    for batch in (2, 4):
        with patch.object(TrainingRecipe, "capturable", True), label_maps_as("lookups"), AsOnAGPU():
            made, batches = recipe(
                f"small-{preset.system}", network, batch, "cpu", preset.precision
            )
            step_of(made, batches, 0)
            seen.clear()
            with seen:
                step_of(made, batches, 1)
        bytes_of.append(seen.bytes.copy())
    few, more = bytes_of
    for name in few:
        seen.bytes[name] = few[name] + 31 * (more[name] - few[name])
    return seen


class _Kernels:
    """In place of `baselines.layers.triton_kernels`.

    Attributes:
        seen: the kernels, and the bytes that they read and write.
    """

    NAMES = ("summed_rows", "modulated", "modulated_back", "normalised_back")

    def __init__(self) -> None:
        self.seen = Traffic()

    def summed_rows(
        self, parts: list[tuple[Tensor, int]], table: Tensor, bias: Tensor | None, relu: bool
    ) -> Tensor:
        out = table.new_empty(*parts[0][0].shape, table.shape[1])
        self.seen.note("summed_rows", [out, table, *(symbols for symbols, _ in parts)])
        return out

    def modulated(self, norm: ModulatedNorm) -> Tensor:
        kind = torch.promote_types(norm.x.dtype, norm.maps.dtype)
        out = torch.empty_like(norm.x, dtype=kind, memory_format=torch.channels_last)
        self.seen.note("modulated", [out, *norm.tensors().values()])
        return out

    def modulated_back(self, norm: ModulatedNorm, out: Tensor, gradient: Tensor) -> Gradients:
        x, maps = torch.empty_like(norm.x), torch.empty_like(norm.maps)
        heads = norm.more if norm.heads == 4 else None
        more = None if heads is None else torch.empty_like(heads)
        made = [one for one in (x, maps, more) if one is not None]
        # The result is read, and one of the maps is not.
        self.seen.note("modulated_back", [gradient, *norm.tensors().values(), *made])
        sums = norm.bias.new_empty(len(x), 2, 4 if more is None else 8, x.shape[1])
        sums = sums.sum(1).sum(0) if norm.each else sums.sum((0, 1))
        self.seen.note("normalised_back", [x, x, norm.x])
        biases = sums[2:].flatten()
        wide = len(norm.bias)
        if norm.more is None:
            return x, maps, biases[:wide], None, None
        if more is None:
            return x, maps, biases[:wide], maps, None
        return x, maps, biases[:wide], more, biases[wide:]


@contextmanager
def _stand_ins() -> Iterator[_Kernels]:
    """A block in which layers take what a card has in Triton for granted."""
    kernels = _Kernels()
    with (
        patch.object(fused, "is_gpu", lambda device: True),
        patch.object(fused, "is_in_torch_dispatch_mode", lambda: False),
        patch.object(fused, "_kernels", lambda: kernels),
        patch.object(fused, "_checked", _Everything()),
    ):
        yield kernels


class _Everything:
    """Holds every form."""

    def __contains__(self, form: object) -> bool:
        return True
