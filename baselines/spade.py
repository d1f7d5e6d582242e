"""SPADE: an image from a label map, nothing else (Park et al., CVPR 2019).

    labels = SymbolMap.of_labels(classes_of_pixels, config.label_channels, torch.float32)
    image = SPADEGenerator(config)(labels)                      # [B,3,H,W] RGB in [-1,1]

The label map is resized nearest to every layer and modulates its normalisation; features start from
the map at 1/32 of its size. Parameters carry the published names (docs/protocol/generation.md, B).
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.label_map import SymbolMap
from baselines.layers.patch_discriminator import MultiScale, PatchDiscriminator
from baselines.layers.pointwise import rectify
from baselines.layers.spade import SPADEResBlock

__all__ = [
    "VARIANTS",
    "SPADEConfig",
    "SPADEGenerator",
    "double",
    "spade_config",
    "spade_discriminator",
    "spade_labels",
]

VARIANTS: dict[str, dict[str, Any]] = {
    "ade20k": {"classes": 150, "dont_care": True},
    "coco-stuff": {"classes": 182, "dont_care": True, "instance_edges": True},
    "cityscapes": {"classes": 35, "instance_edges": True, "upsampling": "more"},
    "labels": {},
}
"""The released forms (docs/protocol/generation.md, B.3), and a plain one for other label spaces."""

HALVINGS = {"normal": 5, "more": 6, "most": 7}


class SPADEConfig(BaseModel):
    """What SPADE is built from; the defaults are the published values.

    Attributes:
        classes: label_nc of the dataset (150 ADE20K, 182 COCO-Stuff, 35 Cityscapes).
        dont_care: a channel of its own for unlabelled pixels (ADE20K, COCO-Stuff).
        instance_edges: one more channel with the borders of instances (Cityscapes, COCO-Stuff).
        ngf, ndf: width of the last block, and of a discriminator's first layer.
        hidden: width inside SPADE.
        upsampling: "more" doubles the size once more than "normal", "most" twice more.
        latent: length of the style vector z of the VAE (256 published); 0 = no VAE. The image encoder
            that gives an image's z is not built here: the editor paints at z = 0, the mean of the
            prior, so that nothing of its style comes from the image.
        start: (height, width) of the first features, needed with a VAE only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: int = Field(ge=1, le=4096)
    dont_care: bool = False
    instance_edges: bool = False
    ngf: int = Field(default=64, ge=2)
    ndf: int = Field(default=64, ge=1)
    hidden: int = Field(default=128, ge=1)
    upsampling: Literal["normal", "more", "most"] = "normal"
    latent: int = Field(default=0, ge=0)
    start: tuple[int, int] = (8, 8)

    @property
    def label_channels(self) -> int:
        """Channels of the label map: classes, then don't care, then edges."""
        return self.classes + self.dont_care + self.instance_edges

    @property
    def divisor(self) -> int:
        """What an image's sides must be divisible by."""
        return int(2 ** HALVINGS[self.upsampling])


def spade_config(variant: str = "ade20k", **fields: Any) -> SPADEConfig:
    """The configuration of a variant; `fields` replace its values.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return SPADEConfig(**{**VARIANTS[variant], **fields})


def spade_labels(config: SPADEConfig, labels: Tensor, edges: Tensor) -> SymbolMap:
    """The label map that the network reads.

    Void goes into the don't-care channel where there is one, else nowhere.

    Args:
        config: says which channels there are.
        labels: int64 [B,H,W], -1 = void.
        edges: bool [B,H,W], True at the border of a region.
    """
    if config.dont_care:
        labels = torch.where(labels < 0, config.classes, labels)
    bits = [edges] if config.instance_edges else []
    return SymbolMap.of_labels(labels, config.classes + config.dont_care, torch.float32, bits)


class SPADEGenerator(nn.Module):
    """Label map -> image, [B,3,H,W] in [-1,1].

    Args:
        config: widths and form.
        spectral_norm: training form; False takes folded weights.
    """

    def __init__(self, config: SPADEConfig, *, spectral_norm: bool = True) -> None:
        super().__init__()
        self.config = config
        nf = config.ngf

        def block(inputs: int, outputs: int) -> SPADEResBlock:
            return SPADEResBlock(
                inputs, outputs, config.label_channels, config.hidden, spectral_norm=spectral_norm
            )

        self.fc: nn.Linear | nn.Conv2d
        if config.latent:
            height, width = config.start
            self.fc = nn.Linear(config.latent, 16 * nf * height * width)
        else:
            self.fc = nn.Conv2d(config.label_channels, 16 * nf, 3, padding=1)
        self.head_0 = block(16 * nf, 16 * nf)
        self.G_middle_0 = block(16 * nf, 16 * nf)
        self.G_middle_1 = block(16 * nf, 16 * nf)
        self.up_0 = block(16 * nf, 8 * nf)
        self.up_1 = block(8 * nf, 4 * nf)
        self.up_2 = block(4 * nf, 2 * nf)
        self.up_3 = block(2 * nf, nf)
        last = nf
        if config.upsampling == "most":
            self.up_4 = block(nf, nf // 2)
            last = nf // 2
        self.conv_img = nn.Conv2d(last, 3, 3, padding=1)

    def forward(self, labels: SymbolMap, z: Tensor | None = None) -> Tensor:
        """The image; sides of `labels` are multiples of `config.divisor`.

        Args:
            labels: the label map at the image's size.
            z: float [B,latent], with a VAE only; zeros, the prior's mean, where None.
        """
        x = self._start(labels, z)  # (B, 16 nf, H/32, W/32)
        x = self.head_0(x, labels)
        x = self.G_middle_0(double(x), labels)
        if self.config.upsampling != "normal":
            x = double(x)
        x = self.G_middle_1(x, labels)
        x = self.up_0(double(x), labels)
        x = self.up_1(double(x), labels)
        x = self.up_2(double(x), labels)
        x = self.up_3(double(x), labels)  # (B, nf, H, W)
        if self.config.upsampling == "most":
            x = self.up_4(double(x), labels)
        return torch.tanh(self.conv_img(rectify(x)))

    def _start(self, labels: SymbolMap, z: Tensor | None) -> Tensor:
        if not self.config.latent:
            size = [side // self.config.divisor for side in labels.size]
            first: Tensor = self.fc(labels.resize(size).dense())
            return first
        batch = len(labels.symbols)
        if z is None:
            z = labels.columns.new_zeros(batch, self.config.latent)
        return torch.unflatten(self.fc(z), 1, (16 * self.config.ngf, *self.config.start))


def spade_discriminator(config: SPADEConfig, *, spectral_norm: bool = True) -> MultiScale:
    """Two scales over concat[label map, image], four hidden layers each.

    The paper says spectral norm on all layers; the released form has none on the first and last
    (docs/protocol/generation.md, B.2).
    """
    return MultiScale(
        lambda: PatchDiscriminator(
            config.label_channels + 3, config.ndf, (2, 2, 2, 1), spectral_norm=spectral_norm
        )
    )


def double(x: Tensor) -> Tensor:
    """[B,C,H,W] -> [B,C,2H,2W], nearest."""
    return F.interpolate(x, scale_factor=2, mode="nearest")
