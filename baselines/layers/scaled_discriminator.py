"""The multi-scale discriminator of Pix2PixHD, which HIM shares (docs/protocol/rivals.md, B.1, D.1, D.5).

It is not SPADE's (`patch_discriminator`): no spectral norm, biases everywhere, widths up to 512, other
names, and the scales numbered from the smallest.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.residual import Norm, instance_norms

__all__ = ["ScaledDiscriminator"]

_WIDEST = 512

Features = list[Tensor]


class ScaledDiscriminator(nn.Module):
    """[B,inputs,H,W] -> for each scale, full size first, the features of every layer, scores last.

    Each scale sees the average pool (3x3, stride 2, padding not counted) of its predecessor's input.
    In the parameters' names `scale0` is the smallest.

    Args:
        inputs: channels of the condition and the image together.
        ndf: width of the first layer; doubled by each further one, up to 512.
        layers: with stride 2; one with stride 1 and the scores follow.
        scales: how many.
        norm: of all layers but the first and the scores.
    """

    def __init__(
        self,
        inputs: int,
        ndf: int = 64,
        layers: int = 3,
        scales: int = 2,
        norm: Norm = instance_norms,
    ) -> None:
        super().__init__()
        self.scales = scales
        self.layers = layers + 2
        widths = [min(ndf * 2**n, _WIDEST) for n in range(layers + 1)]
        for scale in range(scales):
            stack: list[nn.Module] = [_layer(inputs, widths[0], 2)]
            for n in range(1, layers + 1):
                stride = 1 if n == layers else 2
                stack.append(_layer(widths[n - 1], widths[n], stride, norm))
            stack.append(nn.Sequential(nn.Conv2d(widths[-1], 1, 4, 1, 2)))
            for n, layer in enumerate(stack):
                self.add_module(f"scale{scale}_layer{n}", layer)

    def forward(self, x: Tensor) -> list[Features]:
        """Condition first, then the image, on the channel axis."""
        found = []
        for scale in reversed(range(self.scales)):
            features, y = [], x
            for n in range(self.layers):
                y = self.get_submodule(f"scale{scale}_layer{n}")(y)
                features.append(y)
            found.append(features)
            x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
        return found


def _layer(inputs: int, outputs: int, stride: int, norm: Norm | None = None) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, 4, stride, 2)
    normed = [] if norm is None else [norm(outputs)]
    return nn.Sequential(conv, *normed, nn.LeakyReLU(0.2))
