"""SPMPGAN as a system."""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.adapters.spmpgan import SPMPGANEditor
from baselines.checkpoints import MIT, OfficialFile
from baselines.layers.condition import Condition
from baselines.layers.progressive import StageImages
from baselines.spmpgan import SPMPGAN, VARIANTS, SPMPGANConfig, spmpgan_config
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _network(config: SPMPGANConfig, *, training: bool = False) -> SPMPGAN:
    return SPMPGAN(config, spectral_norm=training)


def _probe(network: SPMPGAN) -> Tensor:
    side = network.config.size
    labels = torch.arange(side).view(1, 1, side).expand(1, side, side) * 2 // side
    image = torch.linspace(-1, 1, side).expand(1, 3, side, side)
    mask = labels == 1
    condition = Condition(labels, mask, mask, network.config.classes)
    stages: tuple[StageImages, ...] = network(image * ~mask, condition, image)
    return stages[-1].raw


SYSTEM = System(
    name="spmpgan",
    about="SPMPGAN: fills a masked region in the style of the known pixels, at three sizes",
    paper=(
        "Luo et al., Context-Consistent Semantic Image Editing with Style-Preserved Modulation, "
        "ECCV 2022"
    ),
    protocol="docs/protocol/editing.md, A",
    variants=VARIANTS,
    configuration=spmpgan_config,
    network=_network,
    small={"classes": 3, "size": 16, "ngf": 2, "ndf": 2, "hidden": 4},
    probe=_probe,
    importer=OfficialFile(MIT, inside="netG", label_channels=("G3.enc1.mlp_shared_2.0.weight", 2)),
    editor=SPMPGANEditor,
    trainer=RecipeTrainer(
        "baselines.training.progressive:ProgressiveRecipe",
        presets=("spmpgan", "small-spmpgan", "zoo-spmpgan"),
    ),
)
