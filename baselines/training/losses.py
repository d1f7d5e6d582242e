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
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
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
    "l1_sum",
    "least_squares",
    "pixel_parts",
]


def discriminator_hinge(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """mean(relu(1 - real)) + mean(relu(1 + fake)), averaged over scales."""
    parts = [F.relu(1 - scores).mean() for scores in real]
    parts += [F.relu(1 + scores).mean() for scores in fake]
    return torch.stack(parts).sum() / len(real)


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


def l1_sum(made: Sequence[Tensor], true: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """The weighted sum of the mean absolute differences of pairs; gradients reach `made` alone.

    In single precision at least. One step of autograd for all pairs: each alone is four kernels, and four
    more in its backward.

    Args:
        made, true: tensors of one shape each pair.
        weights: one for each pair.
    """
    wide = [one if one.dtype == torch.float64 else one.float() for one in (*made, *true)]
    shares = [weight / one.numel() for weight, one in zip(weights, made, strict=True)]
    return cast("Tensor", _L1Sum.apply(shares, *wide))


class _L1Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, shares: list[float], *maps: Tensor) -> Tensor:
        apart = torch._foreach_sub(maps[: len(shares)], maps[len(shares) :])
        ctx.shares = shares
        ctx.save_for_backward(*apart)
        sums = [one.sum() for one in torch._foreach_abs(apart)]
        return torch.stack(torch._foreach_mul(sums, shares)).sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        signs = torch._foreach_sign(ctx.saved_tensors)
        torch._foreach_mul_(signs, ctx.shares)
        torch._foreach_mul_(signs, gradient)
        return (None, *signs, *[None] * len(signs))


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
    if weights.l1:
        made, true = zip(*pairs, strict=True)
        parts["l1"] = l1_sum(made, true, [weights.l1] * len(pairs))
    if weights.colour:
        apart = [colour_distance(made, true) for made, true in pairs]
        parts["colour"] = weights.colour * torch.stack(apart).sum()
    return parts


def feature_matching(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """L1 between a discriminator's features of real and fake, summed over layers.

    Averaged over scales; the real side is detached and the last entry of each scale, the scores,
    does not count.
    """
    wanted = [features.detach() for scale in real for features in scale[:-1]]
    made = [features for scale in fake for features in scale[:-1]]
    return l1_sum(made, wanted, [1 / len(fake)] * len(made))
