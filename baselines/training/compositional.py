"""How SemanticStyleGAN is trained (docs/protocol/rivals.md, C.5).

Per step the discriminator, which judges images with their segmentation, then the generator; every
`lazy`th step the discriminator's gradient penalties have a step of their own, every `path_lazy`th the
generator's path length. Rates and betas take StyleGAN2's correction for those further steps (rate * c,
betas ^ c with c = lazy / (lazy + 1)). What is saved is the moving average of the generator's parameters.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.label_map import one_hot
from baselines.semanticstylegan import (
    SegmentationDiscriminator,
    SemanticStyleGAN,
    SemanticStyleGANConfig,
    Synthesis,
)
from baselines.semanticstylegan.face_parts import class_numbers
from baselines.semanticstylegan.latents import expand, mix, repeat
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples, check_size
from baselines.training.losses import discriminator_softplus, generator_softplus
from baselines.training.recipe import Losses, Saved, TrainingRecipe, detached
from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.plugins.kinds import SYSTEMS

__all__ = ["CompositionalRecipe", "path_penalty", "segmentation_penalties"]

AVERAGE = 0.5 ** (32 / 10_000)
"""The moving average's share of its former self at each step, where `ema` of the configuration is 0."""

PATH_DECAY = 0.01
"""A step's share in the running mean of path lengths."""


