"""How Pix2PixHD is trained (docs/protocol/rivals.md, B.3).

One forward; the generator's step, then the discriminator's on the same image. The feature encoder
sees the true image, as published, or what masks leave of it where the data has any (B.6), and trains
with the generator. A local enhancer starts from a trained global generator and is at first trained alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from baselines.layers.initial import draw_normal_weights
from baselines.layers.region_style import separate_regions
from baselines.pix2pixhd import (
    Pix2PixHD,
    Pix2PixHDConfig,
    pix2pixhd_discriminator,
    pix2pixhd_labels,
)
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples, check_size
from baselines.training.least_squares import (
    Judge,
    discriminator_terms,
    generator_parts,
)
from baselines.training.perceptual import perceptual_network
from baselines.training.recipe import Losses, Saved, TrainingRecipe, detached
from baselines.training.start import start_from
from baselines.training.style_codes import feature_clusters
from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.plugins.kinds import SYSTEMS
from bench.plugins.systems import System

__all__ = ["Pix2PixHDRecipe"]


class Pix2PixHDRecipe(TrainingRecipe):
    """Pix2PixHD, every variant."""

    reads = frozenset({"gan", "matching", "l1", "colour", "perceptual", "start"})

    def __init__(self, config: TrainingConfig, sources: Sequence[Examples]) -> None:
        super().__init__(config, sources)
        system: System = SYSTEMS.get(config.system)
        given = dict(config.network)
        if "classes" not in system.variants.get(config.variant, {}):
            given.setdefault("classes", len(sources[0].space))
        form = system.configure(config.variant, **given)
        assert isinstance(form, Pix2PixHDConfig)
        self.form = form
        self.check_classes(form.classes)
        self._check()
        self.network = draw_normal_weights(Pix2PixHD(form))
        if config.start is not None:
            parts: dict[str, nn.Module] = {"G.": self.network.G}
            if self.network.E is not None:
                parts["E."] = self.network.E
            start_from("pix2pixhd", config.start, parts)
        rates = config.optimisation
        self.add_player("G", _Generating(self.network), rates.generator)
        judge = Judge(draw_normal_weights(pix2pixhd_discriminator(form)))
        self.add_player("D", judge, rates.discriminator)
        weights = config.weights
        self.perceptual = perceptual_network(weights.through) if weights.perceptual else None

    def step(self, batch: EditBatch, step: int) -> Losses:
        """G, then D with the same image."""
        assert batch.original is not None
        check_size(batch.original, multiple=self.form.divisor)
        judge, real = self.players["D"].module, batch.original
        with self._trained(step):
            semantics, fake = self.players["G"].module(*self._shown(batch))
            with self.frozen("D"):
                judged = judge(semantics, None, real, fake)
                with self.fabric.autocast():
                    parts = generator_parts(
                        self.config.weights, judged, (fake, real), self.perceptual
                    )
                self.update("G", torch.stack(list(parts.values())).sum())
        terms = discriminator_terms(judge(semantics, None, real, fake.detach()))
        loss = torch.stack(terms).sum() / 2
        self.update("D", loss)
        return detached(discriminator=loss, **parts)

    def kind(self, step: int) -> Hashable | None:
        """The phase; None with local enhancers, whose halved label maps depend on the batch."""
        return None if self.form.enhancers else super().kind(step)

    def images(self, batch: EditBatch) -> Tensor:
        """Whole images."""
        with torch.no_grad():
            _, image = self.players["G"].module(*self._shown(batch))
        shown: Tensor = image
        return shown

    def save(self, out: Path, *, half: bool) -> Saved:
        """Weights and card; with features, their clusters."""
        clusters = {}
        if self.network.E is not None:
            clusters = feature_clusters(self.network.E, self.sources[0], self.fabric.device)
        space = self.sources[0].space.name
        return self.write(
            self.network, self.form, out, half=half, label_space=space, extras=clusters
        )

    @contextmanager
    def _trained(self, step: int) -> Iterator[None]:
        """While the block runs in the first of two phases, the enhancers alone are trained."""
        number, _ = self.config.phase(step, self.steps)
        if len(self.config.phases) == 1 or number == 1:
            yield
            return
        others = [
            value
            for name, value in self.network.named_parameters()
            if not name.startswith("G.model1")
        ]
        for value in others:
            value.requires_grad_(False)
        try:
            yield
        finally:
            for value in others:
                value.requires_grad_(True)

    def _shown(self, batch: EditBatch) -> tuple[Tensor, Tensor | None, Tensor, Tensor, Tensor]:
        """Arguments of `_Generating`."""
        assert batch.original is not None
        instances = separate_regions(batch.labels, batch.instances)
        given = batch.labels, batch.edges()[:, 0] > 0, instances
        if self.config.data.masks:
            return batch.masked, ~batch.masked_region[:, 0], *given
        return batch.original, None, *given

    def _check(self) -> None:
        count = len(self.config.phases)
        if count > 2 or (count == 2 and not self.form.enhancers):
            raise BadInput(
                f"phases: has {count} shares, but only a local enhancer's training has two parts "
                "(the enhancer, everything)"
            )


class _Generating(nn.Module):
    def __init__(self, network: Pix2PixHD) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        image: Tensor,
        known: Tensor | None,
        labels: Tensor,
        edges: Tensor,
        instances: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """What the discriminator sees beside the image [B,S,H,W], and the image."""
        network = self.network
        shown = pix2pixhd_labels(network.config, labels, edges)
        if network.E is None:
            features = None
        elif known is None:
            features = network.E(image, instances)
        else:
            features = network.E.visible(image, known, instances, labels)
        return shown.dense(), network(shown, features)
