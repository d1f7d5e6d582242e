"""SIEDOB as a system."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor

from baselines.adapters.siedob import SIEDOBEditor
from baselines.checkpoints import MIT, OfficialPart, OfficialParts, read_object_bank
from baselines.checkpoints.checking import Shapes
from baselines.siedob import SIEDOB, VARIANTS, SIEDOBConfig, StyleImages, siedob_config
from baselines.training.trainer import RecipeTrainer
from bench.core.errors import BadInput
from bench.datasets.spaces import read_space
from bench.plugins.systems import System

__all__ = ["SYSTEM"]

IMPORTED = 64
"""Objects of a class that a bank out of a dataset holds, at most."""


def _network(config: SIEDOBConfig, *, training: bool = False) -> SIEDOB:
    return SIEDOB(config, spectral_norm=training)


def _probe(network: SIEDOB) -> Tensor:
    """One object that is partly hidden, and one that is hidden completely."""
    size = network.config.object_size
    place = torch.arange(size)
    objects = ((place >= size // 2).long() + 1).expand(1, size, size)
    hole = (place >= size // 4).expand(1, size, size)
    kinds = torch.tensor([one.label for one in network.config.objects])
    labels = kinds[objects - 1] if len(kinds) > 1 else torch.zeros_like(objects)
    known = torch.linspace(-1, 1, size).expand(1, 3, size, size) * ~hole.unsqueeze(1)
    look = StyleImages(known, torch.ones(1, size, size, dtype=torch.bool))
    image: Tensor = network(known, hole, labels, objects, hole, lambda *_: look).composite
    return image


def _classes(shapes: Shapes, fields: Mapping[str, Any]) -> int | None:
    del fields
    first = shapes.get("background.init_conv.conv.weight", ())
    return first[1] - 5 if len(first) == 4 else None  # beside image, edge and hole


def _codes(folder: Path, config: BaseModel) -> dict[str, Tensor]:
    """A bank out of a folder of objects, or out of the scenes of a prepared Cityscapes."""
    assert isinstance(config, SIEDOBConfig)
    if not (folder / "train" / "images").is_dir():
        labels = {one.name: one.label for one in config.objects}
        return read_object_bank(folder, labels, config.object_size)
    names = read_space("cityscapes-labelids").classes
    if any(names[one.label : one.label + 1] != (one.name,) for one in config.objects):
        raise BadInput(
            f"{folder}: is a dataset, but the weights' objects are not those of Cityscapes; give a "
            "folder with CLASS/images and CLASS/inst_mask"
        )
    from baselines.training.config import TrainingData
    from baselines.training.data import Examples
    from baselines.training.style_codes import object_bank

    scenes = TrainingData(dataset="cityscapes", path=folder, flip=False, keep=0)
    bank = object_bank(config, Examples(scenes, 0), each=IMPORTED)
    if not bank:
        raise BadInput(f"{folder}: no object in its training scenes")
    return bank


SYSTEM = System(
    name="siedob",
    about="SIEDOB: paints background and objects by networks of their own, then fuses them",
    paper=(
        "Luo et al., SIEDOB: Semantic Image Editing by Disentangling Object and Background, "
        "CVPR 2023"
    ),
    protocol="docs/protocol/rivals.md, A",
    variants=VARIANTS,
    configuration=siedob_config,
    network=_network,
    small={
        "classes": 34,
        "background": 2,
        "propagation": 4,
        "hidden": 4,
        "inpainting": 2,
        "style": 2,
        "style_length": 4,
        "style_encoder": 2,
        "fusion": 2,
        "ndf": 2,
        "object_size": 32,
    },
    probe=_probe,
    importer=OfficialParts(
        MIT,
        parts=(
            OfficialPart("the background generator", ("bg.pth",), "background.", "netG_BG"),
            OfficialPart(
                "the object inpainting",
                ("object_inpainting.pth",),
                "object_inpainting.",
                "netG",
                drop="fg_inpainting.",
            ),
            OfficialPart(
                "the object generator",
                ("object_style.pth",),
                "object_style.",
                "netG",
                drop="fg_style.",
            ),
            OfficialPart("the fusion", ("Fnet.pth",), "fusion.", "netG_F"),
        ),
        classes=_classes,
        spaces={"cityscapes": "cityscapes-labelids"},
        codes=_codes,
    ),
    editor=SIEDOBEditor,
    trainer=RecipeTrainer(
        "baselines.training.siedob:SIEDOBRecipe", presets=("siedob", "small-siedob", "zoo-siedob")
    ),
)
