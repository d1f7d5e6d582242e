"""SPADE as a system."""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.adapters.spade import SPADEEditor
from baselines.checkpoints import RESEARCH_ONLY, OfficialFile
from baselines.spade import VARIANTS, SPADEConfig, SPADEGenerator, spade_config, spade_labels
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _network(config: SPADEConfig, *, training: bool = False) -> SPADEGenerator:
    return SPADEGenerator(config, spectral_norm=training)


def _probe(network: SPADEGenerator) -> Tensor:
    labels = torch.arange(64).view(1, 1, 64).expand(1, 64, 64) // 32
    image: Tensor = network(spade_labels(network.config, labels, labels == 1))
    return image


SYSTEM = System(
    name="spade",
    about="SPADE: makes the image from its labels alone",
    paper="Park et al., Semantic Image Synthesis with Spatially-Adaptive Normalization, CVPR 2019",
    protocol="docs/protocol/generation.md, B",
    variants=VARIANTS,
    configuration=spade_config,
    network=_network,
    small={"classes": 3, "ngf": 2, "ndf": 2, "hidden": 4},
    probe=_probe,
    importer=OfficialFile(
        RESEARCH_ONLY,
        label_channels=("head_0.norm_0.mlp_shared.0.weight", 0),
        spaces={
            "ade20k": "ade20k-150",
            "coco-stuff": "coco-stuff-182",
            "cityscapes": "cityscapes-labelids",
        },
    ),
    editor=SPADEEditor,
    trainer=RecipeTrainer(
        "baselines.training.synthesis:SynthesisRecipe",
        presets=("spade", "small-spade", "zoo-spade"),
    ),
)
