"""How SPADE, SESAME and SEAN are trained (docs/protocol/generation.md, 0, A.4, B.3 and C.4).

Per step one generator step, then one discriminator step on an image that is made again without
gradients. SPADE and SEAN make whole images; SESAME's are composited before anything judges them.
SEAN's style codes come from the whole image, as published, or from what masks leave of it where the
data has any.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.func import functional_call

from baselines.layers.initial import draw_xavier
from baselines.layers.joint_casts import in_half
from baselines.layers.joint_spectral import JointSpectralNorm
from baselines.layers.label_map import SymbolMap
from baselines.layers.patch_discriminator import MultiScale, scores
from baselines.layers.region_adaptive import StyledRegions
from baselines.sean import SEANConfig, SEANGenerator, sean_discriminator
from baselines.sesame import SESAMEConfig, SESAMEGenerator, sesame_discriminator, sesame_labels
from baselines.spade import SPADEConfig, SPADEGenerator, spade_discriminator, spade_labels
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples, check_size
from baselines.training.losses import (
    discriminator_hinge,
    feature_matching,
    generator_hinge,
    pixel_parts,
)
from baselines.training.perceptual import perceptual_network
from baselines.training.recipe import Losses, Saved, TrainingRecipe, detached
from baselines.training.start import start_from
from baselines.training.style_codes import mean_codes
from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.plugins.kinds import SYSTEMS
from bench.plugins.systems import System

__all__ = ["SynthesisRecipe"]

Generators = SPADEGenerator | SESAMEGenerator | SEANGenerator
Features = list[list[Tensor]]


class SynthesisRecipe(TrainingRecipe):
    """SPADE, SESAME or SEAN, every variant."""

    reads = frozenset({"gan", "matching", "l1", "colour", "perceptual", "style", "start"})

    def __init__(self, config: TrainingConfig, sources: Sequence[Examples]) -> None:
        super().__init__(config, sources)
        system: System = SYSTEMS.get(config.system)
        given = dict(config.network)
        if "classes" not in system.variants.get(config.variant, {}):
            given.setdefault("classes", len(sources[0].space))
        self.form = system.configure(config.variant, **given)
        network = draw_xavier(system.build(self.form, training=True))
        assert isinstance(network, SPADEGenerator | SESAMEGenerator | SEANGenerator)
        self.check_classes(network.config.classes)
        if isinstance(network, SPADEGenerator) and network.config.latent:
            raise BadInput("network.latent: SPADE is trained without its VAE here; leave it at 0")
        self.network = network
        if config.start is not None:
            start_from(config.system, config.start, {"": network})
        rates = config.optimisation
        masked = bool(config.data.masks)
        self.add_player("G", _WholeGenerator(network, masked=masked), rates.generator)
        self.add_player("D", _Judge(draw_xavier(_discriminator(self.form))), rates.discriminator)
        weights = config.weights
        self.perceptual = (
            perceptual_network(weights.through) if weights.perceptual or weights.style else None
        )

    def channels_last(self) -> list[nn.Module]:
        """The layers of SPADE and SEAN from labels to image; elsewhere instance norms give rows."""
        if isinstance(self.network, SESAMEGenerator):
            return []
        return [one for name, one in self.network.named_children() if name != "Zencoder"]

    def step(self, batch: EditBatch, step: int) -> Losses:
        """G, then D."""
        del step
        assert batch.original is not None
        check_size(batch.original, multiple=self.network.config.divisor)
        generate, judge = self.players["G"].module, self.players["D"].module
        semantics, raw = generate(*_shown(batch))
        with self.frozen("D"):
            real, fake = judge(semantics, batch.original, raw)
            parts = self._parts(real, fake, raw, batch.original)
            self.update("G", torch.stack(list(parts.values())).sum())
        with torch.no_grad():
            semantics, raw = generate(*_shown(batch))
        real, fake = judge(semantics, batch.original, raw)
        loss = discriminator_hinge(scores(real), scores(fake))
        self.update("D", loss)
        return detached(discriminator=loss, **parts)

    def images(self, batch: EditBatch) -> Tensor:
        """Raw outputs; SESAME's composited."""
        with torch.no_grad():
            _, raw = self.players["G"].module(*_shown(batch))
        shown: Tensor = raw
        return shown

    def save(self, out: Path, *, half: bool) -> Saved:
        """Weights and card; SEAN's with its mean codes."""
        codes = {}
        if isinstance(self.network, SEANGenerator):
            codes = mean_codes(self.network, self.sources[0], self.fabric.device)
        space = self.sources[0].space.name
        return self.write(self.network, self.form, out, half=half, label_space=space, extras=codes)

    def _parts(
        self, real: Features, fake: Features, raw: Tensor, target: Tensor
    ) -> dict[str, Tensor]:
        weights = self.config.weights
        parts = {
            "adversarial": weights.gan * generator_hinge(scores(fake)),
            "matching": weights.matching * feature_matching(real, fake),
            **pixel_parts(weights, [(raw, target)]),
        }
        if self.perceptual is not None:
            with self.fabric.autocast():
                if weights.perceptual:
                    parts["perceptual"] = weights.perceptual * self.perceptual(raw, target)
                if weights.style:
                    parts["style"] = weights.style * self.perceptual.style(raw, target)
        return parts


