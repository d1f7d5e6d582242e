"""Pix2PixHD: an image from labels and instance borders, with styles of instances (Wang et al., CVPR 2018).

    config = pix2pixhd_config("features", classes=35)
    network = Pix2PixHD(config)
    labels = pix2pixhd_labels(config, classes_of_pixels, edges)
    features = network.E(image, instances)                      # with features only
    image = network(labels, features)                           # [B,3,H,W] RGB in [-1,1]

Parameters carry the published names (docs/protocol/rivals.md, B.1); every convolution has a bias, also
before a normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.instance_norm import InstanceNorm
from baselines.layers.label_map import SymbolMap, fixed_sizes
from baselines.layers.region_style import average_regions, image_means, most_regions, number_regions
from baselines.layers.residual import ReflectedResBlock
from baselines.layers.scaled_discriminator import ScaledDiscriminator
from baselines.layers.wide_label_conv import halve_labels, reflected_conv

__all__ = [
    "VARIANTS",
    "FeatureEncoder",
    "GlobalGenerator",
    "LocalEnhancer",
    "Pix2PixHD",
    "Pix2PixHDConfig",
    "pix2pixhd_config",
    "pix2pixhd_discriminator",
    "pix2pixhd_labels",
    "run_layers",
]

REGIONS = 256
"""Instances of an image with features of their own in training on a GPU; the last takes those beyond."""

_LOCAL = {"ngf": 32, "enhancers": 1}
_FEATURES = {"features": 3}

VARIANTS: dict[str, dict[str, Any]] = {
    "cityscapes": {"classes": 35},
    "cityscapes features": {"classes": 35, **_FEATURES},
    "cityscapes 1024p": {"classes": 35, "scales": 3, **_LOCAL},
    "cityscapes 1024p features": {"classes": 35, "scales": 3, **_LOCAL, **_FEATURES},
    "label": {},
    "features": _FEATURES,
    "label local": _LOCAL,
    "features local": {**_LOCAL, **_FEATURES},
}
"""The published forms for Cityscapes (512 and 1024 pixels high), and the same for any label space."""


class Pix2PixHDConfig(BaseModel):
    """What Pix2PixHD is built from; the defaults are the published values of the global generator.

    Attributes:
        classes: one-hot channels (35 Cityscapes labelIds).
        instance_edges: one more channel with the borders of instances.
        features: channels of the instances' features (published: 3); 0 = labels and edges alone.
        ngf, ndf, nef: width of the first layer of the generator at full size (64; 32 with a local
            enhancer), of a discriminator, of the feature encoder.
        downsamplings, blocks: of the global generator.
        enhancers, local_blocks: local enhancers, each at twice the size, and residual blocks of each.
        encoder_downsamplings: of the feature encoder.
        discriminator_layers, scales: of the discriminator (3 scales at 2048x1024).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: int = Field(ge=1, le=4096)
    instance_edges: bool = True
    features: int = Field(default=0, ge=0)
    ngf: int = Field(default=64, ge=1)
    ndf: int = Field(default=64, ge=1)
    nef: int = Field(default=16, ge=1)
    downsamplings: int = Field(default=4, ge=1, le=8)
    blocks: int = Field(default=9, ge=0, le=64)
    enhancers: int = Field(default=0, ge=0, le=4)
    local_blocks: int = Field(default=3, ge=0, le=64)
    encoder_downsamplings: int = Field(default=4, ge=1, le=8)
    discriminator_layers: int = Field(default=3, ge=1, le=8)
    scales: int = Field(default=2, ge=1, le=8)

    @property
    def label_channels(self) -> int:
        """Channels of the label map: classes, then edges."""
        return self.classes + self.instance_edges

    @property
    def divisor(self) -> int:
        """What an image's sides must be divisible by."""
        encoder = self.encoder_downsamplings if self.features else 0
        return int(2 ** max(self.downsamplings + self.enhancers, encoder))


