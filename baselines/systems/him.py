"""HIM as a system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from baselines.adapters.him import HIMEditor
from baselines.checkpoints import OfficialPart, OfficialParts
from baselines.checkpoints.checking import Shapes
from baselines.him import (
    HIM,
    VARIANTS,
    HIMConfig,
    him_config,
    him_labels,
    layout_condition,
    resolve_layout,
)
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _network(config: HIMConfig, *, training: bool = False) -> HIM:
    del training  # nothing in it is spectrally normalised: both forms are one
    return HIM(config)


def _probe(network: HIM) -> Tensor:
    config = network.config
    labels = torch.arange(config.size).view(1, 1, -1).expand(1, config.size, -1) * 2 // config.size
    box = labels == 1
    if network.layout is not None:
        classes = torch.tensor([1])
        condition = layout_condition(labels, box, classes, config.classes)
        context, objects = network.layout(condition)
        labels = resolve_layout(context, objects, box, labels, classes)
    mask = box.unsqueeze(1).float()
    masked = torch.linspace(-1, 1, config.size).expand(1, 3, config.size, -1) * (1 - mask)
    image: Tensor = network(masked, him_labels(config, labels), mask)
    return image


def _classes(shapes: Shapes, fields: Mapping[str, Any]) -> int | None:
    del fields
    first = shapes.get("image.obj_inputEmbedder.1.weight", ())
    return first[1] if len(first) == 4 else None


SYSTEM = System(
    name="him",
    about="HIM: makes a layout of a box, then fills the box from known pixels and that layout",
    paper=(
        "Hong et al., Learning Hierarchical Semantic Image Manipulation through Structured "
        "Representations, NeurIPS 2018"
    ),
    protocol="docs/protocol/rivals.md, D",
    variants=VARIANTS,
    configuration=him_config,
    network=_network,
    small={
        "classes": 3,
        "size": 32,
        "ngf": 2,
        "ndf": 2,
        "downsamplings": 2,
        "blocks": 1,
        "layout_width": 4,
        "layout_widths": (4, 4, 6),
        "layout_blocks": 2,
    },
    probe=_probe,
    importer=OfficialParts(
        "MIT with the official code, some files of which carry NVIDIA's CC BY-NC-SA 4.0 header",
        parts=(
            OfficialPart(
                "the image generator",
                ("mask2image/latest_net_G.pth", "mask2image.pth"),
                "image.",
            ),
            OfficialPart(
                "the layout generator",
                ("box2mask/latest_net_G.pth", "box2mask.pth"),
                "layout.",
                inside="network",
                entries=True,
            ),
        ),
        classes=_classes,
        spaces={name: "cityscapes-labelids" for name in VARIANTS if "cityscapes" in name},
    ),
    editor=HIMEditor,
    trainer=RecipeTrainer(
        "baselines.training.him:HIMRecipe", presets=("him", "him-layout", "small-him", "zoo-him")
    ),
)
