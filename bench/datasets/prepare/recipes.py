"""Every preparation by the name of its dataset."""

from __future__ import annotations

from collections.abc import Mapping

from bench.datasets.prepare import ade20k, celebamask_hq, cityscapes, coco_stuff
from bench.datasets.prepare.recipe import Recipe

__all__ = ["RECIPES"]

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        ade20k.WHOLE,
        ade20k.ROOM,
        ade20k.LANDSCAPE,
        cityscapes.RECIPE,
        celebamask_hq.RECIPE,
        coco_stuff.RECIPE,
    )
}
