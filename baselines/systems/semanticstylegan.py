"""SemanticStyleGAN as a system."""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.adapters.semanticstylegan import SemanticStyleGANEditor
from baselines.checkpoints import OfficialFile
from baselines.semanticstylegan import (
    VARIANTS,
    SemanticStyleGAN,
    SemanticStyleGANConfig,
    Synthesis,
    semanticstylegan_config,
)
from baselines.semanticstylegan.latents import rows
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _network(config: SemanticStyleGANConfig, *, training: bool = False) -> SemanticStyleGAN:
    del training  # nothing in it is spectrally normalised: both forms are one
    return SemanticStyleGAN(config)


def _probe(network: SemanticStyleGAN) -> Tensor:
    config = network.config
    count = rows(config) * config.style_dim
    made: Synthesis = network(torch.linspace(-1, 1, count).view(1, rows(config), -1))
    return made.image


SYSTEM = System(
    name="semanticstylegan",
    about="SemanticStyleGAN: finds a face in its codes and gives one part another style or shape",
    paper=(
        "Shi et al., SemanticStyleGAN: Learning Compositional Generative Priors for Controllable "
        "Image Synthesis and Editing, CVPR 2022"
    ),
    protocol="docs/protocol/rivals.md, C",
    variants=VARIANTS,
    configuration=semanticstylegan_config,
    network=_network,
    small={
        "size": 32,
        "style_dim": 4,
        "n_mlp": 1,
        "channel_multiplier": 1,
        "width": 4,
        "discriminator_width": 4,
        "local_layers": 3,
        "local_channel": 4,
        "base_layers": 1,
        "depth_layers": 2,
        "coarse_size": 8,
        "coarse_channel": 4,
        "min_feat_size": 4,
    },
    probe=_probe,
    importer=OfficialFile(
        "CC BY-NC-SA 4.0 with the official code, parts under the NVIDIA Source Code License-NC: "
        "non-commercial use only",
        inside="g_ema",
    ),
    editor=SemanticStyleGANEditor,
    trainer=RecipeTrainer(
        "baselines.training.compositional:CompositionalRecipe",
        presets=("semanticstylegan", "small-semanticstylegan", "zoo-semanticstylegan"),
    ),
)
