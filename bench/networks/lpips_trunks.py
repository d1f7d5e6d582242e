"""The trunks of LPIPS: AlexNet, SqueezeNet 1.1 and VGG-16, cut where the distance looks.

| trunk | paper | cut behind layer |
| --- | --- | --- |
| alex | Krizhevsky 2014, "One weird trick", without its groups | 1, 4, 7, 9, 11 |
| squeeze | Iandola et al. 2016, version 1.1 | 1, 4, 7, 9, 10, 11, 12 |
| vgg | Simonyan and Zisserman 2015 | 3, 8, 15, 22, 29 |

Layers are counted as in torchvision's `features`, whose names the weights have. They are put together
here because importing the `lpips` package, and torchvision with it, takes as long as fifty pairs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

from bench.networks.perceptual import lpips_slices

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.perceptual import Trunk

__all__ = ["LPIPSTrunk", "build_trunk"]


class LPIPSTrunk(nn.Module):
    """Layers in slices, each of which ends where the distance looks.

    Args:
        layers: as torchvision counts them.
        ends: the last layer of each slice.
    """

    def __init__(self, layers: list[nn.Module], ends: tuple[int, ...]) -> None:
        super().__init__()
        for i, (before, end) in enumerate(pairwise((-1, *ends)), 1):
            own = OrderedDict((str(at), layers[at]) for at in range(before + 1, end + 1))
            self.add_module(f"slice{i}", nn.Sequential(own))

    def forward(self, x: Tensor) -> list[Tensor]:
        """[B,3,H,W] -> what each slice ends with, [B,C,h,w]."""
        found = []
        for part in self.children():
            x = part(x)
            found.append(x)
        return found


def build_trunk(trunk: Trunk, tensors: Mapping[str, Tensor]) -> LPIPSTrunk:
    """The trunk with its tensors, frozen.

    Args:
        trunk: which one.
        tensors: the weights by torchvision's names ("features.0.weight").
    """
    layers, ends = {"alex": _alex, "squeeze": _squeeze, "vgg": _vgg}[trunk]()
    network = LPIPSTrunk(layers, ends)
    network.load_state_dict(lpips_slices(network, tensors), assign=True)
    return network.eval().requires_grad_(False)


def _alex() -> tuple[list[nn.Module], tuple[int, ...]]:
    layers: list[nn.Module] = [
        _convolution(3, 64, 11, stride=4, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2),
        _convolution(64, 192, 5, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2),
        _convolution(192, 384, 3, padding=1),
        nn.ReLU(inplace=True),
        _convolution(384, 256, 3, padding=1),
        nn.ReLU(inplace=True),
        _convolution(256, 256, 3, padding=1),
        nn.ReLU(inplace=True),
    ]
    return layers, (1, 4, 7, 9, 11)


def _squeeze() -> tuple[list[nn.Module], tuple[int, ...]]:
    layers: list[nn.Module] = [_convolution(3, 64, 3, stride=2), nn.ReLU(inplace=True)]
    channels = 64
    for widths in ((16, 16), (32, 32), (48, 48, 64, 64)):
        layers.append(nn.MaxPool2d(3, stride=2, ceil_mode=True))
        for width in widths:
            layers.append(_Fire(channels, width))
            channels = 8 * width
    return layers, (1, 4, 7, 9, 10, 11, 12)


def _vgg() -> tuple[list[nn.Module], tuple[int, ...]]:
    return list(_vgg_layers()), (3, 8, 15, 22, 29)


def _vgg_layers() -> Iterator[nn.Module]:
    channels = 3
    for count, width in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(count):
            yield _convolution(channels, width, 3, padding=1)
            yield nn.ReLU(inplace=True)
            channels = width
        yield nn.MaxPool2d(2, stride=2)


class _Fire(nn.Module):
    """Squeezed to few channels by 1x1, then widened by 1x1 and 3x3 side by side (figure 1)."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.squeeze = _convolution(channels, width, 1)
        self.expand1x1 = _convolution(width, 4 * width, 1)
        self.expand3x3 = _convolution(width, 4 * width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B,C,h,w] -> [B,8 width,h,w]."""
        import torch

        few = torch.relu_(self.squeeze(x))
        wide = torch.relu_(self.expand1x1(few)), torch.relu_(self.expand3x3(few))
        return torch.cat(wide, dim=1)


def _convolution(
    channels: int, width: int, side: int, *, stride: int = 1, padding: int = 0
) -> nn.Conv2d:
    return nn.Conv2d(channels, width, side, stride=stride, padding=padding, device="meta")
