"""SIEDOB's five discriminators, one stack of layers each (docs/protocol/rivals.md, A.7)."""

from __future__ import annotations

from typing import Literal

from baselines.layers.sn_patch import SNPatchDiscriminator, patch_widths
from baselines.siedob.config import SIEDOBConfig

__all__ = ["Judge", "siedob_discriminators"]

Judge = Literal["netD_BG", "netD_patch", "netD_inp", "netD_style", "netD_F"]


def siedob_discriminators(
    config: SIEDOBConfig, *, spectral_norm: bool = True
) -> dict[Judge, SNPatchDiscriminator]:
    """Every discriminator under its published name.

    Each is called with its inputs in the published order: `netD_BG` labels and image, `netD_patch`
    image and labels, `netD_inp` composite, hole and class map, `netD_style` object and class map,
    `netD_F` the image alone.
    """
    labels, classes = config.classes, config.class_channels
    inputs: dict[Judge, int] = {
        "netD_BG": labels + 3,
        "netD_patch": 3 + labels,
        "netD_inp": 3 + 1 + classes,
        "netD_style": 3 + classes,
        "netD_F": 3,
    }
    widths = patch_widths(256, config.ndf)  # six layers, for crops of 64 and 160 as well
    return {
        name: SNPatchDiscriminator(channels, widths, padding="zeros", spectral_norm=spectral_norm)
        for name, channels in inputs.items()
    }
