"""Captured steps: replayed, they do what the same steps do as they are written."""

import pytest
import torch

from baselines.layers.label_map import label_maps_as
from baselines.training.captured import CapturedSteps
from baselines.training.data import Examples
from baselines.training.loop import _fabric
from baselines.training.trainer import make_recipe
from tests.baselines.training.tape import TapeBackend
from tests.baselines.training.tiny import SYSTEMS, tiny

STEPS = {"sae": 14, "ssae": 14, "semanticstylegan": 7, "segmenter": 10, "him": 12}
"""So many that a step of every kind is replayed, where it is not four."""

CAPTURED = {"sae": 3, "ssae": 2, "semanticstylegan": 2, "segmenter": 2, "siedob": 0}
"""How many kinds of steps are replayed in the end, where it is not one."""


def prepared(config):
    torch.manual_seed(0)
    names = (config.data.dataset, *config.data.also)
    sources = [Examples(config.data.model_copy(update={"dataset": name}), 0) for name in names]
    recipe = make_recipe(config, sources)
    recipe.setup(_fabric("cpu", config), config.steps)
    return recipe, sources


def state(recipe):
    found = []
    for player in recipe.players.values():
        found += [*player.plain.parameters(), *player.plain.buffers()]
        for moments in player.optimiser.state.values():
            found += list(moments.values())
    average = recipe.average
    return found + (list(average.means.values()) if average else [])


def trained(config, steps=None):
    """Losses of every step and the state in the end; `steps` makes what carries them out."""
    recipe, sources = prepared(config)
    backend = TapeBackend(lambda: state(recipe))
    runner = CapturedSteps(recipe, backend)
    found = []
    for step in range(config.steps):
        source = sources[step % len(sources)]
        batch = source.batch(step * config.batch, config.batch, torch.device("cpu"))
        recipe.prepare(step)
        with label_maps_as("lookups"):  # sizes as on a GPU
            if steps == "captured":
                losses = runner(batch, step, seed=step)
            else:
                torch.manual_seed(step)
                losses = recipe.train_on(batch, step)
        found.append({name: float(value) for name, value in losses.items()})
    return found, [one.clone() for one in state(recipe)], runner


@pytest.mark.parametrize("system", SYSTEMS)
def test_replayed_steps_train_as_steps_that_are_written(system):
    rates = {"generator": 1e-3, "discriminator": 2e-3, "betas": (0.5, 0.9)}
    config = tiny(system, steps=STEPS.get(system, 4), ema=0.9, optimisation=rates)
    written, state_written, _ = trained(config)
    replayed, state_replayed, runner = trained(config, "captured")
    assert replayed == written
    assert all(torch.equal(a, b) for a, b in zip(state_written, state_replayed, strict=True))
    assert runner.captured == CAPTURED.get(system, 1)
