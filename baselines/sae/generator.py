"""The Swapping Autoencoder's generator, structure and texture into an image, and the whole of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from baselines.layers.blur import Blur
from baselines.layers.equalised import ConvLayer, EqualisedLinear
from baselines.layers.modulated_conv import ModulatedConv, Style, StyledConv, style_at
from baselines.sae.config import SAEConfig, generator_width
from baselines.sae.encoder import SAEEncoder, normalise

__all__ = ["SAE", "SAEGenerator", "draw_noise", "draw_normal_maps"]

Noise = Mapping[str, tuple[Tensor, Tensor]]


class SAEGenerator(nn.Module):
    """Structure [B,8,h,w] and texture -> [B,3,16h,16w], not bounded by a tanh.

    The texture is a vector [B,2048], or a map [B,2048,h',w'] that gives every pixel its own.
    """

    def __init__(self, config: SAEConfig) -> None:
        super().__init__()
        self.config = config
        texture, first = config.texture, generator_width(config, 0)
        self.SpatialCodeModulation = _StructureModulation(config.structure, texture)
        # The head grows to its last width in even steps, no narrower than `head`.
        widths = _head_widths(config, first)
        for i, (inputs, outputs) in enumerate(zip((config.structure, *widths), widths)):
            self.add_module(
                f"HeadResnetBlock{i}", _StyledResBlock(inputs, outputs, texture, up=False)
            )
        for k in range(1, config.downsamplings + 1):
            block = _StyledResBlock(
                generator_width(config, k - 1), generator_width(config, k), texture, up=True
            )
            self.add_module(f"UpsamplingResBlock{2 ** (3 + k)}", block)
        self.ToRGB = _ToRGB(generator_width(config, config.downsamplings), texture)

    @property
    def blocks(self) -> list[str]:
        """The residual blocks' names in the order that data meets them."""
        return [
            name for name, module in self.named_children() if isinstance(module, _StyledResBlock)
        ]

    def forward(
        self,
        structure: Tensor,
        texture: Tensor,
        *,
        noise: Noise | None = None,
        textures: Mapping[str, tuple[Style, Style]] | None = None,
    ) -> Tensor:
        """The image.

        Args:
            structure: [B,8,h,w].
            texture: [B,2048] or [B,2048,h',w']; normalised again here, as the structure is.
            noise: for each block the noise of its two convolutions (see `draw_noise`), or none.
            textures: other textures for the two convolutions of some blocks, used as they are.
        """
        texture = normalise(texture)
        x = self.SpatialCodeModulation(normalise(structure), texture)
        for name in self.blocks:
            styles: tuple[Style, Style] = (textures or {}).get(name, (texture, texture))
            x = self.get_submodule(name)(x, styles, (noise or {}).get(name, (None, None)))
        image: Tensor = self.ToRGB(x, texture)
        return image


class SAE(nn.Module):
    """Encoder and generator, named as the flat official checkpoint names them.

    [B,3,H,W] in [-1,1] RGB -> its reconstruction, through structure and texture.
    """

    def __init__(self, config: SAEConfig) -> None:
        super().__init__()
        self.config = config
        self.E = SAEEncoder(config)
        self.G = SAEGenerator(config)

    def forward(self, image: Tensor) -> Tensor:
        """The reconstruction without noise."""
        rebuilt: Tensor = self.G(*self.E(image))
        return rebuilt


def draw_noise(
    network: SAEGenerator, size: tuple[int, int], generators: list[Generator] | int
) -> dict[str, tuple[Tensor, Tensor]]:
    """Standard normal noise for every block, one generator for each image of the batch.

    Args:
        network: the generator.
        size: (height, width) of the structure code.
        generators: CPU generators; each image's noise depends on its own alone. Or the number of
            images, whose noise is drawn on the network's device by PyTorch's own generator.
    """
    height, width = size
    noise: dict[str, tuple[Tensor, Tensor]] = {}
    device = network.ToRGB.bias.device
    for name in network.blocks:
        if name.startswith("Upsampling"):
            height, width = 2 * height, 2 * width
        first, second = (draw_normal_maps((1, height, width), generators, device) for _ in range(2))
        noise[name] = (first, second)
    return noise


def draw_normal_maps(
    shape: Sequence[int], generators: Sequence[Generator] | int, device: torch.device
) -> Tensor:
    """Standard normals [B,*shape] on a device; `generators` as in `draw_noise`."""
    if isinstance(generators, int):
        return torch.randn(generators, *shape, device=device)
    return torch.stack([torch.randn(*shape, generator=one) for one in generators]).to(device)


class _StructureModulation(nn.Module):
    def __init__(self, structure: int, texture: int) -> None:
        super().__init__()
        self.scale = EqualisedLinear(texture, structure)
        self.bias = EqualisedLinear(texture, structure)

    def forward(self, x: Tensor, texture: Tensor) -> Tensor:
        size = (x.shape[2], x.shape[3])
        return x * style_at(texture, self.scale, size) + style_at(texture, self.bias, size)


class _StyledResBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, texture: int, *, up: bool) -> None:
        super().__init__()
        self.up = up
        self.conv1 = StyledConv(inputs, outputs, texture, up=up)
        self.conv2 = StyledConv(outputs, outputs, texture)
        if inputs != outputs:
            self.skip = ConvLayer(inputs, outputs, 1, active=up)

    def forward(
        self,
        x: Tensor,
        styles: tuple[Style, Style],
        noise: tuple[Tensor | None, Tensor | None],
    ) -> Tensor:
        residual = self.conv2(self.conv1(x, styles[0], noise[0]), styles[1], noise[1])
        skip = self.skip(x) if hasattr(self, "skip") else x
        if self.up:
            skip = F.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=False)
        joined: Tensor = (skip + residual) / math.sqrt(2)
        return joined


class _ToRGB(nn.Module):
    def __init__(self, inputs: int, texture: int) -> None:
        super().__init__()
        self.conv = ModulatedConv(inputs, 3, 1, texture, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
        # Never applied: there is no pyramid of images. Official state dicts carry its kernel.
        self.upsample = Blur((1, 3, 3, 1), (2, 1), gain=4.0)

    def forward(self, x: Tensor, texture: Tensor) -> Tensor:
        image: Tensor = self.conv(x, texture) + self.bias
        return image


def _head_widths(config: SAEConfig, last: int) -> list[int]:
    first = int(config.head * config.generator_capacity)
    steps = config.head_blocks
    if steps == 1:
        return [last]
    return [first + (last - first) * i // (steps - 1) for i in range(steps)]
