"""SEAN: an image from a label map and one style code per region (Zhu et al., CVPR 2020).

    network = SEANGenerator(sean_config("celebamask-hq"))
    codes, shown = network.encode(image, labels)       # [B,19,512], of the regions it shows
    noise = network.draw_noise((256, 256), [generator])  # keyed, or None = drawn afresh
    result = network(StyledRegions.of(labels, codes), noise)   # [B,3,H,W] RGB in [-1,1]

The topology is SPADE's with region-adaptive normalisation. Parameters carry the published names
(docs/protocol/generation.md, C). The paper's ablations are variants; what no source says about them
is this project's choice (docs/protocol/generation.md, C.8).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Generator, Tensor, nn

from baselines.layers.instance_norm import InstanceNorm
from baselines.layers.neighbourhoods import resize_nearest
from baselines.layers.patch_discriminator import MultiScale, PatchDiscriminator
from baselines.layers.pointwise import rectify
from baselines.layers.region_adaptive import RegionAdaptiveNorm, StyledRegions
from baselines.layers.region_style import image_means
from baselines.layers.spade import SPADE, ModulatedResBlock
from baselines.pix2pixhd import FeatureEncoder, Pix2PixHDConfig
from baselines.spade import double
from bench.core.device import cores

__all__ = [
    "ENCODERS",
    "VARIANTS",
    "SEANConfig",
    "SEANEncoder",
    "SEANGenerator",
    "region_means",
    "sean_config",
    "sean_discriminator",
]

VARIANTS: dict[str, dict[str, Any]] = {
    "celebamask-hq": {"classes": 19},
    "labels": {},
    "SEAN-level encoders": {"encoders": "SEAN-level"},
    "ResBlk-level encoders": {"encoders": "ResBlk-level"},
    "w/o downsampling": {"downsampling": False},
    "w/o noises": {"noise": False},
    "SPADE++": {
        "generator": "SPADE",
        "encoders": "pix2pixHD",
        "encoder_width": 16,
        "style_length": 3,
    },
}
"""The released form, a plain one for other label spaces, and the ablations of the paper's Table 3."""

Encoders = Literal["unified", "ResBlk-level", "SEAN-level", "pix2pixHD"]

ENCODERS: dict[Encoders, int] = {"unified": 1, "ResBlk-level": 6, "SEAN-level": 15, "pix2pixHD": 1}
"""How many style encoders there are: one for all layers, one a styled block, one a styled layer."""


class SEANConfig(BaseModel):
    """What SEAN is built from; the defaults are the published values.

    Attributes:
        classes: one-hot channels and style codes.
        ngf, ndf: width of the last block, and of a discriminator's first layer.
        hidden: width inside SPADE.
        style_length: length of a style code.
        encoder_width: width of the style encoder's first layer.
        encoders: who shares a style encoder: all layers, those of a block, or none; "pix2pixHD" =
            one of Pix2PixHD's form for all.
        downsampling: False = the style encoder works at the image's own size.
        noise: False = no noise before the normalisations.
        generator: "SPADE" = the codes, spread over their regions, are channels of the label map,
            and SPADE alone modulates.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: int = Field(ge=1, le=4096)
    ngf: int = Field(default=64, ge=1)
    ndf: int = Field(default=64, ge=1)
    hidden: int = Field(default=128, ge=1)
    style_length: int = Field(default=512, ge=1)
    encoder_width: int = Field(default=32, ge=1)
    encoders: Encoders = "unified"
    downsampling: bool = True
    noise: bool = True
    generator: Literal["SEAN", "SPADE"] = "SEAN"

    divisor: ClassVar[int] = 32
    """What an image's sides must be divisible by: features start at 1/32 of them."""

    @property
    def conditions(self) -> int:
        """Channels of the map that the features start from: labels, and in SPADE++ codes."""
        return self.classes + (self.code_length if self.generator == "SPADE" else 0)

    @property
    def code_length(self) -> int:
        """Length of a region's codes of all encoders, side by side."""
        return ENCODERS[self.encoders] * self.style_length


