"""What the trainings of Pix2PixHD and HIM share: their discriminator and its losses (rivals.md, B.3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from baselines.layers.patch_discriminator import scores
from baselines.layers.scaled_discriminator import ScaledDiscriminator
from baselines.training.config import Weights
from baselines.training.losses import feature_matching, least_squares, pixel_parts
from baselines.training.perceptual import PerceptualLoss

__all__ = ["Judge", "discriminator_terms", "generator_parts"]

Features = list[list[Tensor]]


class Judge(nn.Module):
    """A discriminator that looks at several images under one condition.

    Each goes through on its own, as published: the layout's has batch norm.
    """

    def __init__(self, network: ScaledDiscriminator) -> None:
        super().__init__()
        self.network = network

    def forward(self, condition: Tensor, gate: Tensor | None, *images: Tensor) -> list[Features]:
        """For each image the features of every scale and layer.

        Args:
            condition: what comes before the image on the channel axis.
            gate: [B,1,H,W], what everything is multiplied by; None = nothing.
            images: [B,C,H,W].
        """
        found = []
        for image in images:
            seen = torch.cat([condition.to(image), image], dim=1)
            found.append(self.network(seen if gate is None else seen * gate))
        return found


def generator_parts(
    weights: Weights,
    judged: list[Features],
    images: tuple[Tensor, Tensor],
    perceptual: PerceptualLoss | None,
) -> dict[str, Tensor]:
    """The generator's weighted losses.

    Args:
        weights: of the losses.
        judged: features of the real and of the fake image.
        images: the fake and the real one.
        perceptual: the network of the perceptual loss, or None = it is off.
    """
    real, fake = judged
    parts = {
        "adversarial": weights.gan * least_squares(scores(fake), 1.0),
        "matching": weights.matching * feature_matching(real, fake),
        **pixel_parts(weights, [images]),
    }
    if perceptual is not None:
        parts["perceptual"] = weights.perceptual * perceptual(*images)
    return parts


def discriminator_terms(judged: list[Features]) -> tuple[Tensor, Tensor]:
    """The discriminator's term of the real and of the fake image; its loss is half their sum."""
    real, fake = judged
    return least_squares(scores(real), 1.0), least_squares(scores(fake), 0.0)
