"""Our own segmenter of the procedural scenes as a system."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from baselines.training.trainer import RecipeTrainer
from bench.networks.segmenters.unet import SegmenterConfig, SegmenterNet
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _configuration(variant: str, **fields: Any) -> SegmenterConfig:
    del variant  # there is one
    return SegmenterConfig(**fields)


def _network(config: SegmenterConfig, *, training: bool = False) -> SegmenterNet:
    del training  # nothing in it is spectrally normalised: both forms are one
    return SegmenterNet(config)


def _probe(network: SegmenterNet) -> Tensor:
    image = torch.linspace(-1, 1, 16).expand(1, 3, 16, 16)
    logits: Tensor = network(image, next(iter(network.config.domains)))
    return logits


SYSTEM = System(
    name="segmenter",
    about="The segmenter of the procedural scenes: a small U-Net with one head for each domain",
    paper="siebench's own; there is no paper",
    variants={"full": {}},
    configuration=_configuration,
    network=_network,
    small={"domains": {"rooms": ("floor", "wall")}, "widths": (2, 4), "size": 16},
    probe=_probe,
    trainer=RecipeTrainer("baselines.training.segmenter:SegmenterRecipe", presets=("segmenter",)),
    lacks={
        "importer": "its weights come with siebench",
        "editor": "it names pixels and edits nothing",
    },
)