def sean_config(variant: str = "celebamask-hq", **fields: Any) -> SEANConfig:
    """The configuration of a variant; `fields` replace its values.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return SEANConfig(**{**VARIANTS[variant], **fields})


class SEANGenerator(nn.Module):
    """Styled regions -> image, [B,3,H,W] in [-1,1]; sides are multiples of 32.

    Args:
        config: widths.
        spectral_norm: training form; False takes folded weights.
    """

    def __init__(self, config: SEANConfig, *, spectral_norm: bool = True) -> None:
        super().__init__()
        self.config = config
        nf = config.ngf
        block = _Blocks(config, spectral_norm)
        encoders = [_encoder(config) for _ in range(ENCODERS[config.encoders])]
        self.Zencoder = encoders[0] if len(encoders) == 1 else nn.ModuleList(encoders)
        self.fc = nn.Conv2d(config.conditions, 16 * nf, 3, padding=1)
        self.head_0 = block(16 * nf, 16 * nf)
        self.G_middle_0 = block(16 * nf, 16 * nf)
        self.G_middle_1 = block(16 * nf, 16 * nf)
        self.up_0 = block(16 * nf, 8 * nf)
        self.up_1 = block(8 * nf, 4 * nf)
        self.up_2 = block(4 * nf, 2 * nf)
        # The last block carries no style in the released network; its authors do not say why.
        self.up_3 = block(2 * nf, nf, styled=False)
        self.conv_img = nn.Conv2d(nf, 3, 3, padding=1)

    def forward(self, regions: StyledRegions, noise: Tensor | None = None) -> Tensor:
        """The image of `regions`.

        Args:
            regions: of the image's size.
            noise: as `draw_noise` gives it; None = drawn afresh.
        """
        spade = self.config.generator == "SPADE"
        if noise is not None:
            regions = replace(regions, noises=self._split(noise, regions.map.size))
        shown = regions.spread() if spade else regions.map
        condition = shown if spade else regions
        height, width = shown.size
        start = shown.resize((height // self.config.divisor, width // self.config.divisor))
        x = self.fc(start.dense())  # (B, 16 nf, H/32, W/32)
        x = self.head_0(x, condition)
        x = self.G_middle_0(double(x), condition)
        x = self.G_middle_1(x, condition)
        x = self.up_0(double(x), condition)
        x = self.up_1(double(x), condition)
        x = self.up_2(double(x), condition)
        x = self.up_3(double(x), condition)  # (B, nf, H, W)
        return torch.tanh(self.conv_img(rectify(x)))

    def draw_noise(self, size: tuple[int, int], generators: Sequence[Generator]) -> Tensor:
        """The normals of all layers for images of a size, float32 [B,N] on the CPU.

        Args:
            size: (height, width) of the images.
            generators: CPU generators; each image's noise depends on its own alone.
        """
        sizes = self._noise_sizes(size)

        def draw(generator: Generator) -> Tensor:
            return torch.cat([torch.randn(h * w, generator=generator) for h, w in sizes])

        if not sizes:
            return torch.empty(len(generators), 0)
        with ThreadPoolExecutor(max_workers=min(len(generators), cores())) as pool:
            return torch.stack(list(pool.map(draw, generators)))

    def _split(self, noise: Tensor, size: tuple[int, int]) -> Iterator[Tensor]:
        sizes = self._noise_sizes(size)
        for one, (h, w) in zip(torch.split(noise, [h * w for h, w in sizes], dim=1), sizes):
            yield one.view(-1, 1, h, w)

    def _noise_sizes(self, size: tuple[int, int]) -> list[tuple[int, int]]:
        """The size of every map of noise, in the order in which layers add them."""
        blocks = {32: ["head_0"], 16: ["G_middle_0", "G_middle_1"]}
        blocks |= {2 ** (3 - k): [f"up_{k}"] for k in range(4)}
        found = []
        for step, names in blocks.items():
            for name in names:
                layers = [m for m in self.get_submodule(name).modules() if _adds_noise(m)]
                found += [(size[0] // step, size[1] // step)] * len(layers)
        return found

    def encode(self, image: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Style codes of the regions that an image shows.

        Args:
            image: [B,3,H,W] in [-1,1].
            labels: int64 [B,H,W]; pixels of -1 count for no region.

        Returns:
            Codes [B,classes,E*D] of the E encoders side by side, zero for absent classes, and bool
            [B,classes], which are there.
        """
        classes = self.config.classes
        every = self.Zencoder if isinstance(self.Zencoder, nn.ModuleList) else [self.Zencoder]
        found = [region_means(_features(one, image), labels, classes) for one in every]
        return torch.cat([codes for codes, _ in found], dim=2), found[0][1]


