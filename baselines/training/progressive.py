"""How SPMPGAN and DivSem are trained (docs/protocol/editing.md, A.5, A.6 and B.3).

Per step one generator forward; the discriminators of all stages are updated together, then the
generator through them. The discriminators see composites, L1 and the perceptual loss the raw
outputs of every stage; gradients flow from the last stage to the first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from baselines.checkpoints import load_network
from baselines.divsem import DivSem
from baselines.layers.condition import Condition, RegionStyle
from baselines.layers.initial import draw_normal
from baselines.layers.joint_casts import in_half
from baselines.layers.joint_spectral import JointSpectralNorm
from baselines.layers.label_map import fixed_sizes, one_hot
from baselines.layers.neighbourhoods import resize_nearest
from baselines.layers.progressive import Stage
from baselines.layers.region_style import separate_regions
from baselines.progressive import ProgressiveConfig, ProgressiveNetwork
from baselines.spmpgan import spmpgan_discriminators
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples, check_size
from baselines.training.losses import discriminator_hinge, generator_hinge, pixel_parts
from baselines.training.perceptual import perceptual_network
from baselines.training.recipe import Losses, Saved, TrainingRecipe, detached
from baselines.training.start import start_from
from baselines.training.style_codes import style_bank
from bench.batch import EditBatch
from bench.plugins.kinds import SYSTEMS
from bench.plugins.systems import System

__all__ = ["ProgressiveRecipe"]

REGIONS = 128
"""Regions of an image that get a style of their own where sizes are fixed; the last takes those beyond."""


class ProgressiveRecipe(TrainingRecipe):
    """SPMPGAN or DivSem, every variant; images are BGR inside, as the adapters feed them."""

    reads = frozenset({"gan", "l1", "colour", "perceptual", "style", "start"})

    def __init__(self, config: TrainingConfig, sources: Sequence[Examples]) -> None:
        super().__init__(config, sources)
        system: System = SYSTEMS.get(config.system)
        fields = {"classes": len(sources[0].space), **config.network}
        self.form = system.configure(config.variant, **fields)
        assert isinstance(self.form, ProgressiveConfig)
        self.check_classes(self.form.classes)
        # As its editor feeds SPMPGAN: one channel more than classes is 0 = unlabelled (D.3).
        spare = self.form.classes == len(sources[0].space) + 1
        self._first_label = int(spare and config.system == "spmpgan")
        network = draw_normal(system.build(self.form, training=True))
        assert isinstance(network, ProgressiveNetwork)
        self.network = network
        if config.start is not None:
            _start(network, config.system, config.start)
        rates = config.optimisation
        self.add_player("G", _StagedGenerator(network), rates.generator)
        self._judges = _Judges(self.form)
        self.add_player("D", self._judges, rates.discriminator)
        weights = config.weights
        self.perceptual = (
            perceptual_network(weights.through) if weights.perceptual or weights.style else None
        )

    def channels_last(self) -> list[nn.Module]:
        """The stages and their discriminators; in DivSem's encoder instance norms give rows."""
        return [*(one for one in self.network.children() if isinstance(one, Stage)), self._judges]

    def step(self, batch: EditBatch, step: int) -> Losses:
        """D on composites, then G."""
        del step
        image, mask, shown = _bgr(batch), batch.masked_region, self._shown(batch)
        check_size(image, side=self.network.config.size)
        stages = self.players["G"].module(image, mask, *shown)
        raws = [raw for raw, _ in stages]
        composites = [composite for _, composite in stages]
        targets = [_reduced(image, raw.shape[2:]) for raw in raws]
        judge = self.players["D"].module
        semantics = _semantics(mask, shown[0], self.network.config.classes, targets)
        made = [composite.detach() for composite in composites]
        judged = [scores.chunk(2) for scores in judge(semantics, targets, made)]
        real, fake = zip(*judged, strict=True)
        loss = len(stages) * discriminator_hinge(real, fake)
        self.update("D", loss)
        with self.frozen("D"):
            fake = judge(semantics, composites)
            parts = self._parts(fake, raws, targets)
            self.update("G", torch.stack(list(parts.values())).sum())
        return detached(discriminator=loss, **parts)

    def images(self, batch: EditBatch) -> Tensor:
        """The last stage's composites."""
        with torch.no_grad():
            stages = self.players["G"].module(_bgr(batch), batch.masked_region, *self._shown(batch))
        composite: Tensor = stages[-1][1]
        return composite.flip(1)

    def save(self, out: Path, *, half: bool) -> Saved:
        """Weights and card; DivSem's with its style bank."""
        bank = {}
        if isinstance(self.network, DivSem) and self.network.config.styled:
            bank = style_bank(self.network, self.sources[0], self.fabric.device)
        space = self.sources[0].space.name
        return self.write(self.network, self.form, out, half=half, label_space=space, extras=bank)

    def _shown(self, batch: EditBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Labels as the network counts them, edges and regions."""
        regions = separate_regions(batch.labels, batch.instances)
        return batch.labels + self._first_label, batch.edges()[:, 0] > 0, regions

    def _parts(
        self, fake: list[Tensor], raws: list[Tensor], targets: list[Tensor]
    ) -> dict[str, Tensor]:
        weights = self.config.weights
        pairs = list(zip(raws, targets))
        parts = {
            "adversarial": weights.gan * len(fake) * generator_hinge(fake),
            **pixel_parts(weights, pairs),
        }
        if self.perceptual is not None:
            look = self.perceptual
            # VGG sees BGR, as published; the segmenter was trained on RGB.
            if look.name != "vgg19":
                pairs = [(p.flip(1), t.flip(1)) for p, t in pairs]
            with self.fabric.autocast():
                if weights.perceptual:
                    seen = torch.stack([look(p, t) for p, t in pairs]).sum()
                    parts["perceptual"] = weights.perceptual * seen
                if weights.style:
                    styles = torch.stack([look.style(p, t) for p, t in pairs]).sum()
                    parts["style"] = weights.style * styles
        return parts


def _start(network: ProgressiveNetwork, system: str, file: Path) -> None:
    """Puts trained weights in: a stage's are those of the file's stage that is nearest in size."""
    trained = load_network(system, file).network
    assert isinstance(trained, ProgressiveNetwork)
    there = trained.config.stages
    for name, size in network.config.stages.items():
        nearest = min(there, key=lambda one: abs(math.log2(there[one] / size)))
        start_from(system, file, {f"{nearest}.": network.get_submodule(name)})
    if isinstance(network, DivSem) and network.config.styled:
        start_from(system, file, {"zencoder.": network.zencoder})


class _StagedGenerator(nn.Module):
    def __init__(self, network: ProgressiveNetwork) -> None:
        super().__init__()
        self.network = network
        self._norms = JointSpectralNorm(network, channels_last=True)

    def forward(
        self, image: Tensor, mask: Tensor, labels: Tensor, edges: Tensor, regions: Tensor
    ) -> list[tuple[Tensor, Tensor]]:
        """Raw output and composite of every stage, smallest first."""
        network, masked = self.network, image * ~mask
        condition = Condition(labels, edges, mask[:, 0], network.config.classes)
        if isinstance(network, DivSem) and network.config.styled:
            style = self._style(network, image, mask[:, 0], regions)
            condition = replace(condition, style=style)
        original = image if network.config.border == "original" else None
        weights = in_half(network, but="zencoder")  # DivSem's styles stay exact
        with self._norms.iterated():
            shown = (masked, condition, original)
            stages = functional_call(network, weights, shown, tie_weights=False)
        return [(stage.raw, stage.composite) for stage in stages]

    def _style(self, network: DivSem, image: Tensor, mask: Tensor, regions: Tensor) -> RegionStyle:
        # A region that nobody sees gets its style from the whole image (B.3, training).
        encoder = network.zencoder
        if fixed_sizes(image.device):
            masks = torch.cat([mask, torch.zeros_like(mask)])
            both = encoder.read(image.repeat(2, 1, 1, 1), masks, regions.repeat(2, 1, 1), REGIONS)
            seen = both.first(len(image))
            return encoder.normalise(seen.completed(both.means[len(seen.items) :]))
        seen = encoder.read(image, mask, regions)
        # Numbered by item, so that those of some items alone keep their order.
        some = torch.unique(seen.items[seen.erased])
        if len(some) == 0:
            return encoder.normalise(seen)
        whole = encoder.read(image[some], torch.zeros_like(mask[some]), regions[some])
        means = whole.means[seen.erased[torch.isin(seen.items, some)]]
        return encoder.normalise(seen.replaced(seen.erased, means))


class _Judges(nn.Module):
    """The stages' discriminators; several images of an edit go through together."""

    def __init__(self, config: ProgressiveConfig) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            draw_normal(judge) for judge in spmpgan_discriminators(config).values()
        )
        self._norms = JointSpectralNorm(self.stages, channels_last=True)

    def forward(self, semantics: list[Tensor], *images: list[Tensor]) -> list[Tensor]:
        """Stage by stage the scores, a batch for each of `images`, one after the other."""
        with self._norms.iterated():
            return [
                judge(_one_batch([hot] * len(shown)), _one_batch(shown))
                for judge, hot, *shown in zip(self.stages, semantics, *images, strict=True)
            ]


def _semantics(mask: Tensor, labels: Tensor, classes: int, images: list[Tensor]) -> list[Tensor]:
    """What the discriminators see beside the images: one-hot labels inside the mask, at each image's size."""
    inside = torch.where(mask[:, 0], labels, -1)
    small = [resize_nearest(inside, (one.shape[2], one.shape[3])) for one in images]
    return [one_hot(found, classes, one.dtype) for found, one in zip(small, images, strict=True)]


def _one_batch(maps: list[Tensor]) -> Tensor:
    return maps[0] if len(maps) == 1 else torch.cat(maps)


def _bgr(batch: EditBatch) -> Tensor:
    assert batch.original is not None
    return batch.original.flip(1)


def _reduced(image: Tensor, size: torch.Size) -> Tensor:
    if image.shape[2:] == size:
        return image
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False)
