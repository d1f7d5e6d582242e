"""How the Swapping Autoencoder is trained (docs/protocol/generation.md, D.3).

Discriminator and generator steps alternate minibatches. Neighbouring images of the batch exchange
structure; the first half of the batch is rebuilt as it is. Gradient penalties come with every
`lazy`-th discriminator step, scaled by it. The discriminators' rate and betas take the lazy
correction 16/17 (rate * c, betas ^ c). Without a weight on any adversarial loss there is nothing to
alternate with: every step rebuilds its whole batch.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.sae import (
    SAE,
    CooccurrenceDiscriminator,
    ImageDiscriminator,
    SAEConfig,
    SAEEncoder,
    SAEGenerator,
    draw_noise,
    random_patches,
)
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples, check_size
from baselines.training.losses import (
    discriminator_softplus,
    generator_softplus,
    gradient_penalty,
    pixel_parts,
)
from baselines.training.perceptual import perceptual_network
from baselines.training.recipe import Losses, Saved, TrainingRecipe, detached
from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.plugins.kinds import SYSTEMS

__all__ = ["Autoencoding", "Cooccurrence", "SwappingRecipe", "swap"]

FAKE = 0.5
"""Weight of the rebuilt and of the mixed images in the image discriminator's loss."""


class SwappingRecipe(TrainingRecipe):
    """The autoencoder alone, or (called by SSAE's recipe) as the first part of another system."""

    reads = frozenset(
        {"l1", "colour", "perceptual", "rebuilt", "swapped", "patch", "r1", "patch_r1"}
    )

    def __init__(
        self,
        config: TrainingConfig,
        sources: Sequence[Examples],
        network: tuple[SAEConfig, SAEEncoder, SAEGenerator] | None = None,
    ) -> None:
        super().__init__(config, sources)
        if config.batch % 2:
            raise BadInput(f"batch: is {config.batch}, but images swap in pairs; make it even")
        weights = config.weights
        if not (self.adversarial or weights.l1 or weights.colour or weights.perceptual):
            raise BadInput(
                "weights: none of the autoencoder's losses is on; give l1 a weight, such as 1"
            )
        if network is None:
            form = SYSTEMS.get("sae").configure(config.variant, **config.network)
            assert isinstance(form, SAEConfig)
            made = SAE(form)
            network = (form, made.E, made.G)
            self.network: nn.Module = made
        self.form = network[0]
        rates, lazy = config.optimisation, weights.lazy
        self.add_player("autoencoder", Autoencoding(*network[1:]), rates.generator)
        share = lazy / (lazy + 1)
        betas = (rates.betas[0] ** share, rates.betas[1] ** share)
        for name, judge in (
            ("D", ImageDiscriminator(self.form)),
            ("Dpatch", Cooccurrence(self.form)),
        ):
            self.add_player(name, judge, rates.discriminator * share, betas)
        self.perceptual = perceptual_network(weights.through) if weights.perceptual else None

    @property
    def adversarial(self) -> bool:
        """Whether any of the three adversarial losses counts; where none does, discriminators rest."""
        weights = self.config.weights
        return any((weights.rebuilt, weights.swapped, weights.patch))

    def step(self, batch: EditBatch, step: int) -> Losses:
        """D on even steps, the autoencoder on odd ones; the autoencoder alone without adversarial losses."""
        image = batch.original
        assert image is not None
        check_size(image, side=self.form.size)
        if not self.adversarial:
            return self._rebuilding(image)
        if step % 2:
            return self._autoencoder(image)
        return self._discriminators(image, penalised=self._penalised(step))

    def kind(self, step: int) -> Hashable | None:
        """Whose step it is, and whether with gradient penalties."""
        return (step % 2, self._penalised(step)) if self.adversarial else super().kind(step)

    def _penalised(self, step: int) -> bool:
        return step % 2 == 0 and step // 2 % self.config.weights.lazy == 0

    def images(self, batch: EditBatch) -> Tensor:
        """Each image with its neighbour's structure."""
        assert batch.original is not None
        with torch.no_grad():
            _, mixed = self.players["autoencoder"].module(batch.original)
        shown: Tensor = mixed
        return shown

    def save(self, out: Path, *, half: bool) -> Saved:
        """Weights and card of encoder and generator."""
        return self.write(self.network, self.form, out, half=half)

    def _rebuilding(self, image: Tensor) -> Losses:
        rebuilt, _ = self.players["autoencoder"].module(image, mixing=False)
        parts = self._distances(rebuilt, image)
        self.update("autoencoder", torch.stack(list(parts.values())).sum())
        return detached(**parts)

    def _distances(self, rebuilt: Tensor, true: Tensor) -> dict[str, Tensor]:
        """The weighted losses that compare a rebuilt image with the true one."""
        weights = self.config.weights
        parts = pixel_parts(weights, [(rebuilt, true)])
        if self.perceptual is not None:
            with self.fabric.autocast():
                parts["perceptual"] = weights.perceptual * self.perceptual(rebuilt, true)
        return parts

    def _autoencoder(self, image: Tensor) -> Losses:
        weights = self.config.weights
        with self.frozen("D", "Dpatch"):
            rebuilt, mixed = self.players["autoencoder"].module(image)
            judge = self.players["D"].module
            of_rebuilt, of_mixed = judge(torch.cat([rebuilt, mixed])).split(
                [len(rebuilt), len(mixed)]
            )
            target, reference = self._patches(mixed), self._patches(image)
            parts = {
                **self._distances(rebuilt, image[: len(rebuilt)]),
                "rebuilt": weights.rebuilt * generator_softplus(of_rebuilt),
                "swapped": weights.swapped * generator_softplus(of_mixed),
                "patch": weights.patch
                * generator_softplus(self.players["Dpatch"].module(target, reference)),
            }
            self.update("autoencoder", torch.stack(list(parts.values())).sum())
        return detached(**parts)

    def _discriminators(self, image: Tensor, *, penalised: bool) -> Losses:
        weights, judge = self.config.weights, self.players["D"].module
        with torch.no_grad():
            rebuilt, mixed = self.players["autoencoder"].module(image)
        real, of_rebuilt, of_mixed = judge(torch.cat([image, rebuilt, mixed])).split(
            [len(image), len(rebuilt), len(mixed)]
        )
        target, other = self._patches(image), self._patches(mixed)
        reference = self._patches(image)
        of_target, of_other = (
            self.players["Dpatch"]
            .module(torch.cat([target, other]), torch.cat([reference, reference]))
            .chunk(2)
        )
        whole = discriminator_softplus(real, of_rebuilt, FAKE)
        whole = whole + FAKE * F.softplus(of_mixed).mean()
        patches = discriminator_softplus(of_target, of_other)
        if penalised:
            whole = whole + weights.lazy * weights.r1 / 2 * self._penalty(image)
            patches = patches + weights.lazy * weights.patch_r1 / 4 * self._patch_penalty(image)
        self.update("D", whole)
        self.update("Dpatch", patches)
        return {"discriminator": whole.detach(), "patch discriminator": patches.detach()}

    def _penalty(self, image: Tensor) -> Tensor:
        leaf = image.detach().requires_grad_()
        # In full precision and past Fabric's wrapper, which knows no gradients of gradients.
        return gradient_penalty(self.players["D"].plain(leaf), leaf)

    def _patch_penalty(self, image: Tensor) -> Tensor:
        target = self._patches(image).detach().requires_grad_()
        reference = self._patches(image).detach().requires_grad_()
        scores = self.players["Dpatch"].plain(target, reference)
        return gradient_penalty(scores, target) + gradient_penalty(scores, reference)

    def _patches(self, images: Tensor) -> Tensor:
        return random_patches(images, self.form.patches, self.form.patch_size)


