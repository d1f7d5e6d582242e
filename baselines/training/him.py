"""How HIM is trained, in two phases (docs/protocol/rivals.md, D.5).

1. The image generator, through boxes with their true labels.
2. The layout generator, at a constant rate. A masked region that is an object's box asks for that
   object, up to rounding; every other one is a background box.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.him import (
    HIM,
    HIMConfig,
    ImageGenerator,
    LayoutGenerator,
    him_labels,
    image_discriminator,
    layout_condition,
    layout_discriminator,
)
from baselines.layers.initial import draw_normal_weights
from baselines.layers.label_map import SymbolMap
from baselines.layers.region_style import number_regions
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples, check_size
from baselines.training.least_squares import (
    Judge,
    discriminator_terms,
    generator_parts,
)
from baselines.training.losses import least_squares
from baselines.training.perceptual import perceptual_network
from baselines.training.recipe import Losses, Saved, TrainingRecipe, detached
from baselines.training.start import start_from
from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.plugins.kinds import SYSTEMS
from bench.plugins.systems import System

__all__ = ["BoxTargets", "HIMRecipe", "box_targets"]

PHASES = ("image", "layout")

INSTANCES = 256
"""Objects of an image that are told apart, the background among them; the last takes those beyond."""

NEARLY = 0.75
"""A masked box is an object's where their intersection has this share of their union."""


class HIMRecipe(TrainingRecipe):
    """HIM, every variant: both phases in one run, each over its share of the steps."""

    reads = frozenset(
        {
            "gan",
            "matching",
            "l1",
            "colour",
            "perceptual",
            "objects",
            "context",
            "layout_gan",
            "start",
            "balance",
        }
    )

    def __init__(self, config: TrainingConfig, sources: Sequence[Examples]) -> None:
        super().__init__(config, sources)
        system: System = SYSTEMS.get(config.system)
        given = dict(config.network)
        if "classes" not in system.variants.get(config.variant, {}):
            # The last channel is the background box's.
            given.setdefault("classes", len(sources[0].space) + 1)
        form = system.configure(config.variant, **given)
        assert isinstance(form, HIMConfig)
        self.form = form
        self.check_classes(form.classes)
        self._check()
        self.network = HIM(form)
        draw_normal_weights(self.network.image)  # the layout generator keeps PyTorch's weights
        if config.start is not None:
            start_from("him", config.start, {"image.": self.network.image})
        rates = config.optimisation
        self.add_player("image", _Painting(self.network.image), rates.generator)
        judge = Judge(draw_normal_weights(image_discriminator(form)))
        self.add_player("image judge", judge, rates.discriminator)
        if self.network.layout is not None:
            self.add_player("layout", _Laying(self.network.layout), rates.generator)
            judge = Judge(draw_normal_weights(layout_discriminator(form)))
            self.add_player("layout judge", judge, rates.discriminator)
        weights = config.weights
        self.perceptual = perceptual_network(weights.through) if weights.perceptual else None

    def schedule(self, step: int) -> None:
        """The image's rates fall within its phase, the layout's are constant."""
        number, steps = self.config.phase(step, self.steps)
        factor = 1.0
        if PHASES[number] == "image":
            factor = self.config.optimisation.factor(step - steps.start, len(steps))
        self.set_rates(factor)

    def step(self, batch: EditBatch, step: int) -> Losses:
        """A step of the phase that `step` lies in."""
        number, _ = self.config.phase(step, self.steps)
        return self._image(batch) if PHASES[number] == "image" else self._layout(batch)

    def kind(self, step: int) -> Hashable | None:
        """The phase; None in the layout's with `balance`, where the losses decide who moves."""
        number, _ = self.config.phase(step, self.steps)
        balanced = PHASES[number] == "layout" and self.config.balance is not None
        return None if balanced else number

    def images(self, batch: EditBatch) -> Tensor:
        """Masked regions filled from their true labels."""
        with torch.no_grad():
            _, image = self.players["image"].module(*_shown(batch))
        shown: Tensor = image
        return shown

    def save(self, out: Path, *, half: bool) -> Saved:
        """Weights and card of both generators."""
        space = self.sources[0].space.name
        return self.write(self.network, self.form, out, half=half, label_space=space)

    def _image(self, batch: EditBatch) -> Losses:
        assert batch.original is not None
        check_size(batch.original, multiple=self.form.divisor)
        judge, real, mask = self.players["image judge"].module, batch.original, batch.mask
        semantics, fake = self.players["image"].module(*_shown(batch))
        with self.frozen("image judge"):
            judged = judge(semantics, mask, real, fake)
            with self.fabric.autocast():
                parts = generator_parts(self.config.weights, judged, (fake, real), self.perceptual)
            self.update("image", torch.stack(list(parts.values())).sum())
        terms = discriminator_terms(judge(semantics, mask, real, fake.detach()))
        loss = torch.stack(terms).sum() / 2
        self.update("image judge", loss)
        return detached(discriminator=loss, **parts)

    def _layout(self, batch: EditBatch) -> Losses:
        targets = box_targets(batch, self.form.classes)
        weights, judge = self.config.weights, self.players["layout judge"].module
        shown = targets.condition.dense()
        context, objects = self.players["layout"].module(
            targets.condition.symbols, targets.condition.columns
        )
        soft = targets.soft.unsqueeze(1).float()
        fake, real = torch.sigmoid(objects.float()) * soft, targets.objects * soft
        found = context.float().log_softmax(1)
        missed = F.nll_loss(found, targets.labels, ignore_index=-1, reduction="none")
        parts = {
            "objects": weights.objects * F.binary_cross_entropy(fake, real),
            "context": weights.context * (missed * soft[:, 0]).mean(),
        }
        terms = discriminator_terms(judge(shown, soft, real, fake.detach()))
        generator, discriminator = self._moving(terms)
        with self.frozen("layout judge"):
            (judged,) = judge(shown, soft, fake)
            scores = [scale[-1] for scale in judged]
            parts["adversarial"] = weights.layout_gan * least_squares(scores, 1.0)
            if generator:
                self.update("layout", torch.stack(list(parts.values())).sum())
        loss = torch.stack(terms).sum() / 2
        if discriminator:
            self.update("layout judge", loss)
        return detached(discriminator=loss, **parts)

    def _moving(self, terms: tuple[Tensor, Tensor]) -> tuple[bool, bool]:
        """Whether the layout's generator and its discriminator take this step (ADE20K's rule)."""
        if self.config.balance is None:
            return True, True
        low, high = self.config.balance
        # Devices must take the same steps.
        values = self.of_all_devices(torch.stack(terms).detach()).tolist()
        weak, strong = max(values) > high, min(values) < low
        return (True, True) if weak and strong else (not weak, not strong)

    def _check(self) -> None:
        shares, layout = self.config.phases, self.form.layout
        if len(shares) != (2 if layout else 1):
            raise BadInput(
                f"phases: has {len(shares)} shares, but the training of {self.config.variant!r} has "
                f"{'two parts (image, layout)' if layout else 'one'}"
            )
        if layout and shares[0] == 0 and self.config.start is None:
            raise BadInput(
                "phases: without a phase for the image generator, `start` must name a trained one"
            )


