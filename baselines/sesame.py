"""SESAME: fill a mask from the known pixels and the labels inside it (Ntavelis et al., ECCV 2020).

    network = SESAMEGenerator(SESAMEConfig(classes=35))
    result = composite(mask, network(masked, labels), image)    # baselines.layers.progressive

Parameters carry the published names, so that official weights load strictly; the labels' quirks of
the two released checkpoints are the adapter's business (docs/protocol/generation.md, A).
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from baselines.layers.instance_norm import InstanceNorm
from baselines.layers.label_map import SymbolMap
from baselines.layers.patch_discriminator import (
    MultiScale,
    PatchDiscriminator,
    patch_head,
    patch_stream,
)
from baselines.layers.pointwise import rectify
from baselines.layers.spade import SPADEResBlock
from baselines.spade import double

__all__ = [
    "VARIANTS",
    "DilatedResBlock",
    "SESAMEConfig",
    "SESAMEGenerator",
    "TwoStreamDiscriminator",
    "merge",
    "sesame_config",
    "sesame_discriminator",
    "sesame_labels",
]


VARIANTS: dict[str, dict[str, Any]] = {
    "cityscapes": {"classes": 35},
    "cityscapes w skip": {"classes": 35, "skip_connections": True},
    "ade20k": {"classes": 49, "semantics": "everywhere"},
    "labels": {},
    "labels w skip": {"skip_connections": True},
    "labels everywhere": {"semantics": "everywhere"},
    "labels w PatchGAN": {"discriminator": "patch"},
}
"""The released forms (docs/protocol/generation.md, A.1, A.2), plain ones for other label spaces, and the
paper's ablation of the discriminator."""


class SESAMEConfig(BaseModel):
    """What SESAME is built from; the defaults are the published values.

    Attributes:
        classes: one-hot channels (35 Cityscapes labelIds, 49 ADE20K bedroom).
        ngf, ndf: width of the first layer, and of a discriminator's first layer.
        hidden: width inside SPADE.
        skip_connections: the encoder's features join the decoder (off in the released scripts).
        semantics: whether the network sees labels inside the mask only (the paper, and the released
            Cityscapes weights) or of the whole image (the released ADE20K weights).
        discriminator: of the training. "two-stream" = semantics and image apart, as proposed; "patch" =
            one PatchGAN over both, as SPADE's, which the paper compares with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: int = Field(ge=1, le=4096)
    ngf: int = Field(default=64, ge=1)
    ndf: int = Field(default=64, ge=1)
    hidden: int = Field(default=128, ge=1)
    skip_connections: bool = False
    semantics: Literal["hole", "everywhere"] = "hole"
    discriminator: Literal["two-stream", "patch"] = "two-stream"

    divisor: ClassVar[int] = 4
    """What an image's sides must be divisible by."""

    @property
    def label_channels(self) -> int:
        """Channels of the label map: classes, then the mask."""
        return self.classes + 1