class Autoencoding(nn.Module):
    """Encoder and generator: a batch, half of it rebuilt, all of it mixed.

    [B,3,H,W] -> [B/2,3,H,W] and [B,3,H,W]: image i of the second has its own texture on its
    neighbour's structure. Without mixing: [B,3,H,W] and [0,3,H,W], all of it rebuilt.
    """

    def __init__(self, encoder: SAEEncoder, generator: SAEGenerator) -> None:
        super().__init__()
        self.E = encoder
        self.G = generator

    def forward(self, image: Tensor, *, mixing: bool = True) -> tuple[Tensor, Tensor]:
        """(rebuilt, mixed), with fresh noise."""
        structure, texture = self.E(image)
        rebuilt = len(image)
        if mixing:
            rebuilt //= 2
            structure = torch.cat([structure[:rebuilt], swap(structure)])
            texture = torch.cat([texture[:rebuilt], texture])
        size = (structure.shape[2], structure.shape[3])
        made = self.G(structure, texture, noise=draw_noise(self.G, size, len(structure)))
        return made[:rebuilt], made[rebuilt:]


class Cooccurrence(nn.Module):
    """The patch discriminator over whole sets of patches."""

    def __init__(self, config: SAEConfig) -> None:
        super().__init__()
        self.patch = CooccurrenceDiscriminator(config)

    def forward(self, patches: Tensor, references: Tensor) -> Tensor:
        """Scores [B*K,1] of patches [B,K,3,s,s] beside reference patches [B,K,3,s,s]."""
        count = references.shape[1]
        # The references' features are the same for all patches of an image.
        each = torch.unflatten(self.patch.features(references.flatten(0, 1)), 0, (-1, count))
        seen = self.patch.features(patches.flatten(0, 1))
        pair = torch.cat([seen, each.mean(1).repeat_interleave(patches.shape[1], 0)], dim=1)
        scores: Tensor = self.patch.pairlinear(pair)
        return scores


def swap(codes: Tensor) -> Tensor:
    """Neighbouring pairs of the batch, exchanged."""
    return torch.unflatten(codes, 0, (-1, 2)).flip(1).flatten(0, 1)