def pix2pixhd_config(variant: str = "cityscapes", **fields: Any) -> Pix2PixHDConfig:
    """The configuration of a variant; `fields` replace its values.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return Pix2PixHDConfig(**{**VARIANTS[variant], **fields})


def pix2pixhd_labels(config: Pix2PixHDConfig, labels: Tensor, edges: Tensor) -> SymbolMap:
    """The label map that the network reads; void is zero in every class's channel.

    Args:
        config: says which channels there are.
        labels: int64 [B,H,W], -1 = void.
        edges: bool [B,H,W], True at the border of an instance.
    """
    bits = [edges] if config.instance_edges else []
    return SymbolMap.of_labels(labels, config.classes, torch.float32, bits)


class Pix2PixHD(nn.Module):
    """The generator `G` and, with features, their encoder `E`, as one network.

    Labels (and features) -> image, [B,3,H,W] in [-1,1]; sides divisible by `config.divisor`.
    """

    def __init__(self, config: Pix2PixHDConfig) -> None:
        super().__init__()
        self.config = config
        self.G = LocalEnhancer(config) if config.enhancers else GlobalGenerator(config)
        self.E = FeatureEncoder(config) if config.features else None

    def forward(self, labels: SymbolMap, features: Tensor | None = None) -> Tensor:
        """The image.

        Args:
            labels: the label map at the image's size.
            features: [B,features,H,W], constant over each instance; with features only.
        """
        image: Tensor = self.G(labels, features)
        return image


class GlobalGenerator(nn.Module):
    """Convolution, D halvings, residual blocks, D doublings, convolution.

    [B,L,H,W] labels and [B,F,H,W] features -> [B,3,H,W] in [-1,1]; sides are multiples of 2^D.
    """

    def __init__(self, config: Pix2PixHDConfig) -> None:
        super().__init__()
        inputs = config.label_channels + config.features
        self.model = nn.Sequential(
            *_trunk(inputs, config.ngf, config.downsamplings, config.blocks), *_head(config.ngf, 3)
        )

    def forward(self, labels: SymbolMap, features: Tensor | None = None) -> Tensor:
        """The image."""
        x = _first(self.model, labels, features)
        return run_layers(self.model[2:], x)


class LocalEnhancer(nn.Module):
    """A global generator at half the size (or less), and an enhancer for each doubling above it.

    The global generator of width ngf 2^m lacks its last layers; its features join the enhancer's at
    half the enhancer's size. Sides are multiples of 2^(D+m).
    """

    def __init__(self, config: Pix2PixHDConfig) -> None:
        super().__init__()
        self.enhancers = config.enhancers
        inputs, width = config.label_channels + config.features, config.ngf * 2**config.enhancers
        self.model = nn.Sequential(*_trunk(inputs, width, config.downsamplings, config.blocks))
        for k in range(1, config.enhancers + 1):
            width //= 2
            down = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, width, 7), InstanceNorm(), nn.ReLU()]
            self.add_module(f"model{k}_1", nn.Sequential(*down, *_halving(width)))
            blocks = [ReflectedResBlock(2 * width) for _ in range(config.local_blocks)]
            last = _head(width, 3) if k == config.enhancers else []
            self.add_module(f"model{k}_2", nn.Sequential(*blocks, *_doubling(2 * width), *last))

    def forward(self, labels: SymbolMap, features: Tensor | None = None) -> Tensor:
        """The image."""
        pyramid = [(labels, features)]
        for _ in range(self.enhancers):
            labels, features = _halved(labels, features)
            pyramid.append((labels, features))
        x = run_layers(self.model[2:], _first(self.model, *pyramid[-1]))  # at 1/2^m of the size
        for k in range(1, self.enhancers + 1):
            own = self.get_submodule(f"model{k}_1")
            assert isinstance(own, nn.Sequential)
            local = run_layers(own[2:], _first(own, *pyramid[-1 - k]))
            joined = self.get_submodule(f"model{k}_2")
            assert isinstance(joined, nn.Sequential)
            x = run_layers(joined, local + x)
        return x


class FeatureEncoder(nn.Module):
    """Image -> features that are constant over each instance; in [-1,1].

    The global generator's shape without residual blocks; then every pixel takes its instance's mean.
    """

    def __init__(self, config: Pix2PixHDConfig) -> None:
        super().__init__()
        trunk = _trunk(3, config.nef, config.encoder_downsamplings, 0)
        self.model = nn.Sequential(*trunk, *_head(config.nef, config.features))

    def forward(self, image: Tensor, instances: Tensor) -> Tensor:
        """[B,features,H,W] of an image [B,3,H,W] in [-1,1], pooled over `instances` int64 [B,H,W]."""
        return _pooled(self.raw(image), instances)[0]

    def visible(self, masked: Tensor, known: Tensor, instances: Tensor, labels: Tensor) -> Tensor:
        """Features of instances from known pixels alone, [B,features,H,W] (B.6).

        Every pixel takes the mean over its instance's known pixels; an instance without any takes the
        mean over the known pixels of its label, else zero.

        Args:
            masked: [B,3,H,W] in [-1,1], zero where it is not known.
            known: bool [B,H,W].
            instances, labels: int64 [B,H,W].
        """
        raw = self.raw(masked)
        own, shown = _pooled(raw, instances, known)
        others, _ = _pooled(raw, labels, known)
        return torch.where(shown.unsqueeze(1), own, others)

    def raw(self, image: Tensor) -> Tensor:
        """The features of every pixel, [B,features,H,W]."""
        return run_layers(self.model, image)


def _pooled(raw: Tensor, regions: Tensor, known: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Each pixel's region's mean over the pixels that count [B,D,H,W], zero without any; where is one."""
    if fixed_sizes(raw.device):
        most = REGIONS if torch.is_grad_enabled() else most_regions(regions)
        places, _ = number_regions(regions, most)
        own, counts = image_means(raw, places % most, most, known)
        means, pixels = own.flatten(0, 1), counts.flatten()
    else:
        places, items = number_regions(regions)
        means, pixels = average_regions(raw, places, len(items), known)
    spread = F.embedding(places, means.to(raw.dtype)).permute(0, 3, 1, 2)
    return spread, pixels[places] > 0


