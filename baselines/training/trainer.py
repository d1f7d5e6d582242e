"""Trainers of the published systems: a training recipe each, one loop for all."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import BadInput
from bench.plugins.kinds import SYSTEMS
from bench.plugins.systems import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baselines.training.config import TrainingConfig
    from baselines.training.data import Examples
    from baselines.training.recipe import TrainingRecipe

__all__ = ["RecipeTrainer", "make_recipe"]


@dataclass(frozen=True)
class RecipeTrainer:
    """Trains a system by a recipe; the `Trainer` of its system.

    Attributes:
        recipe: "package.module:Class" of the `TrainingRecipe`, imported when training begins.
        presets: the shipped configurations that train the system.
    """

    recipe: str
    presets: tuple[str, ...]

    def check(self, config: str) -> None:
        """Reads a configuration file or a shipped one.

        Raises:
            BadInput: no such file, no YAML, or a field that is unknown, missing or out of range.
        """
        from baselines.training.config import read_config

        read_config(config)

    def __call__(
        self,
        config: str,
        out: Path,
        *,
        device: str = "auto",
        steps: int | None = None,
        resume: bool = False,
        watch: Watch | None = None,
    ) -> Path:
        """Trains what a configuration file, or a shipped configuration, says.

        Raises:
            BadInput: see `baselines.training.loop.train`.
        """
        from baselines.training.config import read_config
        from baselines.training.loop import train

        read = read_config(config, {} if steps is None else {"steps": steps})
        return train(read, out, device=device, resume=resume, watch=watch).saved.path


def make_recipe(config: TrainingConfig, sources: Sequence[Examples]) -> TrainingRecipe:
    """The recipe of a configuration's system, with freshly drawn weights.

    Raises:
        BadInput: for an unknown system or variant, a system that no recipe trains, a field that
            its configuration does not take, a field that its training does not read, or a perceptual
            network whose weights are missing.
    """
    trainer = SYSTEMS.get(config.system).trainer
    if not isinstance(trainer, RecipeTrainer):
        raise BadInput(
            f"system: {config.system!r} is not trained by a recipe of baselines.training"
        )
    module, _, name = trainer.recipe.partition(":")
    recipe: type[TrainingRecipe] = getattr(importlib.import_module(module), name)
    _refuse_unread(config, recipe.reads)
    return recipe(config, sources)


def _refuse_unread(config: TrainingConfig, reads: frozenset[str]) -> None:
    """Refuses what this system's training would pass over: its card would tell of what never was."""
    losses = config.weights.model_dump(exclude={"lazy", "path_lazy", "through"})
    given = {"start": config.start, "balance": config.balance}
    asked = [(f"weights.{name}", name) for name, weight in losses.items() if weight]
    asked += [(name, name) for name, value in given.items() if value is not None]
    for field, name in asked:
        if name not in reads:
            known = ", ".join(one for one in losses if one in reads) or "none"
            raise BadInput(
                f"{field}: the training of {config.system!r} does not read it; leave it out "
                f"(of the weights it reads {known})"
            )
