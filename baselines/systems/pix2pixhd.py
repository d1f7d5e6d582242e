"""Pix2PixHD as a system."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor

from baselines.adapters.pix2pixhd import Pix2PixHDEditor
from baselines.checkpoints import OfficialPart, OfficialParts, read_feature_clusters
from baselines.checkpoints.checking import Shapes
from baselines.pix2pixhd import (
    VARIANTS,
    Pix2PixHD,
    Pix2PixHDConfig,
    pix2pixhd_config,
    pix2pixhd_labels,
)
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _network(config: Pix2PixHDConfig, *, training: bool = False) -> Pix2PixHD:
    del training  # nothing in it is spectrally normalised: both forms are one
    return Pix2PixHD(config)


def _probe(network: Pix2PixHD) -> Tensor:
    labels = torch.arange(32).view(1, 1, 32).expand(1, 32, 32) // 16
    features = None
    if network.E is not None:
        features = network.E(torch.linspace(-1, 1, 32).expand(1, 3, 32, 32), labels)
    image: Tensor = network(pix2pixhd_labels(network.config, labels, labels == 1), features)
    return image


def _classes(shapes: Shapes, fields: Mapping[str, Any]) -> int | None:
    first = shapes.get("G.model.1.weight", ())
    if len(first) != 4:
        return None
    return first[1] - int(fields.get("instance_edges", True)) - int(fields.get("features", 0))


def _codes(folder: Path, config: BaseModel) -> dict[str, Tensor]:
    assert isinstance(config, Pix2PixHDConfig)
    return read_feature_clusters(folder, config.classes, config.features)


SYSTEM = System(
    name="pix2pixhd",
    about="Pix2PixHD: makes the image from labels and borders of instances, with their features",
    paper=(
        "Wang et al., High-Resolution Image Synthesis and Semantic Manipulation with Conditional "
        "GANs, CVPR 2018"
    ),
    protocol="docs/protocol/rivals.md, B",
    variants=VARIANTS,
    configuration=pix2pixhd_config,
    network=_network,
    small={
        "classes": 3,
        "ngf": 2,
        "ndf": 2,
        "nef": 2,
        "downsamplings": 2,
        "blocks": 1,
        "local_blocks": 1,
        "encoder_downsamplings": 2,
    },
    probe=_probe,
    importer=OfficialParts(
        "BSD (NVIDIA) with the official code, and the BSD notice of CycleGAN and pix2pix",
        parts=(
            OfficialPart("the generator", ("latest_net_G.pth",), "G."),
            OfficialPart("the feature encoder", ("latest_net_E.pth",), "E."),
        ),
        classes=_classes,
        spaces={name: "cityscapes-labelids" for name in VARIANTS if "cityscapes" in name},
        codes=_codes,
    ),
    editor=Pix2PixHDEditor,
    trainer=RecipeTrainer(
        "baselines.training.pix2pixhd:Pix2PixHDRecipe",
        presets=("pix2pixhd", "pix2pixhd-1024p", "small-pix2pixhd", "zoo-pix2pixhd"),
    ),
)
