"""The Swapping Autoencoder as a system."""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.checkpoints import OfficialFile
from baselines.sae import SAE, VARIANTS, SAEConfig, sae_config
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SMALL", "SYSTEM"]

SMALL = {
    "size": 32,
    "texture": 8,
    "encoder_capacity": 0.125,
    "generator_capacity": 0.0625,
    "discriminator_capacity": 0.02,
    "downsamplings": 2,
    "texture_downsamplings": 1,
    "head": 4,
    "head_blocks": 1,
    "patch_size": 16,
    "patch_capacity": 0.05,
    "patch_width": 4,
}
"""Fields of an autoencoder for checks."""


def _network(config: SAEConfig, *, training: bool = False) -> SAE:
    del training  # nothing in it is spectrally normalised: both forms are one
    return SAE(config)


def _probe(network: SAE) -> Tensor:
    rebuilt: Tensor = network(torch.linspace(-1, 1, 32).expand(1, 3, 32, 32))
    return rebuilt


SYSTEM = System(
    name="sae",
    about="Swapping Autoencoder: an image as structure and texture, which can be exchanged",
    paper="Park et al., Swapping Autoencoder for Deep Image Manipulation, NeurIPS 2020",
    protocol="docs/protocol/generation.md, D",
    variants=VARIANTS,
    configuration=sae_config,
    network=_network,
    small=SMALL,
    probe=_probe,
    importer=OfficialFile(
        "Adobe Research License with the official code: non-commercial research only",
        prefixes=("E.", "G."),
    ),
    trainer=RecipeTrainer(
        "baselines.training.swapping:SwappingRecipe", presets=("sae", "small-sae")
    ),
    lacks={"editor": "it exchanges whole textures and knows no regions; ssae edits through it"},
)
