"""The multi-scale patch discriminators of SPADE, SESAME and SEAN (docs/protocol/generation.md, A.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.instance_norm import InstanceNorm
from baselines.layers.spectral import spectral

__all__ = ["MultiScale", "PatchDiscriminator", "patch_head", "patch_stream", "scores"]

Features = list[Tensor]


def patch_stream(
    inputs: int, ndf: int, strides: Sequence[int], *, spectral_norm: bool = True
) -> list[nn.Sequential]:
    """The hidden layers: conv4x4 with padding 2, widths ndf, 2 ndf, ... up to 8 ndf.

    The first is plain; the others have spectral norm, no bias, and instance norm. LeakyReLU 0.2
    after each.
    """
    layers = [nn.Sequential(nn.Conv2d(inputs, ndf, 4, strides[0], 2), nn.LeakyReLU(0.2))]
    width = ndf
    for stride in strides[1:]:
        wider = min(2 * width, 8 * ndf)
        conv = spectral(nn.Conv2d(width, wider, 4, stride, 2, bias=False), spectral_norm)
        normed = nn.Sequential(conv, InstanceNorm())
        layers.append(nn.Sequential(normed, nn.LeakyReLU(0.2)))
        width = wider
    return layers


def patch_head(ndf: int, hidden_layers: int) -> nn.Sequential:
    """The last layer: conv4x4 to one score a patch, without spectral norm."""
    return nn.Sequential(nn.Conv2d(ndf * min(2 ** (hidden_layers - 1), 8), 1, 4, 1, 2))


class PatchDiscriminator(nn.Module):
    """One scale: [B,inputs,H,W] -> the features of every layer, the scores last.

    Args:
        inputs: channels of the semantics and the image together.
        ndf: width of the first layer.
        strides: of the hidden layers (SPADE 2,2,2,1; SEAN 2,2,2).
        spectral_norm: training form.
    """

    def __init__(
        self, inputs: int, ndf: int, strides: Sequence[int], *, spectral_norm: bool = True
    ) -> None:
        super().__init__()
        layers = patch_stream(inputs, ndf, strides, spectral_norm=spectral_norm)
        layers.append(patch_head(ndf, len(strides)))
        for n, layer in enumerate(layers):
            self.add_module(f"model{n}", layer)

    def forward(self, x: Tensor) -> Features:
        """Semantics first, then the image, on the channel axis."""
        features = []
        for layer in self.children():
            x = layer(x)
            features.append(x)
        return features


class MultiScale(nn.Module):
    """The same discriminator at several sizes, each with its own weights.

    Args:
        make: makes the discriminator of one scale.
        scales: how many; each sees its predecessor's input at half the size.
    """

    def __init__(self, make: Callable[[], nn.Module], scales: int = 2) -> None:
        super().__init__()
        for n in range(scales):
            self.add_module(f"discriminator_{n}", make())

    def forward(self, x: Tensor) -> list[Features]:
        """For each scale, full size first, the features of every layer, the scores last.

        The input is halved as a whole, so that smaller scales see fractional semantics.
        """
        found = []
        for discriminator in self.children():
            found.append(discriminator(x))
            x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
        return found


def scores(features: list[Features]) -> list[Tensor]:
    """The patch scores of each scale, out of what a multi-scale discriminator returns."""
    return [scale[-1] for scale in features]
