"""LPIPS over the image and over the masked region (the mean of its spatial map there)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bench.core.identity import Record
from bench.metrics.context import Context
from bench.metrics.facts import Against, Better, Region
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.networks.perceptual import (
    SMALLEST,
    TRUNKS,
    LPIPSNetwork,
    PerceptualNetwork,
    Trunk,
)
from bench.networks.procedural import SegmenterLayers
from bench.scene import UInt8

if TYPE_CHECKING:
    from bench.networks.perceptual import Features

__all__ = [
    "LPIPS",
    "LPIPSChange",
    "ProceduralPerceptual",
    "lpips_alex",
    "lpips_alex_original",
    "lpips_network",
    "lpips_squeeze",
    "lpips_squeeze_original",
    "lpips_vgg",
    "lpips_vgg_original",
    "perceptual_procedural",
]

_TITLES = {"alex": "AlexNet", "squeeze": "SqueezeNet", "vgg": "VGG"}


class LPIPS(PerEdit):
    """Learned perceptual distance (Zhang et al. 2018), version 0.1.

    The references' features stay in memory for all methods. Images with a side below 32 pixels
    have no value.

    Args:
        network: the LPIPS network.
    """

    family = "lpips"
    regions: ClassVar[tuple[Region, ...]] = ("image", "mask")
    margin: ClassVar[float] = 0.02
    floor: ClassVar[float | None] = 0.0

    def __init__(self, network: LPIPSNetwork) -> None:
        self.network: PerceptualNetwork = network
        self.name = f"lpips-{network.trunk}"
        self.title = f"LPIPS ({_TITLES[network.trunk]})"

    @property
    def needs(self) -> str:
        """Images that the network can take."""
        return f"sides of at least {SMALLEST} pixels"

    def definition(self) -> Record:
        """The network, and how the masked region is cut out."""
        return {
            "network": self.network.identity(),
            "hole": "mean of the spatial map, layers scaled up bilinearly",
            "summary": "mean over edits",
        }

    def warm_up(self) -> None:
        """The network is loaded."""
        self.network.warm_up()

    def prepare(self, references: References) -> PreparedReferences:
        """Features of the references; an image that comes again (another sample) is reused.

        Of a group that is larger than a batch on an accelerator nothing is kept: batch by batch both
        sides' features are made when they are compared.
        """
        small = min(references.images.shape[1:3]) < SMALLEST
        if small or (self.network.device != "cpu" and len(references) > self.network.batch):
            return PreparedReferences()
        return PreparedReferences(
            memory=_features_once(self.network, references.images), by_edit=True
        )

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """One number per edit and region."""
        if min(results.shape[1:3]) < SMALLEST:
            nothing = [math.nan] * len(references)
            return dict.fromkeys(self.score_names, nothing)
        known = references.images if prepared.memory is None else prepared.memory
        pairs = self.network.distances(known, results, references.mask)
        return {name: [pair[i] for pair in pairs] for i, name in enumerate(self.score_names)}


class LPIPSChange(LPIPS):
    """How far an edit moved from the image before it, as SSAE's Table 1 has it.

    The reference is the original, so it has a value where there is no ground truth (a restyled
    region). Neither way is better: a large distance may be a strong edit or a broken image. Source:
    docs/protocol/generation.md, D.4 and D.5, row 19.

    Args:
        network: the LPIPS network.
    """

    better: ClassVar[Better] = "neither"
    against: Against = "original"

    def __init__(self, network: LPIPSNetwork) -> None:
        super().__init__(network)
        self.name = f"{self.name}-original"
        self.title = f"{self.title} to the original"

    def definition(self) -> Record:
        """As LPIPS, with the reference named."""
        return {**super().definition(), "against": self.against}


class ProceduralPerceptual(LPIPS):
    """LPIPS' formula and regions over the levels of our own segmenter, every channel counting alike.

    It needs no download and is no LPIPS: it knows the drawn scenes and nothing else, has another
    scale, and flatters networks that were trained through the same features.

    Args:
        network: the segmenter's levels.
    """

    family = "perceptual"
    margin: ClassVar[float] = 0.03

    def __init__(self, network: SegmenterLayers) -> None:
        self.network = network
        self.name = "perceptual-procedural"
        self.title = "Perceptual distance (procedural segmenter)"


def lpips_network(context: Context, trunk: Trunk) -> LPIPSNetwork:
    """The LPIPS network of a trunk.

    Raises:
        Unavailable: where its weights are not here.
    """
    return LPIPSNetwork(trunk, context.weights_of(TRUNKS[trunk]), context.device)


def lpips_alex(context: Context) -> LPIPS:
    """LPIPS through AlexNet, to the ground truth."""
    return LPIPS(lpips_network(context, "alex"))


def lpips_alex_original(context: Context) -> LPIPS:
    """LPIPS through AlexNet, to the image before the edit."""
    return LPIPSChange(lpips_network(context, "alex"))


def lpips_squeeze(context: Context) -> LPIPS:
    """LPIPS through SqueezeNet, to the ground truth."""
    return LPIPS(lpips_network(context, "squeeze"))


def lpips_squeeze_original(context: Context) -> LPIPS:
    """LPIPS through SqueezeNet, to the image before the edit."""
    return LPIPSChange(lpips_network(context, "squeeze"))


def lpips_vgg(context: Context) -> LPIPS:
    """LPIPS through VGG-16, to the ground truth."""
    return LPIPS(lpips_network(context, "vgg"))


def lpips_vgg_original(context: Context) -> LPIPS:
    """LPIPS through VGG-16, to the image before the edit."""
    return LPIPSChange(lpips_network(context, "vgg"))


def perceptual_procedural(context: Context) -> ProceduralPerceptual:
    """LPIPS' formula through our own segmenter: needs no download, and is no LPIPS."""
    return ProceduralPerceptual(SegmenterLayers(context.device, context.weights))


def _features_once(network: PerceptualNetwork, images: UInt8) -> list[Features]:
    fresh = [i == 0 or not np.array_equal(images[i], images[i - 1]) for i in range(len(images))]
    found = network.features(images if all(fresh) else images[fresh])
    return [found[i] for i in np.cumsum(fresh) - 1]
