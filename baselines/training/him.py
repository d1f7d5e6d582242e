"""How HIM is trained, in two phases (docs/protocol/rivals.md, D.5).

1. The image generator, through boxes with their true labels.
2. The layout generator, at a constant rate. A masked region that is an object's box asks for that
   object; every other one is a background box.
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
    bounding_box,
    box_plane,
    him_labels,
    image_discriminator,
    layout_condition,
    layout_discriminator,
    soften,
)
from baselines.layers.initial import draw_normal_weights
from baselines.layers.label_map import SymbolMap
from baselines.training.config import TrainingConfig
from baselines.training.data import Examples
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
from masks.windows import Extent

__all__ = ["BoxTargets", "HIMRecipe", "box_targets"]

PHASES = ("image", "layout")


class HIMRecipe(TrainingRecipe):
    """HIM, every variant: both phases in one run, each over its share of the steps."""

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
        """The image's phase; None in the layout's, whose boxes depend on the batch."""
        number, _ = self.config.phase(step, self.steps)
        return number if PHASES[number] == "image" else None

    def images(self, batch: EditBatch) -> Tensor:
        """Masked regions filled from their true labels."""
        with torch.no_grad():
            _, image = self.players["image"].module(*_shown(batch))
        shown: Tensor = image
        return shown

    def save(self, out: Path, *, half: bool) -> Saved:
        """Weights and card of both generators."""
        self.network.eval()
        space = self.sources[0].space.name
        return self.write(self.network, self.form, out, half=half, label_space=space)

    def _image(self, batch: EditBatch) -> Losses:
        assert batch.original is not None
        if self.perceptual is not None:
            self.perceptual.to(batch.labels.device)
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
        values = [float(term) for term in terms]
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
    size, device = (batch.labels.shape[1], batch.labels.shape[2]), batch.labels.device
    boxes = [bounding_box(mask) for mask in batch.masked_region[:, 0]]
    ratios = (1.2 + 0.3 * torch.rand(len(boxes))).tolist()
    soft = [soften(box, size, ratio) for box, ratio in zip(boxes, ratios, strict=True)]
    ids = [_object_of(one, box) for one, box in zip(batch.instances, boxes, strict=True)]
    wanted = torch.tensor([-1 if one is None else one for one in ids], device=device)
    objects = batch.instances == wanted.view(-1, 1, 1)
    classes = [
        count - 1 if one is None else int(labels[mine].max())
        for one, labels, mine in zip(ids, batch.labels, objects, strict=True)
    ]
    chosen = torch.tensor(classes, device=device)
    box = box_plane(boxes, size, device)
    return BoxTargets(
        layout_condition(batch.labels, box, chosen, count),
        box_plane(soft, size, device),
        chosen,
        objects.unsqueeze(1).float(),
        batch.labels,
    )


def _object_of(instances: Tensor, box: Extent) -> int | None:
    """The object whose bounding box is the box, or None."""
    for one in torch.unique(instances[box.slices]).tolist():
        if one > 0 and bounding_box(instances == one) == box:
            return int(one)
    return None


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
