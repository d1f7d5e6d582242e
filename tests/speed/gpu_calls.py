"""What a card would be asked in one forward and one training step, counted on a CPU.

Operators are calls that start kernels, synchronisations those whose result or size the host must know
(`tests.speed.operator_calls`). "Before" are the tables of neighbourhoods, which a CPU reads; "here" is the
form that an accelerator gets.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

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
    side = 64 if setting.tenth else 256
    for name, system in SYSTEMS.items():
        network = network_of(system, side, narrow=True)  # widths change no count
        given = scene(side, system.classes, 1)
        counts, images = [], []
        forms: tuple[Form, ...] = ("tables", "lookups")
        for form in forms:
            # In inference mode operators would be counted before they are taken apart.
            with torch.no_grad(), label_maps_as(form), OperatorCalls() as calls:
                images.append(system.run(network, *given))
            counts.append(f"{calls.total} / {calls.synchronisations}")
        apart = float((images[0] - images[1]).abs().max())
        work = f"{name} forward, operators / synchronisations"
        yield Row(work, counts[1], "0", counts[0], [f"images at most {apart:.1e} apart"])
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
