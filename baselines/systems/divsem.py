"""DivSem as a system."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from pydantic import BaseModel
from torch import Tensor

from baselines.adapters.divsem import DivSemEditor
from baselines.checkpoints import MIT, OfficialFile, read_style_bank
from baselines.divsem import VARIANTS, DivSem, DivSemConfig, divsem_config
from baselines.layers.condition import Condition
from baselines.layers.progressive import StageImages
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _network(config: DivSemConfig, *, training: bool = False) -> DivSem:
    return DivSem(config, spectral_norm=training)


def _probe(network: DivSem) -> Tensor:
    side = network.config.size
    labels = torch.arange(side).view(1, 1, side).expand(1, side, side) * 2 // side
    mask = torch.arange(side).view(1, side, 1).expand(1, side, side) >= side // 2
    masked = torch.linspace(-1, 1, side).expand(1, 3, side, side) * ~mask
    condition = Condition(labels, labels == 1, mask, network.config.classes)
    if network.config.styled:
        encoder = network.zencoder
        style = encoder.normalise(encoder.read(masked, mask, labels))
        condition = replace(condition, style=style)
    stages: tuple[StageImages, ...] = network(masked, condition)
    return stages[-1].raw


def _codes(file: Path, config: BaseModel) -> dict[str, Tensor]:
    assert isinstance(config, DivSemConfig)
    return read_style_bank(file, config.style)


SYSTEM = System(
    name="divsem",
    about="DivSem: fills a masked region with one style vector a region, seen, drawn or borrowed",
    paper=(
        "Sivuk and Dundar, Diverse Semantic Image Editing with Style Codes, 2023, arXiv 2309.13975"
    ),
    protocol="docs/protocol/editing.md, B",
    variants=VARIANTS,
    configuration=divsem_config,
    network=_network,
    small={
        "classes": 3,
        "size": 32,
        "ngf": 2,
        "ndf": 2,
        "hidden": 4,
        "style": 4,
        "style_widths": (2, 2, 2, 2, 2, 2),
        "style_decoder": (2, 2, 2, 2),
    },
    probe=_probe,
    importer=OfficialFile(
        MIT,
        inside="netG",
        label_channels=("G3.enc1.mlp_shared_2.0.weight", 2),
        codes=_codes,
    ),
    editor=DivSemEditor,
    trainer=RecipeTrainer(
        "baselines.training.progressive:ProgressiveRecipe",
        presets=("divsem", "small-divsem", "zoo-divsem"),
    ),
)
