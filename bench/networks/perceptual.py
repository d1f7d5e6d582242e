"""LPIPS networks: the `lpips` package's trunks and linear weights, with trunks from this machine.

The distance is that of Zhang et al. 2018, version 0.1: at each layer the features are scaled to
unit length per pixel, squared differences are weighted by channel, and the layers' maps are added.
Features are handed out, so that the reference side of a comparison is computed once.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from bench.core.errors import Unavailable
from bench.core.identity import Record, tensors_hash
from bench.core.threads import made_once, side_by_side
from bench.core.transfers import ToHost, to_device
from bench.networks.batches import batch_shape, exactly, in_turn, run_in_batches
from bench.networks.preprocessing import planes
from bench.networks.weights import Found
from bench.scene import Bool, UInt8

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = [
    "SMALLEST",
    "TRUNKS",
    "Features",
    "LPIPSNetwork",
    "PerceptualNetwork",
    "Trunk",
    "lpips_scaled",
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

_MOST = 16
"""Images in a batch on an accelerator: VGG's features of one of 256 x 256 pixels are 32 MiB."""

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

    def warm_up(self) -> None:
        """Loads the network; an accelerator also loads what the first batch needs."""
        self.channel_weights()
        if self.device != "cpu":
            blank = np.zeros((1, 2 * SMALLEST, 2 * SMALLEST, 3), np.uint8)
            self.distances(blank, blank, np.ones(blank.shape[:3], bool))

    @abc.abstractmethod
    def channel_weights(self) -> Sequence[Tensor]:
        """What each layer's channels count, float32 [C] on the device."""

    def distance(self, one: Features, two: Features) -> float:
        """Between two images."""
        with exactly():
            return sum(float(layer.mean()) for layer in self._maps(one, two))

    @property
    def batch(self) -> int:
        """How many images it sees at a time."""
        return batch_shape(self.device, _MOST)

    def distances(
        self, known: Sequence[Features] | UInt8, results: UInt8, masks: Bool
    ) -> list[tuple[float, float]]:
        """Between images in pairs: over the image, and over a mask, nan where that is empty.

        Args:
            known: B images' features, or the images themselves, uint8 [B,H,W,3]. On an accelerator no
                more than a batch of these then has features at a time.
            results: uint8 [B,H,W,3].
            masks: bool [B,H,W].
        """
        if self.device == "cpu":
            ones = self.features(known) if isinstance(known, np.ndarray) else known
            with exactly():
                return side_by_side(self._pair, [*zip(ones, self.features(results), masks)])
        found = []
        for start in range(0, len(masks), self.batch):
            part = slice(start, start + self.batch)
            with in_turn():
                own = known[part]
                ones = self.features(own) if isinstance(own, np.ndarray) else own
                found.append(self._batch(ones, self.features(results[part]), masks[part]))
        return [(row[0], row[1]) for rows in found for row in rows.array().tolist()]

    def _pair(self, pair: tuple[Features, Features, Bool]) -> tuple[float, float]:
        """Of one pair, which the package takes alone."""
        import torch

        one, two, mask = pair
        with torch.inference_mode():  # a setting of each thread
            maps = self._maps(one, two)
            whole = sum(float(layer.mean()) for layer in maps)
            if not mask.any():
                return whole, math.nan
            return whole, float(self._spatial(maps, mask)[torch.from_numpy(mask)].mean())

    def _maps(self, one: Features, two: Features) -> list[Tensor]:
        """The distance at each pixel of each layer, float32 [h,w]: their means add up to it."""
        import torch

        return [
            torch.einsum("chw,c->hw", (a - b) ** 2, weight)
            for a, b, weight in zip(one, two, self.channel_weights())
        ]

    @staticmethod
    def _spatial(maps: Sequence[Tensor], mask: Bool) -> Tensor:
        """The package's spatial map, float32 [H,W]: each layer scaled up bilinearly, then added."""
        import torch
        from torch.nn import functional as F

        total = torch.zeros(mask.shape)
        for layer in maps:
            total += F.interpolate(
                layer[None, None], size=mask.shape, mode="bilinear", align_corners=False
            )[0, 0]
        return total

    def _batch(self, ones: Sequence[Features], twos: Sequence[Features], masks: Bool) -> ToHost:
        """[B,2] of B pairs, at most a batch of them."""
        import torch
        from torch.nn import functional as F

        at = [min(i, len(masks) - 1) for i in range(self.batch)]
        region = to_device(masks, self.device)
        count, height, width = masks.shape
        whole = torch.zeros(count, device=self.device)
        spatial = torch.zeros(masks.shape, device=self.device)
        for i, weight in enumerate(self.channel_weights()):
            one, two = (torch.stack([side[k][i] for k in at]) for side in (ones, twos))
            weighted = (one - two).square_().mul_(weight[:, None, None])
            layer = weighted.sum(1)[:count]
            whole += layer.mean((1, 2))
            spatial += F.interpolate(
                layer[:, None], size=(height, width), mode="bilinear", align_corners=False
            )[:, 0]
        masked = (spatial * region).sum((1, 2)) / region.sum((1, 2))
        return ToHost(torch.stack([whole, masked], dim=1))


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

    def warm_up(self) -> None:
        """Loads the network; an accelerator also loads what the first batch needs."""
        _network(self.trunk, self.weights, self.weights.identity, self.device)
        super().warm_up()

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
        network = _network(self.trunk, self.weights, self.weights.identity, self.device)

        def look(batch: UInt8) -> list[Features]:
            units = [unit_length(layer) for layer in network(self._scaled(batch))]
            return [[layer[i] for layer in units] for i in range(len(batch))]

        return run_in_batches(images, self.device, look, self.batch)

    def channel_weights(self) -> tuple[Tensor, ...]:
        """The package's linear layers."""
        return lpips_weights(self.trunk, self.device)

    def _scaled(self, images: UInt8) -> Tensor:
        import torch

        scaled = planes(images, self.device) / 127.5 - 1
        return lpips_scaled(scaled).contiguous(memory_format=torch.channels_last)