def pix2pixhd_discriminator(config: Pix2PixHDConfig) -> ScaledDiscriminator:
    """Over concat[one-hot labels, edges, image]; it never sees the features."""
    return ScaledDiscriminator(
        config.label_channels + 3, config.ndf, config.discriminator_layers, config.scales
    )


def run_layers(layers: Sequence[nn.Module] | nn.Sequential, x: Tensor) -> Tensor:
    """One layer after the other; activations in place where no gradient needs their input."""
    inplace = not torch.is_grad_enabled()
    for layer in layers:
        x = F.relu(x, inplace=inplace) if isinstance(layer, nn.ReLU) else layer(x)
    return x


def _trunk(inputs: int, width: int, halvings: int, blocks: int) -> list[nn.Module]:
    """All layers of a global generator but the last three; they end with `width` channels."""
    layers: list[nn.Module] = [
        nn.ReflectionPad2d(3),
        nn.Conv2d(inputs, width, 7),
        InstanceNorm(),
        nn.ReLU(),
    ]
    for n in range(halvings):
        layers += _halving(width * 2**n)
    layers += [ReflectedResBlock(width * 2**halvings) for _ in range(blocks)]
    for n in reversed(range(halvings)):
        layers += _doubling(width * 2 ** (n + 1))
    return layers


def _halving(width: int) -> list[nn.Module]:
    return [nn.Conv2d(width, 2 * width, 3, 2, 1), InstanceNorm(), nn.ReLU()]


def _doubling(width: int) -> list[nn.Module]:
    up = nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1)
    return [up, InstanceNorm(), nn.ReLU()]


def _head(width: int, outputs: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(3), nn.Conv2d(width, outputs, 7), nn.Tanh()]


def _first(layers: nn.Sequential, labels: SymbolMap, features: Tensor | None) -> Tensor:
    """The padding and the convolution that a stack begins with."""
    convolution = layers[1]
    assert isinstance(convolution, nn.Conv2d)
    return reflected_conv(labels, convolution, features)


def _halved(labels: SymbolMap, features: Tensor | None) -> tuple[SymbolMap, Tensor | None]:
    # The whole input is average-pooled: smaller sizes see fractions of labels.
    if features is not None:
        features = F.avg_pool2d(features, 3, stride=2, padding=1, count_include_pad=False)
    return halve_labels(labels), features
