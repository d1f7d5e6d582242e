"""Which recipe trains which system."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from baselines.training.config import TrainingConfig
from baselines.training.data import Examples
from baselines.training.recipe import TrainingRecipe
from bench.core.errors import unknown

__all__ = ["make_recipe", "system_names"]

_RECIPES = {
    "divsem": "progressive:ProgressiveRecipe",
    "sae": "swapping:SwappingRecipe",
    "sean": "synthesis:SynthesisRecipe",
    "segmenter": "segmenter:SegmenterRecipe",
    "sesame": "synthesis:SynthesisRecipe",
    "spade": "synthesis:SynthesisRecipe",
    "spmpgan": "progressive:ProgressiveRecipe",
    "ssae": "restyling:RestylingRecipe",
}


def system_names() -> list[str]:
    """The systems that can be trained, sorted."""
    return sorted(_RECIPES)


def make_recipe(config: TrainingConfig, sources: Sequence[Examples]) -> TrainingRecipe:
    """The recipe of a configuration's system, with freshly drawn weights.

    Raises:
        BadInput: for an unknown system or variant, a field that its configuration does not take,
            or a perceptual network whose weights are missing.
    """
    if config.system not in _RECIPES:
        raise unknown("system", config.system, _RECIPES)
    module, _, name = _RECIPES[config.system].partition(":")
    recipe: type[TrainingRecipe] = getattr(
        importlib.import_module(f"baselines.training.{module}"), name
    )
    return recipe(config, sources)
