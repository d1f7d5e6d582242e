"""SEAN as a system."""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import BaseModel
from torch import Tensor

from baselines.adapters.sean import SEANEditor
from baselines.checkpoints import RESEARCH_ONLY, OfficialFile, read_mean_codes
from baselines.layers.region_adaptive import StyledRegions
from baselines.sean import VARIANTS, SEANConfig, SEANGenerator, sean_config
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _network(config: SEANConfig, *, training: bool = False) -> SEANGenerator:
    return SEANGenerator(config, spectral_norm=training)


def _probe(network: SEANGenerator) -> Tensor:
    labels = torch.arange(64).view(1, 1, 64).expand(1, 64, 64) // 32
    codes, _ = network.encode(torch.linspace(-1, 1, 64).expand(1, 3, 64, 64), labels)
    generators = [torch.Generator().manual_seed(0)]
    noise = network.draw_noise((labels.shape[1], labels.shape[2]), generators)
    image: Tensor = network(StyledRegions.of(labels, codes), noise)
    return image


def _codes(folder: Path, config: BaseModel) -> dict[str, Tensor]:
    assert isinstance(config, SEANConfig)
    return read_mean_codes(folder, config.classes, config.code_length)


SYSTEM = System(
    name="sean",
    about="SEAN: makes the image from its labels, each region in a style of its own",
    paper=(
        "Zhu et al., SEAN: Image Synthesis with Semantic Region-Adaptive Normalization, CVPR 2020"
    ),
    protocol="docs/protocol/generation.md, C",
    variants=VARIANTS,
    configuration=sean_config,
    network=_network,
    small={
        "classes": 3,
        "ngf": 2,
        "ndf": 2,
        "hidden": 4,
        "style_length": 4,
        "encoder_width": 2,
    },
    probe=_probe,
    importer=OfficialFile(
        RESEARCH_ONLY,
        label_channels=("fc.weight", 0),
        spaces={"celebamask-hq": "celebamask-hq-19"},
        codes=_codes,
    ),
    editor=SEANEditor,
    trainer=RecipeTrainer(
        "baselines.training.synthesis:SynthesisRecipe",
        presets=("sean", "small-sean", "zoo-sean"),
    ),
)