class _WholeGenerator(nn.Module):
    def __init__(self, network: Generators, *, masked: bool) -> None:
        super().__init__()
        self.network = network
        self._masked = masked
        rows = isinstance(network, SESAMEGenerator)
        self._norms = JointSpectralNorm(network, channels_last=not rows)

    def forward(
        self, image: Tensor, mask: Tensor, labels: Tensor, edges: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What the discriminator sees beside the image [B,S,H,W], and the image."""
        with self._norms.iterated():
            return self._made(image, mask, labels, edges)

    def _made(
        self, image: Tensor, mask: Tensor, labels: Tensor, edges: Tensor
    ) -> tuple[Tensor, Tensor]:
        network = self.network
        if isinstance(network, SPADEGenerator):
            shown = spade_labels(network.config, labels, edges)
            return shown.dense(), self._painted(shown)
        if isinstance(network, SESAMEGenerator):
            shown = sesame_labels(network.config, labels, mask[:, 0])
            raw = self._painted(image * ~mask, shown)
            return shown.dense(), torch.where(mask, raw, image)
        codes = self._codes(network, image, mask, labels)
        semantics = SymbolMap.of_labels(labels, network.config.classes, torch.float32).dense()
        return semantics, self._painted(StyledRegions.of(labels, codes.float()))

    def _codes(self, network: SEANGenerator, image: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        """Every class's style; of the known pixels with masks, where a class has some."""
        if not self._masked:
            return network.encode(image, labels)[0]
        known = labels.masked_fill(mask[:, 0], -1)
        codes, shown = network.encode(torch.cat([image * ~mask, image]), torch.cat([known, labels]))
        own, whole = codes.chunk(2)
        return torch.where(shown[: len(image)].unsqueeze(2), own, whole)

    def _painted(self, *shown: object) -> Tensor:
        network = self.network
        weights = in_half(network, but="Zencoder")  # SEAN's codes stay exact
        raw: Tensor = functional_call(network, weights, shown, tie_weights=False)
        return raw


class _Judge(nn.Module):
    """The discriminator; real and fake go through together (docs/protocol/generation.md, 0)."""

    def __init__(self, network: MultiScale) -> None:
        super().__init__()
        self.network = network
        self._norms = JointSpectralNorm(network)

    def forward(self, semantics: Tensor, real: Tensor, fake: Tensor) -> tuple[Features, Features]:
        """For each scale the features of every layer, of real and of fake."""
        semantics = semantics.to(real)
        together = torch.cat([torch.cat([semantics, one], dim=1) for one in (real, fake)])
        with self._norms.iterated():
            found: Features = self.network(together)
        halves = [[layer.chunk(2) for layer in scale] for scale in found]
        of_real = [[layer[0] for layer in scale] for scale in halves]
        return of_real, [[layer[1] for layer in scale] for scale in halves]


def _discriminator(form: object) -> MultiScale:
    if isinstance(form, SPADEConfig):
        return spade_discriminator(form)
    if isinstance(form, SESAMEConfig):
        return sesame_discriminator(form)
    assert isinstance(form, SEANConfig)
    return sean_discriminator(form)


def _shown(batch: EditBatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    assert batch.original is not None
    return batch.original, batch.masked_region, batch.labels, batch.edges()[:, 0] > 0
