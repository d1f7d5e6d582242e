"""The Swapping Autoencoder's two discriminators: of images, and of patches' co-occurrence."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from baselines.layers.equalised import ConvLayer, EqualisedLinear, ResBlock
from baselines.sae.config import SAEConfig

__all__ = ["ImageDiscriminator", "CooccurrenceDiscriminator", "random_patches"]

_TAPS = (1, 3, 3, 1)


class ImageDiscriminator(nn.Module):
    """StyleGAN2's residual discriminator without minibatch deviation: [B,3,size,size] -> [B,1]."""

    def __init__(self, config: SAEConfig) -> None:
        super().__init__()
        self.stylegan2_D = _ResidualStack(config)

    def forward(self, image: Tensor) -> Tensor:
        """Scores; the argument of the softplus loss."""
        scores: Tensor = self.stylegan2_D(image)
        return scores


class _ResidualStack(nn.Module):
    def __init__(self, config: SAEConfig) -> None:
        super().__init__()
        sizes = _halvings(config.size)
        widths = [_image_width(size, config.discriminator_capacity) for size in sizes]
        self.convs = nn.Sequential(ConvLayer(3, widths[0], 1))
        number = 1
        for size, inputs, outputs in zip(sizes, widths, widths[1:]):
            # Blocks above 256 are named by their size, so that the others keep their numbers.
            name = f"{_power(size)}x{_power(size)}" if _power(size) > 256 else str(number)
            number += _power(size) <= 256
            self.convs.add_module(name, ResBlock(inputs, outputs, _TAPS))
        self.final_conv = ConvLayer(widths[-1], widths[-1], 3, pad=1)
        self.final_linear = nn.Sequential(
            EqualisedLinear(widths[-1] * sizes[-1] ** 2, widths[-1], active=True),
            EqualisedLinear(widths[-1], 1),
        )

    def forward(self, image: Tensor) -> Tensor:
        features = self.final_conv(self.convs(image))
        scores: Tensor = self.final_linear(features.flatten(1))
        return scores


class CooccurrenceDiscriminator(nn.Module):
    """Whether a patch shows the same texture as reference patches.

    `forward(patches, references)`: [N,3,s,s] and [N,K,3,s,s] -> [N,1]; the references' features are
    averaged over K.
    """

    def __init__(self, config: SAEConfig) -> None:
        super().__init__()
        sizes = _halvings(config.patch_size)
        unit = config.patch_capacity
        widths = [
            min(config.patch_width, int(2**i * unit * 1024 / config.patch_size))
            for i in range(len(sizes))
        ]
        self.convs = nn.Sequential(ConvLayer(3, widths[0], 3, pad=1))
        number = 1
        for size, inputs, outputs in zip(sizes, widths, widths[1:]):
            name = f"{size}x{size}" if size > 64 else str(number)
            number += size <= 64
            self.convs.add_module(name, ResBlock(inputs, outputs, _TAPS))
        last = widths[-1]
        self.convs.add_module(str(number), ResBlock(last, 2 * last, down=False))
        self.convs.add_module(str(number + 1), ConvLayer(2 * last, last, 3))
        pair = 2 * last * (sizes[-1] - 2) ** 2
        hidden = (2048, 2048, 1024)
        self.pairlinear = nn.Sequential(
            *(
                EqualisedLinear(inputs, outputs, active=True)
                for inputs, outputs in zip((pair, *hidden), hidden)
            ),
            EqualisedLinear(hidden[-1], 1),
        )

    def features(self, patches: Tensor) -> Tensor:
        """[N,3,s,s] -> [N,F]."""
        found: Tensor = self.convs(patches).flatten(1)
        return found

    def forward(self, patches: Tensor, references: Tensor) -> Tensor:
        """Scores of the patches beside the references; the argument of the softplus loss."""
        count = references.shape[1]
        found = self.features(references.flatten(0, 1))
        reference = found.view(len(references), count, -1).mean(1)
        pair = torch.cat([self.features(patches), reference], dim=1)
        scores: Tensor = self.pairlinear(pair)
        return scores


def random_patches(
    images: Tensor,
    count: int,
    size: int,
    generator: Generator | None = None,
    scales: tuple[float, float] = (1 / 8, 1 / 4),
) -> Tensor:
    """Crops [B,count,3,size,size]: each axis scaled on its own, flipped at random, bilinear.

    Args:
        images: [B,3,H,W].
        count: crops for each image.
        size: side of a crop in pixels.
        generator: CPU generator of all draws; PyTorch's own on the images' device where None.
        scales: smallest and largest share of the image's side that a crop covers.
    """
    total = len(images) * count
    low, high = scales
    device = images.device if generator is None else None
    draws = torch.rand(total, 5, generator=generator, device=device).to(images)
    extent = low + (high - low) * draws[:, :2]
    centre = (draws[:, 2:4] * 2 - 1) * (1 - extent)
    flip = torch.where(draws[:, 4] < 0.5, -1.0, 1.0)
    line = (torch.arange(size, device=images.device).to(images) * 2 + 1) / size - 1
    across = line[None, :] * (extent[:, 0] * flip)[:, None] + centre[:, :1]
    down = line[None, :] * extent[:, 1:2] + centre[:, 1:]
    grid = torch.stack(
        [across[:, None, :].expand(-1, size, -1), down[:, :, None].expand(-1, -1, size)], dim=-1
    )
    repeated = images.repeat_interleave(count, 0)
    crops = F.grid_sample(repeated, grid, mode="bilinear", align_corners=False)
    return crops.view(len(images), count, 3, size, size)


def _halvings(size: int) -> list[int]:
    """Sides down to the 4x4 (or, for 768, 3x3) that the last layers see."""
    return [size >> i for i in range(_power(size).bit_length() - 2)]


def _power(size: int) -> int:
    return 1 << (size - 1).bit_length()


def _image_width(size: int, capacity: float) -> int:
    return int(min(512, 32768 // _power(size)) * capacity)