def unit_length(layer: Tensor) -> Tensor:
    """[B,C,h,w] with every pixel's channels scaled to length 1, as the package does it."""
    length = (layer**2).sum(dim=1, keepdim=True).sqrt()
    return (layer / (length + 1e-10)).contiguous()


@made_once(6)
def lpips_weights(trunk: Trunk, device: str = "cpu") -> tuple[Tensor, ...]:
    """The channel weights of each layer, float32 [C], as the package ships them."""
    import torch

    # Importing the package would bring torchvision with it, and take as long as fifty pairs.
    package = find_spec("lpips")
    if package is None or not package.submodule_search_locations:
        raise Unavailable("the `lpips` package is not here; run `pip install lpips`")
    path = Path(package.submodule_search_locations[0]) / f"weights/v0.1/{trunk}.pth"
    state = torch.load(path, map_location="cpu", weights_only=True)
    weights = (state[f"lin{i}.model.1.weight"].flatten() for i in range(len(state)))
    return tuple(each.to(device) for each in weights)


@made_once(4)
def _network(trunk: Trunk, weights: Found, identity: str, device: str) -> nn.Module:
    """The package's trunk, one for the same tensors and device in a process."""
    import torch

    from bench.networks.packed import pack

    del identity
    network = lpips_trunk(trunk, weights).to(device)
    if device == "cpu":
        pack(network)
    return network.to(memory_format=torch.channels_last)


def lpips_trunk(trunk: Trunk, weights: Found) -> nn.Module:
    """The package's trunk with the tensors of a file, frozen, on the CPU.

    Called with images that went through `lpips_scaled`, it gives its layers.
    """
    from bench.networks.lpips_trunks import build_trunk

    return build_trunk(trunk, weights.load())


def lpips_scaled(images: Tensor) -> Tensor:
    """What the trunks see of float32 [B,3,H,W] in [-1,1]: their training set's mean and spread taken out."""
    shift, scale = _scaling(str(images.device))
    return (images - shift) / scale


@made_once(4)
def _scaling(device: str) -> tuple[Tensor, Tensor]:
    import torch

    with torch.inference_mode(False):  # kept for those who want gradients too
        shift, scale = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in _SCALING)
    return shift, scale


_SCALING = ((-0.030, -0.088, -0.188), (0.458, 0.448, 0.450))
"""As the package has it: ImageNet's mean and deviation, for images in [-1,1]."""


def lpips_slices(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The package cuts a trunk into slices and keeps the layers' numbers: slice2.3, features.3."""
    return {name: tensors["features." + name.split(".", 1)[1]] for name in network.state_dict()}
