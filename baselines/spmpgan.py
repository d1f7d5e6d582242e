"""SPMPGAN: style-preserved modulation, progressively at three sizes (ECCV 2022).

    images = SPMPGAN(SPMPGANConfig(classes=151))(masked, condition, original)
    result = images[-1].composite                      # [B,3,256,256] in [-1,1], BGR

Parameters carry the published names, so that an official `netG` loads strictly
(docs/protocol/editing.md, A). Images are BGR for official weights: see the adapter.
"""

from __future__ import annotations

from typing import Any

import torch

from baselines.layers.initial import draw_normal
from baselines.layers.progressive import Border
from baselines.layers.sn_patch import SNPatchDiscriminator, patch_widths
from baselines.layers.style_preserved import Modulation
from baselines.progressive import ProgressiveConfig, ProgressiveNetwork

__all__ = [
    "VARIANTS",
    "SPMPGAN",
    "SPMPGANConfig",
    "spmpgan_config",
    "spmpgan_discriminators",
]

VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "w SPADE": {"style_branch": False},
    "large SPADE": {"style_branch": False},
    "w norm": {"normalise_style": True},
    "w/o prog": {"progressive": False},
    "S": {"ngf": 16, "hidden": 32},
}
"""The paper's ablations as changes of the configuration (docs/protocol/editing.md, G)."""


class SPMPGANConfig(ProgressiveConfig):
    """What SPMPGAN is built from; the defaults are the published values.

    Attributes:
        style_branch: False = `w SPADE`, the context alone modulates.
        normalise_style: True = `w norm`, the style branch reads normalised features.
        border: "original" is the published form and peeks at the true image at the border.
    """

    style_branch: bool = True
    normalise_style: bool = False
    border: Border = "original"

    @property
    def modulation(self) -> Modulation:
        """The form of the blocks: condition channels are labels, edge and mask."""
        return Modulation(
            channels=self.classes + 2,
            hidden=self.hidden,
            style_branch=self.style_branch,
            normalise_style=self.normalise_style,
        )


def spmpgan_config(variant: str = "full", **fields: Any) -> SPMPGANConfig:
    """The configuration of a variant in the paper's words; `fields` replace defaults.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    config = SPMPGANConfig(**{**VARIANTS[variant], **fields})
    if variant == "large SPADE" and "hidden" not in fields:
        full = _count(config.model_copy(update={"style_branch": True}))
        return config.model_copy(update={"hidden": _hidden_beyond(config, full)})
    return config


class SPMPGAN(ProgressiveNetwork):
    """The generator.

    Args:
        config: its configuration.
        spectral_norm: True = training form (`weight_orig`, `weight_u`, `weight_v` in the decoders);
            False = plain folded weights, for inference.
    """

    config: SPMPGANConfig

    def __init__(self, config: SPMPGANConfig, *, spectral_norm: bool = False) -> None:
        super().__init__(config, config.modulation, spectral_norm=spectral_norm)
        draw_normal(self)


def spmpgan_discriminators(
    config: ProgressiveConfig, *, spectral_norm: bool = True
) -> dict[str, SNPatchDiscriminator]:
    """One discriminator per stage, under the names of the official checkpoints."""
    return {
        name.replace("G", "netD_"): SNPatchDiscriminator(
            config.classes + 3, patch_widths(size, config.ndf), spectral_norm=spectral_norm
        )
        for name, size in config.stages.items()
    }


def _count(config: SPMPGANConfig) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in SPMPGAN(config).parameters())


def _hidden_beyond(config: SPMPGANConfig, parameters: int) -> int:
    # The number of parameters is linear in the hidden width.
    one, two = (_count(config.model_copy(update={"hidden": h})) for h in (1, 2))
    return (parameters - one) // (two - one) + 2