class CompositionalRecipe(TrainingRecipe):
    """Generator and discriminator of images with segmentations."""

    reads = frozenset({"gan", "r1", "segmentation_r1", "path", "coarse", "mixing"})

    def __init__(self, config: TrainingConfig, sources: Sequence[Examples]) -> None:
        super().__init__(config, sources)
        form = SYSTEMS.get("semanticstylegan").configure(config.variant, **config.network)
        assert isinstance(form, SemanticStyleGANConfig)
        self.form = form
        self._table = torch.tensor([*_classes(form, sources[0]), 0])
        rates, weights = config.optimisation, config.weights
        share = weights.path_lazy / (weights.path_lazy + 1) if weights.path else 1.0
        self.generating = _Generating(SemanticStyleGAN(form))
        self._add("G", self.generating, rates.generator, share)
        judge = SegmentationDiscriminator(
            form.size,
            form.seg_dim,
            channel_multiplier=form.channel_multiplier,
            width=form.discriminator_width,
        )
        self._add("D", judge, rates.discriminator, weights.lazy / (weights.lazy + 1))

    def _add(self, name: str, module: nn.Module, rate: float, share: float) -> None:
        first, second = self.config.optimisation.betas
        self.add_player(name, module, rate * share, (first**share, second**share))

    def step(self, batch: EditBatch, step: int) -> Losses:
        """D, then G, each with its penalty where it is due."""
        assert batch.original is not None
        check_size(batch.original, side=self.form.size)
        real = batch.original, self.segmentation(batch)
        parts = self._discriminator(*real)
        penalised, regularised = self.kind(step)
        if penalised:
            self._penalise(*real)
        parts |= self._generator(len(batch))
        if regularised:
            self._regularise(max(1, len(batch) // 2))
        self.generating.average(self.config.ema or AVERAGE)
        return parts

    def kind(self, step: int) -> tuple[bool, bool]:
        """Whether the discriminator's penalties are due, and the generator's path length."""
        weights = self.config.weights
        penalised = step % weights.lazy == 0 and bool(weights.r1 or weights.segmentation_r1)
        return penalised, bool(weights.path) and step % weights.path_lazy == 0

    def averaged(self) -> None:
        """None: the published training keeps an average of its own, whose share `ema` sets."""

    def segmentation(self, batch: EditBatch) -> Tensor:
        """The true segmentation as the discriminator sees it: one-hot * 2 - 1, [B,K,H,W]."""
        self._table = self._table.to(batch.labels.device)
        labels = self._table[batch.labels]  # void is the last entry
        return one_hot(labels, self.form.seg_dim, batch.masked.dtype) * 2 - 1

    def images(self, batch: EditBatch) -> Tensor:
        """Images of the moving average, drawn anew."""
        with torch.no_grad():
            codes = self.generating.ema.style(self._z(len(batch)))
            made: Synthesis = self.generating.ema(codes, segment=False)
        return made.image.clamp(-1, 1)

    def save(self, out: Path, *, half: bool) -> Saved:
        """Weights and card of the moving average."""
        return self.write(self.generating.ema, self.form, out, half=half)

    def _discriminator(self, image: Tensor, segmentation: Tensor) -> Losses:
        judge = self.players["D"].module
        with torch.no_grad():
            made, drawn, _ = self.players["G"].module(*self._codes(len(image)))
        seen = torch.cat([image, made]), torch.cat([segmentation, drawn])
        real, fake = judge(*seen, parts=2).chunk(2)
        loss = discriminator_softplus(real, fake)
        self.update("D", loss)
        return detached(discriminator=loss)

    def _penalise(self, image: Tensor, segmentation: Tensor) -> None:
        weights = self.config.weights
        seen = [one.detach().requires_grad_() for one in (image, segmentation)]
        # In full precision and past Fabric's wrapper, which knows no gradients of gradients.
        scores = self.players["D"].plain(*seen)
        of_image, of_segmentation = segmentation_penalties(scores, *seen)
        loss = weights.r1 / 2 * of_image + weights.segmentation_r1 / 2 * of_segmentation
        self.update("D", weights.lazy * loss, wrapped=False)

    def _generator(self, count: int) -> Losses:
        weights = self.config.weights
        with self.frozen("D"):
            image, drawn, coarse = self.players["G"].module(*self._codes(count))
            small = F.avg_pool2d(drawn, drawn.shape[-1] // coarse.shape[-1])
            parts = {
                "gan": weights.gan * generator_softplus(self.players["D"].module(image, drawn)),
                "coarse": weights.coarse * F.mse_loss(coarse, small),
            }
            self.update("G", torch.stack(list(parts.values())).sum())
        return detached(**parts)

    def _regularise(self, count: int) -> None:
        weights = self.config.weights
        whole = self.generating
        codes = expand(self.form, whole.codes(*self._codes(count))).flatten(1, 2)
        image = whole.network(codes, noise=whole.noise(count), segment=False).image
        penalty = path_penalty(image, codes, whole.path_length)
        self.update("G", weights.path * weights.path_lazy * penalty, wrapped=False)

    def _codes(self, count: int) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Normal z for the images, for a second code, and whether this batch mixes the two."""
        share, device = self.config.weights.mixing, self.fabric.device
        if not share:
            return self._z(count), None, None
        return self._z(count), self._z(count), torch.rand((), device=device) < share

    def _z(self, count: int) -> Tensor:
        return torch.randn(count, self.form.style_dim, device=self.fabric.device)


class _Generating(nn.Module):
    """The generator that trains, its moving average, and the running mean of path lengths."""

    path_length: Tensor

    def __init__(self, network: SemanticStyleGAN) -> None:
        super().__init__()
        self.network = network
        self.ema = copy.deepcopy(network).requires_grad_(False)
        self.register_buffer("path_length", torch.zeros(()))

    def forward(
        self, z: Tensor, other: Tensor | None = None, mixes: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Image, segmentation and coarse segmentation of z, with fresh noise."""
        made: Synthesis = self.network(self.codes(z, other, mixes), noise=self.noise(len(z)))
        assert made.segmentation is not None
        return made.image, made.segmentation, made.coarse

    def codes(self, z: Tensor, other: Tensor | None, mixes: Tensor | None) -> Tensor:
        """W+ of z, [B,rows,D], mixed with a second one where bool [] `mixes` says so."""
        form, code = self.network.config, self.network.style(z)
        plain = repeat(form, code)
        if other is None or mixes is None:
            return plain
        return torch.where(mixes, mix(form, (code, self.network.style(other))), plain)

    def noise(self, count: int) -> list[Tensor]:
        """Fresh maps for `count` images."""
        return self.network.render_net.draw_noise(count)

    @torch.no_grad()
    def average(self, share: float = AVERAGE) -> None:
        """Moves the average towards the generator; its noise maps are its own.

        `share` is what it keeps of itself.
        """
        means: list[Tensor] = list(self.ema.parameters())
        now: list[Tensor] = list(self.network.parameters())
        torch._foreach_lerp_(means, now, 1 - share)


def segmentation_penalties(
    scores: Tensor, image: Tensor, segmentation: Tensor
) -> tuple[Tensor, Tensor]:
    """R1 of both inputs: means over the batch of the scores' squared gradient norms, unweighted.

    Args:
        scores: one an image, computed from the others.
        image, segmentation: [B,...], both require gradients.
    """
    gradients = torch.autograd.grad(scores.sum(), [image, segmentation], create_graph=True)
    first, second = (one.square().flatten(1).sum(1).mean() for one in gradients)
    return first, second


def path_penalty(image: Tensor, codes: Tensor, running: Tensor) -> Tensor:
    """StyleGAN2's path length regularisation: the lengths' mean square distance to their mean.

    Args:
        image: [B,3,H,W], made from the codes.
        codes: [B,R,D].
        running: the running mean of lengths, which is moved on in place.
    """
    direction = torch.randn_like(image) / math.sqrt(image[0, 0].numel())
    (gradient,) = torch.autograd.grad((image * direction).sum(), codes, create_graph=True)
    lengths = gradient.square().sum(2).mean(1).sqrt()
    running.lerp_(lengths.detach().mean(), PATH_DECAY)
    return (lengths - running).square().mean()


def _classes(form: SemanticStyleGANConfig, source: Examples) -> list[int]:
    """For each class of the scenes the network's; the background where it has none.

    Raises:
        BadInput: scenes that show less than half of the network's classes.
    """
    found = class_numbers(source.space.classes, form.names)
    known = {number for number in found if number is not None}
    if 2 * len(known) < form.seg_dim:
        raise BadInput(
            f"data.dataset: {source.dataset.name} has {len(known)} of the network's {form.seg_dim} "
            f"classes ({', '.join(form.names)}); choose a dataset of faces, or name its classes in "
            "network.classes"
        )
    return [number or 0 for number in found]
