"""What a card would be asked in one forward and one training step, counted on a CPU.

Operators are calls that start kernels, synchronisations those whose result or size the host must know
(`tests.speed.operator_calls`). "Before" are the tables of neighbourhoods, which a CPU reads; "here" is the
form that an accelerator gets. What a network does once, at its first edit, is not counted.

How many operators are left with the kernels in Triton is counted without any, with stand-ins that make
the tensors of their results alone.
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
from tests.speed.gpu import Row, Setting
from tests.speed.gpu_editors import SYSTEMS, network_of, scene
from tests.speed.gpu_training import recipe, step_of
from tests.speed.operator_calls import OperatorCalls

__all__ = ["measure"]

STEPS = ("spmpgan", "divsem")
"""Systems whose training steps are counted."""


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
