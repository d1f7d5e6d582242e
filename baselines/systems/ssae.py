"""SSAE as a system."""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.adapters.ssae import SSAEEditor
from baselines.ssae import REGIONS, SSAE, VARIANTS, SSAEConfig, SSAEImages, ssae_config
from baselines.systems.sae import SMALL
from baselines.training.trainer import RecipeTrainer
from bench.plugins.systems import System

__all__ = ["SYSTEM"]


def _network(config: SSAEConfig, *, training: bool = False) -> SSAE:
    del training  # nothing in it is spectrally normalised: both forms are one
    return SSAE(config)


def _probe(network: SSAE) -> Tensor:
    image = torch.linspace(-1, 1, 32).expand(1, 3, 32, 32)
    mask = (image[:, :1] > 0).float()
    region = next(iter(REGIONS))
    edited: SSAEImages = network(image, region, [torch.Generator().manual_seed(0)], mask)
    return edited.refined


SYSTEM = System(
    name="ssae",
    about="SSAE: gives a region of a face another style through a Swapping Autoencoder",
    paper="SSAE, AAAI 2023 (student abstract), arXiv 2211.11224",
    protocol="docs/protocol/generation.md, D.4 and D.5",
    variants=VARIANTS,
    configuration=ssae_config,
    network=_network,
    small={
        "sae": SMALL,
        "width": 2,
        "first_blocks": 1,
        "second_blocks": 1,
        "mask_encoder": 2,
        "mask_width": 2,
    },
    probe=_probe,
    editor=SSAEEditor,
    trainer=RecipeTrainer(
        "baselines.training.restyling:RestylingRecipe", presets=("ssae", "small-ssae", "zoo-ssae")
    ),
    lacks={
        "importer": "its authors published no weights; train it with `siebench train small-ssae`"
    },
)
