"""LPIPS networks: the `lpips` package's trunks and linear weights, with trunks from this machine.

The distance is that of Zhang et al. 2018, version 0.1: at each layer the features are scaled to
unit length per pixel, squared differences are weighted by channel, and the layers' maps are added.
Features are handed out, so that the reference side of a comparison is computed once.
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Literal

import numpy as np

from bench.core.identity import Record, tensors_hash
from bench.networks.batches import exactly, run_in_batches
from bench.networks.weights import Found
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = [
    "SMALLEST",
    "TRUNKS",
    "Features",
    "LPIPSNetwork",
    "PerceptualNetwork",
    "Trunk",
    "lpips_slices",
    "lpips_trunk",
    "lpips_weights",
    "unit_length",
]

Trunk = Literal["alex", "squeeze", "vgg"]

TRUNKS: dict[Trunk, str] = {"alex": "alexnet", "squeeze": "squeezenet", "vgg": "vgg16"}
"""The trunks as LPIPS names them, and their names in the weights catalogue."""

SMALLEST = 32
"""The smallest side, in pixels, of an image that every trunk can look at."""

Features = Sequence["Tensor"]
"""One image's features: float32 [C,h,w] per layer, of unit length at each pixel."""


class PerceptualNetwork(abc.ABC):
    """A network that tells how unlike two images are, layer by layer.

    Attributes:
        device: where it runs.
    """

    device: str

    @abc.abstractmethod
    def identity(self) -> Record:
        """Tensors and preprocessing: the network's part of the protocol hash."""

    @abc.abstractmethod
    def features(self, images: UInt8) -> list[Features]:
        """The features of each of uint8 [B,H,W,3] RGB images, both sides at least `SMALLEST`."""

    @abc.abstractmethod
    def channel_weights(self) -> Sequence[Tensor]:
        """What each layer's channels count, float32 [C]."""

    def maps(self, one: Features, two: Features) -> list[Tensor]:
        """The distance at each pixel of each layer, float32 [h,w]: their means add up to it."""
        import torch

        with exactly():
            return [
                torch.einsum("chw,c->hw", (a - b) ** 2, weight.to(self.device))
                for a, b, weight in zip(one, two, self.channel_weights())
            ]

    def distance(self, one: Features, two: Features) -> float:
        """Between two images."""
        return sum(float(layer.mean()) for layer in self.maps(one, two))

    def spatial(self, maps: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """The package's spatial map, float32 [H,W]: each layer scaled up bilinearly, then added."""
        import torch
        from torch.nn import functional as F

        with exactly():
            total = torch.zeros(size, device=self.device)
            for layer in maps:
                total += F.interpolate(
                    layer[None, None], size=size, mode="bilinear", align_corners=False
                )[0, 0]
        return total


class LPIPSNetwork(PerceptualNetwork):
    """An LPIPS network.

    Args:
        trunk: "alex", "squeeze" or "vgg".
        weights: a file that holds the trunk.
        device: where the network runs.
    """

    def __init__(self, trunk: Trunk, weights: Found, device: str = "cpu") -> None:
        self.trunk = trunk
        self.weights = weights
        self.device = device

    def identity(self) -> Record:
        """Tensors and preprocessing: the network's part of the protocol hash."""
        linear = {f"lin{i}": weight.numpy() for i, weight in enumerate(lpips_weights(self.trunk))}
        return {
            "network": f"lpips-{self.trunk}, version 0.1",
            "trunk": self.weights.identity,
            "linear": tensors_hash(linear.items()),
            "input": "RGB in [-1,1]",
        }

    def features(self, images: UInt8) -> list[Features]:
        """The features of each of uint8 [B,H,W,3] RGB images, both sides at least `SMALLEST`."""
        network = _network(self.trunk, self.weights, self.device)

        def look(batch: UInt8) -> list[Features]:
            units = [unit_length(layer) for layer in network(self._scaled(batch))]
            return [[layer[i] for layer in units] for i in range(len(batch))]

        return run_in_batches(images, self.device, look)

    def channel_weights(self) -> tuple[Tensor, ...]:
        """The package's linear layers."""
        return lpips_weights(self.trunk)

    def _scaled(self, images: UInt8) -> Tensor:
        import torch
        from lpips import ScalingLayer

        plain = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
        scaled = plain.to(self.device).float() / 127.5 - 1
        shifted: Tensor = ScalingLayer().to(self.device)(scaled)
        return shifted.contiguous(memory_format=torch.channels_last)


def unit_length(layer: Tensor) -> Tensor:
    """[B,C,h,w] with every pixel's channels scaled to length 1, as the package does it."""
    from lpips import normalize_tensor

    unit: Tensor = normalize_tensor(layer)
    return unit.contiguous()


@functools.lru_cache(maxsize=3)
def lpips_weights(trunk: Trunk) -> tuple[Tensor, ...]:
    """The channel weights of each layer, float32 [C], as the package ships them."""
    import torch

    file = resources.files("lpips").joinpath(f"weights/v0.1/{trunk}.pth")
    with resources.as_file(file) as path:
        state = torch.load(path, map_location="cpu", weights_only=True)
    return tuple(state[f"lin{i}.model.1.weight"].flatten() for i in range(len(state)))


@functools.lru_cache(maxsize=4)
def _network(trunk: Trunk, weights: Found, device: str) -> nn.Module:
    """The package's trunk, one per file and device and process."""
    import torch

    from bench.networks.packed import pack

    network = lpips_trunk(trunk, weights).to(device)
    if device == "cpu":
        pack(network)
    return network.to(memory_format=torch.channels_last)


def lpips_trunk(trunk: Trunk, weights: Found) -> nn.Module:
    """The package's trunk with the tensors of a file, frozen, on the CPU.

    Called with images that went through the package's `ScalingLayer`, it gives its layers.
    """
    import warnings

    import torch
    from lpips import pretrained_networks

    kinds = {"alex": "alexnet", "squeeze": "squeezenet", "vgg": "vgg16"}
    with torch.device("meta"), warnings.catch_warnings():
        # torchvision warns of the argument `pretrained`, which the package still uses.
        warnings.simplefilter("ignore")
        network: nn.Module = getattr(pretrained_networks, kinds[trunk])(pretrained=False)
    network.load_state_dict(lpips_slices(network, weights.load()), assign=True)
    return network.eval().requires_grad_(False)


def lpips_slices(network: nn.Module, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The package cuts a trunk into slices and keeps the layers' numbers: slice2.3, features.3."""
    return {name: tensors["features." + name.split(".", 1)[1]] for name in network.state_dict()}