@dataclass(frozen=True, eq=False)
class BoxTargets:
    """What the layout generator sees and shall say, for masked regions as boxes.

    Attributes:
        condition: see `layout_condition`. soft: bool [B,H,W], the soft box.
        classes: int64 [B], L-1 for a background box.
        objects: float [B,1,H,W], 1 on the object; zeros for a background box.
        labels: int64 [B,H,W], the true labels, -1 = void.
    """

    condition: SymbolMap
    soft: Tensor
    classes: Tensor
    objects: Tensor
    labels: Tensor


def box_targets(batch: EditBatch, count: int) -> BoxTargets:
    """The targets of a batch; a soft box's ratio is drawn from U(1.2, 1.5) for each.

    Args:
        batch: with true labels and instances.
        count: L.

    Raises:
        BadInput: the dataset has no instances.
    """
    if batch.instances is None:
        raise BadInput("data.dataset: has no instance maps, which HIM's layouts are trained on")
    height, width = batch.labels.shape[1:]
    box = _edges_of(batch.masked_region[:, 0])
    ratios = 1.2 + 0.3 * torch.rand(len(box), device=box.device)
    soft = _softened(box, ratios, (height, width))
    wanted = _objects_of(batch.instances, box)
    objects = batch.instances == wanted.view(-1, 1, 1)
    inside = torch.where(objects, batch.labels, -1).flatten(1).amax(1)
    chosen = torch.where(wanted > 0, inside, count - 1)
    return BoxTargets(
        layout_condition(batch.labels, _plane(box, (height, width)), chosen, count),
        _plane(soft, (height, width)),
        chosen,
        objects.unsqueeze(1).float(),
        batch.labels,
    )


