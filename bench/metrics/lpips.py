"""LPIPS over the picture and over the hole (the mean of its spatial map there)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bench.core.identity import Record
from bench.metrics.facts import Against, Better, Region
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.networks.perceptual import SMALLEST, Perceptual, PerceptualNetwork
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.perceptual import Features
    from bench.scene import Bool

__all__ = ["LPIPS", "LPIPSChange"]

_TITLES = {"alex": "AlexNet", "squeeze": "SqueezeNet", "vgg": "VGG"}


class LPIPS(PerEdit):
    """Learned perceptual distance (Zhang et al. 2018), version 0.1.

    The references' features stay in memory for all methods. Pictures with a side below 32 pixels
    have no value.

    Args:
        network: the LPIPS network to look through.
    """

    family = "lpips"
    regions: ClassVar[tuple[Region, ...]] = ("image", "mask")
    margin: ClassVar[float] = 0.02
    floor: ClassVar[float] = 0.0

    def __init__(self, network: Perceptual) -> None:
        self.network: PerceptualNetwork = network
        self.name = f"lpips-{network.trunk}"
        self.title = f"LPIPS ({_TITLES[network.trunk]})"

    def definition(self) -> Record:
        """The network, and how the hole is cut out."""
        return {
            "network": self.network.identity(),
            "hole": "mean of the spatial map, layers scaled up bilinearly",
            "summary": "mean over edits",
        }

    def prepare(self, references: References) -> PreparedReferences:
        """Features of the references; a picture that comes again (another sample) is reused."""
        if min(references.images.shape[1:3]) < SMALLEST:
            return PreparedReferences()
        return PreparedReferences(
            memory=_features_once(self.network, references.images), by_edit=True
        )

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """One number per edit and region."""
        if prepared.memory is None:
            nothing = [math.nan] * len(references)
            return dict.fromkeys(self.score_names, nothing)
        whole: list[float] = []
        hole: list[float] = []
        pairs = zip(prepared.memory, self.network.features(results), references.mask)
        for truth, result, mask in pairs:
            maps = self.network.maps(truth, result)
            whole.append(sum(float(layer.mean()) for layer in maps))
            hole.append(_inside(self.network, maps, mask))
        return {self.name: whole, f"{self.name}-hole": hole}


class LPIPSChange(LPIPS):
    """How far an edit moved from the picture before it, as SSAE's Table 1 has it.

    The reference is the original, so it has a value where there is no true picture (a restyled
    region). Neither way is better: a large distance may be a strong edit or a broken picture. Source:
    protocol/generation.md, D.4 and D.5, row 19.

    Args:
        network: the LPIPS network to look through.
    """

    better: ClassVar[Better] = "neither"
    against: Against = "original"

    def __init__(self, network: Perceptual) -> None:
        super().__init__(network)
        self.name = f"{self.name}-original"
        self.title = f"{self.title} to the original"

    def definition(self) -> Record:
        """As LPIPS, with the reference named."""
        return {**super().definition(), "against": self.against}


def _inside(network: PerceptualNetwork, maps: list[Tensor], mask: Bool) -> float:
    import torch

    if not mask.any():
        return math.nan
    height, width = mask.shape
    spatial = network.spatial(maps, (height, width))
    return float(spatial[torch.from_numpy(mask).to(spatial.device)].mean())


def _features_once(network: PerceptualNetwork, pictures: UInt8) -> list[Features]:
    fresh = [
        i == 0 or not np.array_equal(pictures[i], pictures[i - 1]) for i in range(len(pictures))
    ]
    found = network.features(pictures[fresh])
    return [found[i] for i in np.cumsum(fresh) - 1]
