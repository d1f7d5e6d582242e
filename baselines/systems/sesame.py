"""SESAME as a system."""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.adapters.sesame import SESAMEEditor
from baselines.checkpoints import OfficialFile
from baselines.sesame import (
    VARIANTS,
    SESAMEConfig,
    SESAMEGenerator,
    sesame_config,
    sesame_labels,
)
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _network(config: SESAMEConfig, *, training: bool = False) -> SESAMEGenerator:
    return SESAMEGenerator(config, spectral_norm=training)


def _probe(network: SESAMEGenerator) -> Tensor:
    labels = torch.arange(32).view(1, 1, 32).expand(1, 32, 32) // 16
    mask = labels == 1
    masked = torch.linspace(-1, 1, 32).expand(1, 3, 32, 32) * ~mask
    image: Tensor = network(masked, sesame_labels(network.config, labels, mask))
    return image


SYSTEM = System(
    name="sesame",
    about="SESAME: fills a masked region from the known pixels and the labels inside it",
    paper=(
        "Ntavelis et al., SESAME: Semantic Editing of Scenes by Adding, Manipulating or Erasing "
        "Objects, ECCV 2020"
    ),
    protocol="docs/protocol/generation.md, A",
    variants=VARIANTS,
    configuration=sesame_config,
    network=_network,
    small={"classes": 3, "ngf": 2, "ndf": 2, "hidden": 4},
    probe=_probe,
    importer=OfficialFile(
        "no licence file with the official code, most of which is marked CC BY-NC-SA 4.0",
        label_channels=("spade_core.0.norm_0.mlp_shared.0.weight", 1),
        spaces={
            "cityscapes": "cityscapes-labelids",
            "cityscapes w skip": "cityscapes-labelids",
        },
    ),
    editor=SESAMEEditor,
    trainer=RecipeTrainer(
        "baselines.training.synthesis:SynthesisRecipe",
        presets=("sesame", "small-sesame", "zoo-sesame"),
    ),
)
