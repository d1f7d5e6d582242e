"""Perceptual and style losses, through VGG19 or through the features of our own segmenter.

VGG19 is the published one: relu1_1, 2_1, 3_1, 4_1, 5_1 with weights 1/32, 1/16, 1/8, 1/4, 1, L1, the
target detached, images as they are in [-1,1] without ImageNet's statistics
(docs/protocol/editing.md, A.6; docs/protocol/generation.md, 0). The style loss compares Gram
matrices of the same layers (SESAME's is at relu2_2, 3_4, 4_4, 5_2 and off;
docs/protocol/generation.md, A.4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from baselines.layers.layout import lay_channels_last
from baselines.training.losses import l1_sum
from bench.core.identity import Record, tensors_hash
from bench.networks.segmenters.unet import SegmenterNet, load_segmenter
from bench.networks.weights import require

__all__ = ["PerceptualLoss", "gram", "perceptual_network"]

_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
_VGG_LAYERS = (1, 6, 11, 20, 29)
_STYLE_LAYERS = (8, 17, 26, 31)


class PerceptualLoss(nn.Module):
    """Distances between images in the features of a fixed network.

    Args:
        features: [B,3,H,W] in [-1,1] -> maps, shallow to deep.
        styles: the same for the style loss; `features` where None.
        weights: of the maps in the perceptual loss.
        name: of the network, for cards.
    """

    def __init__(
        self,
        features: Callable[[Tensor], Sequence[Tensor]],
        name: str,
        *,
        weights: Sequence[float] = _WEIGHTS,
        styles: Callable[[Tensor], Sequence[Tensor]] | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.weights = tuple(weights)
        self.features = features
        self.styles = styles or features

    def identity(self) -> Record:
        """The network's name, and the hash of its tensors as their file has them.

        To be asked before a training's `setup`, which may round them.
        """
        state = self.get_submodule("network").state_dict()
        named = ((name, value.cpu().numpy()) for name, value in state.items())
        return {"network": self.name, "tensors_sha256": tensors_hash(named)}

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """The weighted sum of L1 distances; gradients reach `fake` alone."""
        with torch.no_grad():
            wanted = self.features(real.detach())
        return l1_sum(self.features(fake), wanted, self.weights)

    def style(self, fake: Tensor, real: Tensor) -> Tensor:
        """The sum of L1 distances between Gram matrices; gradients reach `fake` alone."""
        with torch.no_grad():
            wanted = [gram(features) for features in self.styles(real.detach())]
        made = [gram(features) for features in self.styles(fake)]
        return l1_sum(made, wanted, (1.0,) * len(made))


def gram(features: Tensor) -> Tensor:
    """[B,C,H,W] -> [B,C,C], products of channels, averaged over pixels and channels."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[1] / flat.shape[2]


def perceptual_network(through: Literal["vgg19", "segmenter"]) -> PerceptualLoss:
    """The network of a configuration's `through`, frozen; its `network` has the tensors of the weights' file.

    Raises:
        WeightsMissing: its weights are not here; the sentence says where they belong.
    """
    if through == "vgg19":
        return _of_vgg()
    network = load_segmenter().requires_grad_(False)
    encoder = network.folded_encoder()
    lay_channels_last(encoder)
    made = PerceptualLoss(
        lambda image: _taps(encoder, image, range(len(encoder))),
        "segmenter",
        weights=_even(network),
    )
    made.add_module("network", network)
    made.add_module("encoder", encoder)
    return made


def _even(network: SegmenterNet) -> tuple[float, ...]:
    # VGG's weights balance features that grow with depth; ours are normalised, so all count alike.
    depth = len(network.config.widths)
    return (1 / depth,) * depth


def _of_vgg() -> PerceptualLoss:
    from torchvision.models import vgg19

    weights = require("vgg19").load()
    with torch.device("meta"):
        layers = vgg19(weights=None).features[: max(_STYLE_LAYERS) + 1]
    wanted = {name: value for name, value in weights.items() if _layer_of(name) < len(layers)}
    layers.load_state_dict(
        {name.removeprefix("features."): value for name, value in wanted.items()}, assign=True
    )
    for layer in layers:
        if isinstance(layer, nn.ReLU):
            layer.inplace = False  # features are kept
    network = layers.eval().requires_grad_(False)
    lay_channels_last(network)
    made = PerceptualLoss(
        lambda image: _taps(network, image, _VGG_LAYERS),
        "vgg19",
        styles=lambda image: _taps(network, image, _STYLE_LAYERS),
    )
    made.add_module("network", network)
    return made


def _layer_of(name: str) -> int:
    return int(name.split(".")[1])


def _taps(network: nn.Sequential, x: Tensor, at: Sequence[int]) -> list[Tensor]:
    found = []
    for place, layer in enumerate(network[: max(at) + 1]):
        x = layer(x)
        if place in at:
            found.append(x)
    return found