def _edges_of(region: Tensor) -> Tensor:
    """int64 [B,4], the bounding boxes of maps [B,H,W] that are True somewhere: top, left, bottom, right."""
    found = []
    for axis in (2, 1):
        shown = region.any(axis).byte()  # rows, then columns
        last = shown.shape[1] - shown.flip(1).argmax(1)
        found.append((shown.argmax(1), last))
    (top, bottom), (left, right) = found
    return torch.stack([top, left, bottom, right], dim=1)


def _softened(box: Tensor, ratios: Tensor, size: tuple[int, int]) -> Tensor:
    """Soft boxes int64 [B,4] (`baselines.him.soften`) of boxes [B,4] by ratios [B] in (height, width)."""
    start, end = box[:, :2].double(), box[:, 2:].double()
    centre, half = (start + end) / 2, (end - start) / 2 * ratios.double().unsqueeze(1)
    low = (centre - half).long().clamp(min=0)
    high = (centre + half).long()
    high = torch.stack([high[:, 0].clamp(max=size[0]), high[:, 1].clamp(max=size[1])], dim=1)
    return torch.cat([low, high], dim=1)


def _plane(box: Tensor, size: tuple[int, int]) -> Tensor:
    """Bool [B,H,W], True inside boxes [B,4]."""
    rows, columns = (torch.arange(side, device=box.device) for side in size)
    top, left, bottom, right = box.unsqueeze(2).unbind(1)
    tall, wide = (rows >= top) & (rows < bottom), (columns >= left) & (columns < right)
    return tall.unsqueeze(2) & wide.unsqueeze(1)


def _objects_of(instances: Tensor, box: Tensor) -> Tensor:
    """int64 [B]: the object (id above 0) whose bounding box is nearly the box [B,4], -1 = there is none.

    Both share at least `NEARLY` of what they cover together: `box@1` leaves out an object's last row and
    column, and windows at another size round the box and the object each in its own way. Of several the
    one that shares most, and of these the one with the smallest id.
    """
    batch, height, width = instances.shape
    places = number_regions(instances, INSTANCES)[0].flatten()
    rows = torch.arange(height, device=box.device).view(1, -1, 1).expand_as(instances).flatten()
    columns = torch.arange(width, device=box.device).expand_as(instances).flatten()

    def of_each(values: Tensor, reduce: str) -> Tensor:
        empty = values.new_full((batch * INSTANCES,), -1)
        found = empty.scatter_reduce(0, places, values, reduce, include_self=False)
        return found.view(batch, INSTANCES)

    ids = of_each(instances.flatten(), "amax")
    low = torch.stack([of_each(rows, "amin"), of_each(columns, "amin")], dim=2)
    high = torch.stack([of_each(rows, "amax"), of_each(columns, "amax")], dim=2) + 1
    start, end = box[:, None, :2], box[:, None, 2:]
    both = (torch.minimum(high, end) - torch.maximum(low, start)).clamp(min=0).prod(2)
    either = (high - low).prod(2) + (end - start).prod(2) - both
    shared = torch.where(ids > 0, both / either, 0.0)
    most, place = shared.max(1)  # numbered in the ids' order
    return torch.where(most >= NEARLY, ids.gather(1, place.unsqueeze(1))[:, 0], -1)


class _Painting(nn.Module):
    def __init__(self, network: ImageGenerator) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, mask: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """One-hot labels [B,L,H,W], and the composite."""
        shown = him_labels(self.network.config, labels)
        return shown.dense(), self.network.gated(image * (1 - mask), shown, mask)


class _Laying(nn.Module):
    def __init__(self, network: LayoutGenerator) -> None:
        super().__init__()
        self.network = network

    def forward(self, symbols: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the context and of the object."""
        logits: tuple[Tensor, Tensor] = self.network(SymbolMap(symbols, columns))
        return logits


def _shown(batch: EditBatch) -> tuple[Tensor, Tensor, Tensor]:
    assert batch.original is not None
    return batch.original, batch.mask, batch.labels