def sesame_config(variant: str = "cityscapes", **fields: Any) -> SESAMEConfig:
    """The configuration of a variant; `fields` replace its values.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return SESAMEConfig(**{**VARIANTS[variant], **fields})


def sesame_labels(config: SESAMEConfig, labels: Tensor, mask: Tensor) -> SymbolMap:
    """The label map that the network reads: classes, then the mask.

    Args:
        config: says whether labels outside the mask are shown.
        labels: int64 [B,H,W], -1 = void.
        mask: bool [B,H,W], True = edit.
    """
    if config.semantics == "hole":
        labels = torch.where(mask, labels, -1)
    return SymbolMap.of_labels(labels, config.classes, torch.float32, [mask])


class SESAMEGenerator(nn.Module):
    """Masked image and label map -> image, [B,3,H,W] in [-1,1]; sides divisible by 4.

    Args:
        config: widths and form.
        spectral_norm: training form; False takes folded weights.
    """

    def __init__(self, config: SESAMEConfig, *, spectral_norm: bool = True) -> None:
        super().__init__()
        self.config = config
        nf, inputs = config.ngf, config.label_channels + 3

        def block(inputs: int, outputs: int, dilation: int = 1) -> SPADEResBlock:
            return SPADEResBlock(
                inputs,
                outputs,
                config.label_channels,
                config.hidden,
                dilation=dilation,
                spectral_norm=spectral_norm,
            )

        # What each decoder layer takes from the encoder beside its own input.
        core, half, full, image = (
            (4 * nf, 2 * nf, nf, inputs) if config.skip_connections else (0, 0, 0, 0)
        )
        self.init_block = nn.Sequential(
            nn.ReflectionPad2d(3), _normed(nn.Conv2d(inputs, nf, 7, bias=False)), nn.ReLU()
        )
        self.downlayers = nn.ModuleList(
            nn.Sequential(_normed(nn.Conv2d(c, 2 * c, 3, 2, 1, bias=False)), nn.ReLU())
            for c in (nf, 2 * nf)
        )
        self.resnet_core = nn.Sequential(*(DilatedResBlock(4 * nf, d) for d in (1, 2, 2, 2)))
        self.spade_core = nn.ModuleList(
            [block(4 * nf, 4 * nf, dilation=2) for _ in range(4)] + [block(4 * nf + core, 4 * nf)]
        )
        self.uplayers = nn.ModuleList([block(4 * nf + half, 2 * nf), block(2 * nf + full, nf)])
        self.conv_img = nn.Conv2d(nf + image, 3, 3, padding=1)

    def forward(self, masked: Tensor, labels: SymbolMap) -> Tensor:
        """The raw output, masked and known pixels alike.

        Args:
            masked: [B,3,H,W], 0 inside the mask.
            labels: one-hot labels, then the mask (1 = edit), [label_channels,H,W].
        """
        inputs = torch.cat([masked, labels.dense()], dim=1)
        full = self.init_block(inputs)  # (B, nf, H, W)
        half = self.downlayers[0](full)  # (B, 2 nf, H/2, W/2)
        quarter = self.downlayers[1](half)  # (B, 4 nf, H/4, W/4)
        x = self.resnet_core(quarter)
        for block in self.spade_core[:-1]:
            x = block(x, labels)
        x = self.spade_core[-1](self._join(x, quarter), labels)
        x = self.uplayers[0](self._join(double(x), half), labels)
        x = self.uplayers[1](self._join(double(x), full), labels)
        return torch.tanh(self.conv_img(rectify(self._join(x, inputs))))

    def _join(self, x: Tensor, skip: Tensor) -> Tensor:
        # The order of the two is not on record; the decoder's own features come first here.
        return torch.cat([x, skip], dim=1) if self.config.skip_connections else x


class DilatedResBlock(nn.Module):
    """x + two reflection-padded 3x3 convolutions with instance norm, ReLU between, none after."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()

        def conv() -> nn.Sequential:
            return _normed(nn.Conv2d(channels, channels, 3, dilation=dilation, bias=False))

        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(dilation), conv(), nn.ReLU(), nn.ReflectionPad2d(dilation), conv()
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B,C,H,W] -> the same shape."""
        out: Tensor = x + self.conv_block(x)
        return out


class TwoStreamDiscriminator(nn.Module):
    """One scale: the semantics' stream scales the image's, then one head scores the patches.

    Equation 3 of the paper: D = Conv(D_RGB * (1 + sum over channels of D_sem)). The head is 4x4 as
    in the released weights, where the paper and its Fig. 3 say 3x3.
    """

    def __init__(self, config: SESAMEConfig, *, spectral_norm: bool = True) -> None:
        super().__init__()
        self.config = config
        strides = (2, 2, 2, 1)

        def stream(inputs: int) -> list[nn.Sequential]:
            return patch_stream(inputs, config.ndf, strides, spectral_norm=spectral_norm)

        self.sem_sequence = nn.Sequential(*stream(config.label_channels))
        self.img_sequence = nn.Sequential(*stream(3), patch_head(config.ndf, len(strides)))

    def forward(self, x: Tensor) -> list[Tensor]:
        """[B, label_channels+3, H, W] -> the image stream's features, the scores last."""
        semantics, image = torch.split(x, [self.config.label_channels, 3], dim=1)
        features = []
        for layer in self.img_sequence[:-1]:
            image = layer(image)
            features.append(image)
        merged = merge(image, self.sem_sequence(semantics))
        return [*features, self.img_sequence[-1](merged)]


def merge(image: Tensor, semantics: Tensor) -> Tensor:
    """Image features scaled by one number a pixel: image * (1 + sum of the semantics)."""
    return image * (1 + semantics.sum(dim=1, keepdim=True))


def sesame_discriminator(config: SESAMEConfig, *, spectral_norm: bool = True) -> MultiScale:
    """Two scales over concat[label map, composite]."""
    if config.discriminator == "patch":
        inputs, strides = config.label_channels + 3, (2, 2, 2, 1)
        return MultiScale(
            lambda: PatchDiscriminator(inputs, config.ndf, strides, spectral_norm=spectral_norm)
        )
    return MultiScale(lambda: TwoStreamDiscriminator(config, spectral_norm=spectral_norm))


def _normed(conv: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(conv, InstanceNorm())
