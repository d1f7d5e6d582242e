"""The published losses, each a pure function of scores, features or images.

| loss | of | source (all pages lie in docs/protocol) |
| --- | --- | --- |
| hinge | SPMPGAN, DivSem, SPADE, SESAME, SEAN | editing.md, A.6; generation.md, 0 |
| softplus, R1 | Swapping Autoencoder, SSAE | generation.md, D.3 |
| least squares | Pix2PixHD, HIM | rivals.md, B.3, D.5 |
| feature matching | SPADE, SESAME, SEAN, Pix2PixHD, HIM | generation.md, 0, A.3; rivals.md, B.3 |
| L1 | SPMPGAN, DivSem, Swapping Autoencoder | editing.md, A.6; generation.md, D.3 |
| colour | whoever weighs it; no paper does | `colour_distance` |

Perceptual and style losses compare the features of a network: `baselines.training.perceptual`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.training.config import Weights

__all__ = [
    "colour_distance",
    "discriminator_hinge",
    "discriminator_softplus",
    "feature_matching",
    "generator_hinge",
    "generator_softplus",
    "gradient_penalty",
    "least_squares",
    "pixel_parts",
]


def discriminator_hinge(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """mean(relu(1 - real)) + mean(relu(1 + fake)), averaged over scales."""
    parts = [F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in zip(real, fake, strict=True)]
    return torch.stack(parts).mean()


def generator_hinge(fake: Sequence[Tensor]) -> Tensor:
    """-mean(fake), averaged over scales."""
    return -torch.stack([scores.mean() for scores in fake]).mean()


def discriminator_softplus(real: Tensor, fake: Tensor, fake_weight: float = 1.0) -> Tensor:
    """Non-saturating: mean(softplus(-real)) + fake_weight * mean(softplus(fake))."""
    return F.softplus(-real).mean() + fake_weight * F.softplus(fake).mean()


def generator_softplus(fake: Tensor) -> Tensor:
    """Non-saturating: mean(softplus(-fake))."""
    return F.softplus(-fake).mean()


def least_squares(scores: Sequence[Tensor], target: float) -> Tensor:
    """The mean squared distance of patch scores from `target` (1 = real, 0 = fake), summed over scales."""
    return torch.stack([(one - target).square().mean() for one in scores]).sum()


def gradient_penalty(scores: Tensor, images: Tensor) -> Tensor:
    """R1's mean over the batch of the squared gradient norm of the scores, unweighted.

    Args:
        scores: one score an image (any shape), computed from `images`.
        images: [B,...], requires gradients.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean()


def colour_distance(fake: Tensor, real: Tensor, cells: int = 8) -> Tensor:
    """L1 between the mean colours of the cells of a grid: what colour is where, whatever is drawn there.

    Adversarial and perceptual losses say little of it: features of a discriminator or a perceptual
    network are normalised, and change little where a whole region takes another tint.

    Args:
        fake, real: [B,3,H,W].
        cells: along each side, at most.
    """
    height, width = fake.shape[2:]
    size = (min(cells, height), min(cells, width))
    return F.l1_loss(F.adaptive_avg_pool2d(fake, size), F.adaptive_avg_pool2d(real, size))


def pixel_parts(weights: Weights, pairs: Sequence[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """The weighted losses of images themselves, summed over (made, true) images; what is off is left out.

    Args:
        weights: `l1` and `colour` count.
        pairs: images [B,3,H,W] of one or several sizes.
    """
    parts = {}
    for name, weight, distance in (
        ("l1", weights.l1, F.l1_loss),
        ("colour", weights.colour, colour_distance),
    ):
        if weight:
            parts[name] = weight * torch.stack([distance(made, true) for made, true in pairs]).sum()
    return parts


def feature_matching(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """L1 between a discriminator's features of real and fake, summed over layers.

    Averaged over scales; the real side is detached and the last entry of each scale, the scores,
    does not count.
    """
    scales = [
        torch.stack([F.l1_loss(f, r.detach()) for r, f in zip(one[:-1], other[:-1])]).sum()
        for one, other in zip(real, fake, strict=True)
    ]
    return torch.stack(scales).mean()