class _Blocks:
    """Makes the residual blocks in their order; each knows whose style codes its layers read."""

    def __init__(self, config: SEANConfig, spectral_norm: bool) -> None:
        self.config = config
        self.spectral_norm = spectral_norm
        self.blocks, self.layers = 0, 0

    def __call__(self, inputs: int, outputs: int, *, styled: bool = True) -> ModulatedResBlock:
        config = self.config

        def norm(channels: int) -> nn.Module:
            if config.generator == "SPADE":
                return SPADE(channels, config.conditions, config.hidden)
            encoder = {"ResBlk-level": self.blocks, "SEAN-level": self.layers}
            self.layers += 1
            return RegionAdaptiveNorm(
                channels,
                config.classes,
                config.style_length,
                config.hidden,
                styled=styled,
                noise=config.noise,
                encoder=encoder.get(config.encoders, 0),
            )

        name = "norm" if config.generator == "SPADE" else "ace"
        block = ModulatedResBlock(
            inputs, outputs, norm, name=name, spectral_norm=self.spectral_norm
        )
        self.blocks += 1
        return block


def _adds_noise(layer: nn.Module) -> bool:
    return isinstance(layer, RegionAdaptiveNorm) and layer.noise_var is not None


def _encoder(config: SEANConfig) -> SEANEncoder | FeatureEncoder:
    if config.encoders == "pix2pixHD":
        width, features = config.encoder_width, config.style_length
        return FeatureEncoder(Pix2PixHDConfig(classes=1, features=features, nef=width))
    return SEANEncoder(config.encoder_width, config.style_length, downsampling=config.downsampling)


def _features(encoder: nn.Module, image: Tensor) -> Tensor:
    """Features before they are averaged; over regions, where Pix2PixHD averages over instances."""
    found: Tensor = encoder.raw(image) if isinstance(encoder, FeatureEncoder) else encoder(image)
    return found


class SEANEncoder(nn.Module):
    """The style encoder: [B,3,H,W] -> features [B,D,H/2,W/2] in (-1,1).

    Three convolutions down to a quarter, one transposed up to a half, one to the code's length.
    Without downsampling every layer works at the image's size, with the same parameters.
    """

    def __init__(
        self, width: int = 32, style_length: int = 512, *, downsampling: bool = True
    ) -> None:
        super().__init__()
        step = 2 if downsampling else 1
        up = nn.ConvTranspose2d(4 * width, 8 * width, 3, step, padding=1, output_padding=step - 1)
        self.model = nn.Sequential(
            nn.ReflectionPad2d(1),
            *_layer(nn.Conv2d(3, width, 3)),
            *_layer(nn.Conv2d(width, 2 * width, 3, step, 1)),
            *_layer(nn.Conv2d(2 * width, 4 * width, 3, step, 1)),
            *_layer(up),
            nn.ReflectionPad2d(1),
            nn.Conv2d(8 * width, style_length, 3),
            nn.Tanh(),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Features of every second pixel, before they are averaged over regions."""
        features: Tensor = self.model(image)
        return features


def region_means(features: Tensor, labels: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Mean of the features [B,D,h,w] over each class of a label map [B,H,W].

    Labels are resized nearest to the features; -1 counts nowhere.

    Returns:
        Means [B,classes,D], zero for an absent class, and bool [B,classes], which are there.
    """
    size = (features.shape[2], features.shape[3])
    means, pixels = image_means(features, resize_nearest(labels + 1, size), classes + 1)
    return means[:, 1:], pixels[:, 1:] > 0


def sean_discriminator(config: SEANConfig, *, spectral_norm: bool = True) -> MultiScale:
    """Two scales over concat[one-hot labels, image], three hidden layers each."""
    return MultiScale(
        lambda: PatchDiscriminator(
            config.classes + 3, config.ndf, (2, 2, 2), spectral_norm=spectral_norm
        )
    )


def _layer(conv: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    return [conv, InstanceNorm(), nn.LeakyReLU(0.2)]
