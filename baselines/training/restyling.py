"""How SSAE is trained, in three phases (docs/protocol/generation.md, D.4 and D.5).

1. The autoencoder, as `baselines.training.swapping` (eq. 4's weights are the configuration's).
2. The five mask predictors, by binary cross entropy against the true masks, summed (eq. 3).
3. The refinements, everything else frozen: L1 outside the region against the image without noise,
   and a discriminator that starts as the autoencoder's (eq. 5).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.checkpoints import load_network, read_card
from baselines.sae import SAE, draw_noise
from baselines.ssae import REGIONS, SSAE, SSAEConfig
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples
from baselines.training.losses import (
    discriminator_softplus,
    generator_softplus,
)
from baselines.training.recipe import Losses, Saved, detached
from baselines.training.start import start_from
from baselines.training.swapping import SwappingRecipe
from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.plugins.kinds import SYSTEMS

__all__ = ["RestylingRecipe", "region_masks"]

Phase = Literal["autoencoder", "masks", "refinements"]
PHASES: tuple[Phase, ...] = ("autoencoder", "masks", "refinements")


class RestylingRecipe(SwappingRecipe):
    """SSAE's three phases in one run, each over its share of the steps."""

    reads = SwappingRecipe.reads | {"start"}

    def __init__(self, config: TrainingConfig, sources: Sequence[Examples]) -> None:
        form = SYSTEMS.get("ssae").configure(config.variant, **config.network)
        assert isinstance(form, SSAEConfig)
        made = SSAE(form)
        super().__init__(config, sources, (form.sae, made.E, made.G))
        self.network = made
        self.whole = form
        self._check(form)
        if config.start is not None:
            _start(made, config.start)
        rate = config.optimisation.generator
        self.add_player("masks", _Predicting(made), rate)
        if form.refine:
            self.add_player("refinements", _Refining(made), rate)

    def step(self, batch: EditBatch, step: int) -> Losses:
        """A step of the phase that `step` lies in."""
        phase = self.phase(step)
        if phase == "autoencoder":
            return super().step(batch, step)
        targets = region_masks(batch)
        assert batch.original is not None
        if phase == "masks":
            logits = self.players["masks"].module(batch.original)
            loss = torch.stack(
                [F.binary_cross_entropy_with_logits(logits[r], targets[r]) for r in REGIONS]
            ).sum()
            self.update("masks", loss)
            return detached(masks=loss)
        return self._refine(batch.original, targets, step)

    def kind(self, step: int) -> Hashable | None:
        """The phase; the autoencoder's kinds; the refined region, and whether with a penalty."""
        phase = self.phase(step)
        if phase == "autoencoder":
            return phase, super().kind(step)
        if phase == "masks":
            return phase
        return phase, step % len(REGIONS), step % self.config.weights.lazy == 0

    def phase(self, step: int) -> Phase:
        """Which part is trained at a step."""
        number, _ = self.config.phase(step, self.steps)
        return PHASES[number]

    def save(self, out: Path, *, half: bool) -> Saved:
        """Weights and card of all parts."""
        return self.write(self.network, self.whole, out, half=half)

    def _refine(self, image: Tensor, targets: dict[str, Tensor], step: int) -> Losses:
        judge, weights = self.players["D"].module, self.config.weights
        region = list(REGIONS)[step % len(REGIONS)]
        mask = targets[region]
        with self.frozen("D", "autoencoder"):
            refined, plain = self.players["refinements"].module(image, mask, region)
            parts = {"l1": weights.l1 * F.l1_loss(refined * (1 - mask), plain * (1 - mask))}
            if weights.rebuilt:
                parts["rebuilt"] = weights.rebuilt * generator_softplus(judge(refined))
            self.update("refinements", torch.stack(list(parts.values())).sum())
        if not weights.rebuilt:
            return detached(**parts)
        real, fake = judge(torch.cat([plain, refined.detach()])).chunk(2)
        loss = discriminator_softplus(real, fake)
        if step % weights.lazy == 0:
            loss = loss + weights.lazy * weights.r1 / 2 * self._penalty(plain)
        self.update("D", loss)
        return detached(discriminator=loss, **parts)

    def _check(self, form: SSAEConfig) -> None:
        if self.config.phases[0] == 0 and self.config.start is None:
            raise BadInput(
                "phases: without a phase for the autoencoder, `start` must name a trained one"
            )
        if len(self.config.phases) > len(PHASES):
            raise BadInput(
                f"phases: has {len(self.config.phases)} shares, but SSAE's training has three parts "
                f"({', '.join(PHASES)})"
            )
        if not form.refine and sum(self.config.phases[2:]) > 0:
            raise BadInput(
                f"phases: variant {self.config.variant!r} has no refinements to train; "
                "make the third share 0"
            )
        names = set(self.sources[0].space.classes)
        for region, classes in REGIONS.items():
            if not names & set(classes):
                raise BadInput(
                    f"data.dataset: {self.sources[0].dataset.name} has no class of the region "
                    f"{region!r} ({', '.join(classes)}); choose a dataset of faces"
                )


class _Predicting(nn.Module):
    def __init__(self, network: SSAE) -> None:
        super().__init__()
        self.masks = network.masks

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Logits [B,1,H,W] of every region."""
        return {name: predictor(image) for name, predictor in self.masks.items()}


class _Refining(nn.Module):
    """Noise on a region's texture and its refinement; trains the refinements alone."""

    def __init__(self, network: SSAE) -> None:
        super().__init__()
        self.refinements = network.refinements
        # Not a child: the autoencoder is another player's.
        self._whole = (network,)

    def forward(self, image: Tensor, mask: Tensor, region: str) -> tuple[Tensor, Tensor]:
        """Y_ref, and Y_SAE: the image through the autoencoder with the same fixed noise."""
        (network,) = self._whole
        with torch.no_grad():
            structure, texture = network.E(image)
            size = (structure.shape[2], structure.shape[3])
            noise = draw_noise(network.G, size, len(image))
            styles = network.textures(texture, mask, len(image))
            plain = network.G(structure, texture, noise=noise)
            noisy = network.G(structure, texture, noise=noise, textures=styles)
        return self.refinements[region](noisy, mask), plain


def region_masks(batch: EditBatch) -> dict[str, Tensor]:
    """float32 [B,1,H,W] for every region: 1 where the true labels are one of its classes."""
    found = {}
    for region, names in REGIONS.items():
        wanted = [batch.labels == k for k, name in enumerate(batch.space.classes) if name in names]
        found[region] = torch.stack(wanted, 1).any(1, keepdim=True).float()
    return found


def _start(network: SSAE, file: Path) -> None:
    """Puts in a trained autoencoder, or a whole SSAE."""
    if read_card(file).system == "ssae":
        start_from("ssae", file, {"": network})
        return
    trained = load_network("sae", file).network
    assert isinstance(trained, SAE)
    if trained.config != network.config.sae:
        raise BadInput(f"{file}: holds an autoencoder of another configuration than network.sae")
    network.E.load_state_dict(trained.E.state_dict())
    network.G.load_state_dict(trained.G.state_dict())
