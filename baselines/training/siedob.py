"""How SIEDOB is trained, in four phases (docs/protocol/rivals.md, A.8).

1. The background, on scenes without their objects, with a second discriminator of border patches.
2. Object inpainting and
3. the style-diverse objects, on crops of objects.
4. The fusion, on edits that the other three have carried out; these are frozen.

Discriminators go before their generator, on real and fake together. Images are BGR inside. What counts
as an object is the assembly's rule with a larger share hidden; the published background training's
other bounds (persons two to six times as high as wide, boxes within 255 pixels) are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.label_map import one_hot
from baselines.siedob import SIEDOB, ObjectStyle, SIEDOBConfig, StyleImages, siedob_discriminators
from baselines.siedob.assembly import (
    Crops,
    cut,
    find_objects,
    foreground_of,
    number_labels,
    objects_of,
    visible_objects,
)
from baselines.siedob.inpainting import class_map
from baselines.training.border_patches import border_patches
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples, check_size
from baselines.training.losses import discriminator_hinge, generator_hinge
from baselines.training.object_crops import draw_holes, draw_objects, others_of_the_class
from baselines.training.perceptual import perceptual_network
from baselines.training.recipe import Losses, Saved, TrainingRecipe, detached
from baselines.training.start import start_from
from baselines.training.style_codes import object_bank
from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.plugins.kinds import SYSTEMS

__all__ = ["SIEDOBRecipe"]

Phase = Literal["background", "inpainting", "style", "fusion"]
PHASES: tuple[Phase, ...] = ("background", "inpainting", "style", "fusion")

_HIDDEN = 0.4
"""An object is cut out in training where more than this share of it is hidden."""

_SMALLEST = 400 / 256**2
"""Objects of a larger share of the image have their boxes hidden with half of the masks."""

_AROUND = 5
"""Pixels around such a box, at 256."""


class SIEDOBRecipe(TrainingRecipe):
    """The four phases in one run, each over its share of the steps."""

    reads = frozenset({"gan", "l1", "object_l1", "perceptual", "patch", "cycle", "start"})

    def __init__(self, config: TrainingConfig, sources: Sequence[Examples]) -> None:
        super().__init__(config, sources)
        space = sources[0].space
        fields = dict(config.network)
        system = SYSTEMS.get("siedob")
        if "classes" not in system.variants[config.variant]:
            fields.setdefault("classes", len(space))
        form = system.configure(config.variant, **fields)
        assert isinstance(form, SIEDOBConfig)
        self.form = form
        self.check_classes(self.form.classes)
        self._check()
        self.network = SIEDOB(form, spectral_norm=True)
        if config.start is not None:
            start_from("siedob", config.start, {"": self.network})
        rates, network = config.optimisation, self.network
        generators = {
            "background": network.background,
            "inpainting": network.object_inpainting,
            "style": _Styled(network.object_style),
            "fusion": network.fusion,
        }
        for name, module in generators.items():
            self.add_player(name, module, rates.generator)
        for judge, module in siedob_discriminators(form).items():
            self.add_player(judge, module, rates.discriminator)
        weights = config.weights
        self.perceptual = perceptual_network(weights.through) if weights.perceptual else None

    def step(self, batch: EditBatch, step: int) -> Losses:
        """A step of the phase that `step` lies in."""
        assert batch.original is not None
        image, objects = (
            batch.original.flip(1),
            objects_of(batch.labels, batch.instances, self.form),
        )
        phase = PHASES[self.config.phase(step, self.steps)[0]]
        if phase in ("background", "fusion"):  # the others cut objects out of scenes of any size
            check_size(image, multiple=self.form.divisor)
        if phase == "background":
            return self._background(batch, image, objects)
        if phase == "fusion":
            return self._fusion(batch, image, objects)
        crops = draw_objects(image, batch.labels, objects, self.form)
        if not self._everywhere(crops is not None):
            return {"l1": image.new_zeros(())}  # no object in any scene of a batch
        assert crops is not None
        if phase == "inpainting":
            return self._inpainting(crops, step)
        return self._styles(crops)

    def kind(self, step: int) -> None:
        """None: how many objects and patches a step works on depends on its batch."""

    def images(self, batch: EditBatch) -> Tensor:
        """The composites of the whole system."""
        assert batch.original is not None
        image, hole = batch.original.flip(1), batch.masked_region[:, 0]
        objects, edges = (
            objects_of(batch.labels, batch.instances, self.form),
            batch.edges()[:, 0] > 0,
        )
        looks = self._looks(image, batch.labels, objects)
        known = image * ~hole.unsqueeze(1)
        with torch.no_grad():
            made = self.network(known, hole, batch.labels, objects, edges, looks)
        composite: Tensor = made.composite.clamp(-1, 1).flip(1)
        return composite

    def save(self, out: Path, *, half: bool) -> Saved:
        """Weights and card, with a bank of objects."""
        source = self.sources[0]
        bank = object_bank(self.form, source)
        return self.write(
            self.network, self.form, out, half=half, label_space=source.space.name, extras=bank
        )

    def _background(self, batch: EditBatch, image: Tensor, objects: Tensor) -> Losses:
        hole = _with_boxes(batch.masked_region[:, 0], objects)
        found = find_objects(batch.labels, objects, hole, self.form, _HIDDEN)
        background = ~foreground_of(found, hole)
        labels, edges = number_labels(batch.labels, self.form), batch.edges()[:, 0] > 0
        shown, region = background.unsqueeze(1), (hole & background).unsqueeze(1)
        # Training hides objects from image and hole; the assembly of edits does not.
        raw = self.players["background"].module(
            image * shown * ~region, labels, edges & hole, region[:, 0], background
        )
        composite, semantics = torch.where(region, raw, image), self._one_hot(labels, image)
        judged = self._judge("netD_BG", [semantics, image], [semantics, composite])
        losses = {"discriminator": judged}
        patches = _patches(image, composite, semantics, region[:, 0])
        if not self._everywhere(patches is not None):
            patches = None
        if patches is not None:
            real, fake, of_labels = patches
            losses["patches"] = self._judge("netD_patch", [real, of_labels], [fake, of_labels])
        weights = self.config.weights
        with self.frozen("netD_BG", "netD_patch"):
            parts = self._parts(raw, image * shown, weights.l1)
            scores = self.players["netD_BG"].module(semantics, composite)
            parts["adversarial"] = weights.gan * generator_hinge([scores])
            if patches is not None:
                scores = self.players["netD_patch"].module(fake, of_labels)
                parts["patch"] = weights.patch * generator_hinge([scores])
            self.update("background", torch.stack(list(parts.values())).sum())
        return detached(**losses, **parts)

    def _inpainting(self, crops: Crops, step: int) -> Losses:
        seen = draw_holes(crops, self.config.seed, step)
        raw = self.players["inpainting"].module(seen.image, seen.instance, seen.hole, seen.kinds)
        hole, classes = seen.hole.unsqueeze(1), self._classes(crops)
        composite = torch.where(hole, raw, seen.image)
        real, around = crops.image, [hole.to(raw), classes]
        loss = self._judge("netD_inp", [real, *around], [composite, *around])
        with self.frozen("netD_inp"):
            judged = self.players["netD_inp"].module(composite, *around)
            parts = self._parts(raw, real, self.config.weights.object_l1)
            parts["adversarial"] = self.config.weights.gan * generator_hinge([judged])
            self.update("inpainting", torch.stack(list(parts.values())).sum())
        return detached(discriminator=loss, **parts)

    def _styles(self, crops: Crops) -> Losses:
        other = crops.take(others_of_the_class(crops.kinds))
        made = self.players["style"].module(
            crops.instance,
            crops.kinds,
            [crops.image, other.image],
            [crops.instance, other.instance],
        )
        mask, classes = crops.instance.unsqueeze(1), self._classes(crops)
        fakes = [image * mask for image, _, _ in made]
        real, twice = crops.image, torch.cat([classes, classes])
        loss = self._judge(
            "netD_style", [real.repeat(2, 1, 1, 1), twice], [torch.cat(fakes), twice]
        )
        weights = self.config.weights
        with self.frozen("netD_style"):
            judged = self.players["netD_style"].module(torch.cat(fakes), twice).chunk(2)
            parts = self._parts(made[0][0], real, weights.object_l1)
            if "perceptual" in parts:
                parts["perceptual"] = parts["perceptual"] + self._seen(made[1][0], real)
            gans = torch.stack([generator_hinge([one]) for one in judged])
            parts["adversarial"] = weights.gan * gans.sum()
            turned = [1 - F.cosine_similarity(code, back, dim=1).mean() for _, code, back in made]
            parts["cycle"] = weights.cycle * torch.stack(turned).sum()
            self.update("style", torch.stack(list(parts.values())).sum())
        return detached(discriminator=loss, **parts)

    def _fusion(self, batch: EditBatch, image: Tensor, objects: Tensor) -> Losses:
        for name in ("background", "object_inpainting", "object_style"):
            self.network.get_submodule(name).eval()
        hole, edges = _with_boxes(batch.masked_region[:, 0], objects), batch.edges()[:, 0] > 0
        known, looks = image * ~hole.unsqueeze(1), self._looks(image, batch.labels, objects)
        with torch.no_grad():
            made = self.network.assemble(known, hole, batch.labels, objects, edges, looks, _HIDDEN)
        fused = self.players["fusion"].module(made.assembled, hole, made.borders)
        composite = torch.where(hole.unsqueeze(1), fused, image)
        loss = self._judge("netD_F", [image], [composite])
        with self.frozen("netD_F"):
            judged = self.players["netD_F"].module(composite)
            parts = {"adversarial": self.config.weights.gan * generator_hinge([judged])}
            if self.perceptual is not None:
                parts["perceptual"] = self._seen(fused, image)
            self.update("fusion", torch.stack(list(parts.values())).sum())
        return detached(discriminator=loss, **parts)

    def _everywhere(self, there: bool) -> bool:
        """Whether it is there on every device: all must take the same steps."""
        if self.fabric.world_size == 1:
            return there
        have = torch.tensor(float(there), device=self.fabric.device)
        return float(self.of_all_devices(have)) == 1

    def _looks(self, image: Tensor, labels: Tensor, objects: Tensor) -> _Looks:
        return _Looks(image, labels, objects, self.form)

    def _judge(self, name: str, real: list[Tensor], fake: list[Tensor]) -> Tensor:
        """One step of a discriminator on real and fake together, its generator apart; its loss."""
        together = [torch.cat(pair).detach() for pair in zip(real, fake, strict=True)]
        scores = self.players[name].module(*together).chunk(2)
        loss = discriminator_hinge([scores[0]], [scores[1]])
        self.update(name, loss)
        return loss

    def _parts(self, raw: Tensor, target: Tensor, l1: float) -> dict[str, Tensor]:
        parts = {"l1": l1 * F.l1_loss(raw, target)}
        if self.perceptual is not None:
            parts["perceptual"] = self._seen(raw, target)
        return parts

    def _seen(self, raw: Tensor, target: Tensor) -> Tensor:
        assert self.perceptual is not None
        if self.perceptual.name != "vgg19":  # VGG sees BGR, as published; the segmenter RGB
            raw, target = raw.flip(1), target.flip(1)
        with self.fabric.autocast():
            seen: Tensor = self.config.weights.perceptual * self.perceptual(raw, target)
        return seen

    def _one_hot(self, labels: Tensor, like: Tensor) -> Tensor:
        return one_hot(labels, self.form.classes, like.dtype)

    def _classes(self, crops: Crops) -> Tensor:
        channels = self.form.class_channels
        return class_map(crops.instance, crops.kinds, channels, crops.image.dtype).dense()

    def _check(self) -> None:
        """Refuses what cannot be trained, before anything is.

        Raises:
            BadInput: another number of phases, or an object class that the data have not.
        """
        phases = self.config.phases
        if len(phases) != len(PHASES):
            raise BadInput(
                f"phases: has {len(phases)} shares, but SIEDOB's training has four parts "
                f"({', '.join(PHASES)})"
            )
        if not self.form.objects and phases[1] + phases[2] > 0:
            raise BadInput(
                "network.objects: names no object class, so there is nothing to train in the "
                "phases of inpainting and style; name some, or make the shares 0"
            )
        classes = self.sources[0].space.classes
        for one in self.form.objects:
            if one.label >= len(classes) or classes[one.label] != one.name:
                raise BadInput(
                    f"network.objects: class {one.label} of {self.sources[0].dataset.name} is not "
                    f"{one.name!r}; take labels and names from its label space"
                )


class _Styled(nn.Module):
    """Both branches of the style phase: objects in their own look and in another's."""

    def __init__(self, network: ObjectStyle) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, instance: Tensor, kinds: Tensor, images: list[Tensor], instances: list[Tensor]
    ) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Objects, codes and codes read back, for each of the style images."""
        return [
            self.network(instance, kinds, image, mask)
            for image, mask in zip(images, instances, strict=True)
        ]


class _Looks:
    """The look of an erased object in training: that of objects of its class in the batch."""

    def __init__(
        self, image: Tensor, labels: Tensor, objects: Tensor, config: SIEDOBConfig
    ) -> None:
        nothing = torch.zeros_like(labels, dtype=torch.bool)
        found = visible_objects(labels, objects, nothing, config)
        self.crops = cut(image, nothing, found, config.object_size) if found else None
        self.kinds = np.array([one.kind for one in found])

    def __call__(self, item: int, kind: int) -> StyleImages:
        """All of them in drawn order; the object itself is there, so there is always one."""
        del item
        assert self.crops is not None
        mine = torch.from_numpy(np.flatnonzero(self.kinds == kind))
        places = mine[torch.randperm(len(mine))]
        drawn = self.crops.take(places.to(self.crops.kinds.device))
        return StyleImages(drawn.image, drawn.instance)


def _patches(
    image: Tensor, composite: Tensor, semantics: Tensor, region: Tensor
) -> tuple[Tensor, Tensor, Tensor] | None:
    """True, made and labels of patches at the region's border, or None where it has none."""
    planes = torch.cat([image, composite, semantics], dim=1)
    patches = border_patches(planes, region)
    if patches is None:
        return None
    real, fake, of_labels = torch.split(patches, [3, 3, semantics.shape[1]], dim=1)
    return real, fake, of_labels


def _with_boxes(hole: Tensor, objects: Tensor) -> Tensor:
    """Half of the holes with the boxes of all larger objects, bool [B,H,W]; found on the host."""
    height, width = hole.shape[1:]
    area = height * width
    around = round(_AROUND * area**0.5 / 256)
    whole, numbered = torch.stack([hole.to(objects), objects]).cpu().numpy()
    united = whole > 0
    for mask, ids in zip(united, numbered, strict=True):
        if torch.rand(()) >= 0.5:
            continue
        numbers, counts = np.unique(ids[ids != 0], return_counts=True)
        for number in numbers[counts > _SMALLEST * area]:
            rows, columns = np.nonzero(ids == number)
            # Its last row and column are left out, as published.
            top, left = max(rows.min() - around, 0), max(columns.min() - around, 0)
            mask[top : rows.max() + around, left : columns.max() + around] = True
    return torch.from_numpy(united).to(hole.device)
