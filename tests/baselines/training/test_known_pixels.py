"""Where a training's data has masks, styles come from what they leave, as in an edit."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch

from baselines.training.config import changed_config
from baselines.training.data import Examples
from baselines.training.fabric import launch_fabric
from baselines.training.trainer import make_recipe
from tests.baselines.training.tiny import MASKS, tiny


def prepared(config):
    torch.manual_seed(0)
    recipe = make_recipe(config, [Examples(config.data, 0)])
    recipe.setup(launch_fabric("cpu", config), config.steps)
    return recipe


def partly_masked(config):
    """A batch in which the left half of each image's most frequent class is masked."""
    batch = Examples(config.data, 0).batch(0, 2, torch.device("cpu"))
    mask = torch.stack([labels == labels.flatten().mode().values for labels in batch.labels])
    mask[:, :, mask.shape[2] // 2 :] = False
    mask = mask.unsqueeze(1).float()
    assert mask.sum() > 50
    return replace(batch, mask=mask, masked=batch.original * (1 - mask))


def images(config, batch):
    """Of a recipe that has not taken a step: each image moves SEAN's spectral norms on."""
    recipe = prepared(config)
    torch.manual_seed(0)  # SEAN's noise
    return recipe.images(batch)


@pytest.mark.parametrize(("system", "encoder"), [("pix2pixhd", "E"), ("sean", "Zencoder")])
@pytest.mark.parametrize("masks", [(), MASKS])
def test_hidden_pixels_reach_no_style_where_the_data_has_masks(system, encoder, masks):
    config = changed_config(tiny(system), {"data.masks": masks}, system)
    batch = partly_masked(config)
    hidden = batch.masked_region
    others = replace(batch, original=torch.where(hidden, -batch.original, batch.original))
    alike = torch.equal(images(config, batch), images(config, others))
    assert alike == bool(masks)
    recipe = prepared(config)
    before = copy.deepcopy(getattr(recipe.network, encoder).state_dict())
    recipe.step(batch, 0)
    after = getattr(recipe.network, encoder).state_dict()
    weights = [name for name in before if name.endswith("weight")]
    assert weights
    assert all(not torch.equal(after[name], before[name]) for name in weights)


def test_a_class_that_is_all_hidden_has_the_style_of_the_whole_image():
    config = changed_config(tiny("sean"), {"data.masks": MASKS}, "sean")
    batch = partly_masked(config)
    everything = torch.ones_like(batch.mask)
    hidden = replace(batch, mask=everything, masked=torch.zeros_like(batch.masked))
    torch.testing.assert_close(images(config, hidden), images(tiny("sean"), hidden))
