"""How our own segmenter of the procedural scenes is trained and measured, in two phases.

1. Cross entropy over all pixels that have a class.
2. The soft Jaccard loss beside it, at a third of the rate, which starts to fall anew. It counts a
   class of a hundred pixels like one of ten thousand.

The domains take turns, step by step. Every fourth visit of a domain sees its images at half
resolution, because results of small editors come so. Nothing is mirrored: a face's left eye would be
called its right one. In the end the normalisation's statistics are measured over many batches of every
domain, where training leaves those of the last few (Wu and Johnson, Rethinking "batch" in BatchNorm,
2021, section 3).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.layers.label_map import one_hot
from baselines.training.config import TrainingConfig, TrainingData
from baselines.training.data import Examples, Scenes, collate
from baselines.training.feed import feed, rotate
from baselines.training.recipe import Losses, Saved, TrainingRecipe, detached
from bench.batch import EditBatch
from bench.core.errors import BadInput
from bench.core.identity import tensors_hash
from bench.metrics import iou
from bench.metrics.confusion import Counts, confusion
from bench.networks.segmenters.unet import (
    DomainNorm,
    SegmenterConfig,
    SegmenterNet,
    read_segmenter,
    write_segmenter,
)

__all__ = ["SegmenterRecipe", "mean_iou", "soft_jaccard"]

BLURRED = 4
"""Of so many visits of a domain one is at half resolution."""

MEASURED = 32
"""Batches of every domain over which the final statistics are taken."""

LATER = 1 / 3
"""The rate of the second phase, as a share of the first one's."""


class SegmenterRecipe(TrainingRecipe):
    """One trunk, one head for every dataset of the configuration."""

    reads = frozenset()

    def __init__(self, config: TrainingConfig, sources: Sequence[Examples]) -> None:
        super().__init__(config, sources)
        domains = {source.dataset.name: source.space.classes for source in sources}
        self.form = SegmenterConfig(**{"domains": domains, **config.network})
        if config.data.load != (self.form.size, self.form.size):
            raise BadInput(
                f"data.load: is {config.data.load}, but the segmenter sees {self.form.size} pixels "
                "a side; make them equal"
            )
        self._domains = {source.space.name: source.dataset.name for source in sources}
        self.network = SegmenterNet(self.form)
        self.add_player("segmenter", self.network, config.optimisation.generator)

    def step(self, batch: EditBatch, step: int) -> Losses:
        """One domain's turn."""
        image, domain = self._seen(batch, step), self._domains[batch.space.name]
        logits = self.players["segmenter"].module(image, domain)
        losses = {"cross_entropy": F.cross_entropy(logits, batch.labels, ignore_index=-1)}
        if self.config.phase(step, self.steps)[0] > 0:
            losses["jaccard"] = soft_jaccard(logits, batch.labels)
        self.update("segmenter", torch.stack(list(losses.values())).sum())
        return detached(**losses)

    def kind(self, step: int) -> Hashable | None:
        """The phase, and whether at half resolution."""
        return super().kind(step), self._blurs(step)

    def schedule(self, step: int) -> None:
        """Every phase has the configuration's whole schedule."""
        number, phase = self.config.phase(step, self.steps)
        factor = self.config.optimisation.factor(step - phase.start, len(phase))
        self.set_rates(factor * (LATER if number else 1))

    def images(self, batch: EditBatch) -> Tensor:
        """The predicted labels in the dataset's colours."""
        network = self.players["segmenter"].module
        with torch.no_grad():
            labels = network(batch.original, self._domains[batch.space.name]).argmax(1)
        palette = torch.tensor(batch.space.palette, device=labels.device)
        return palette[labels].permute(0, 3, 1, 2) / 127.5 - 1

    def save(self, out: Path, *, half: bool) -> Saved:
        """The segmenter's file, always in half precision, with its mean IoU on the test split."""
        del half
        self._measure()
        write_segmenter(self.form, self.network.state_dict(), out)
        stored = read_segmenter(out).to(self.fabric.device)
        data = self.config.data
        scores = {name: mean_iou(stored, name, data) for name in self.form.domains}
        training = {
            "steps": self.steps_seen,
            "seed": self.config.seed,
            "data": [dict(source.fingerprint()) for source in self.sources],
            "test_miou": scores,
        }
        form = self.form.model_copy(update={"training": training})
        write_segmenter(form, self.network.state_dict(), out)
        state = stored.state_dict()
        digest = tensors_hash((name, value.cpu().numpy()) for name, value in state.items())
        return Saved(out, digest, {"test_miou": scores})

    def _measure(self) -> None:
        """Statistics of the normalisation: the mean over batches, each counting alike."""
        norms = [module for module in self.network.modules() if isinstance(module, DomainNorm)]
        steps = range(MEASURED * len(self.sources))
        turn = rotate(self.sources, self.config.batch)
        self.network.train()
        with feed(turn, steps, self.fabric.device) as batches:
            for step, batch in zip(steps, batches):
                for norm in norms:
                    norm.momentum = 1 / (step // len(self.sources) + 1)
                with torch.no_grad():
                    self.network(self._seen(batch, step), self._domains[batch.space.name])
        self.network.eval()

    def _seen(self, batch: EditBatch, step: int) -> Tensor:
        """The images of a step: at half resolution in each `BLURRED`-th visit of a domain."""
        assert batch.original is not None
        return _blurred(batch.original) if self._blurs(step) else batch.original

    def _blurs(self, step: int) -> bool:
        return step // len(self.sources) % BLURRED == 0


def soft_jaccard(logits: Tensor, labels: Tensor) -> Tensor:
    """One minus the IoU of probabilities, counted over the batch, averaged over its classes.

    Args:
        logits: [B,K,H,W].
        labels: [B,H,W], -1 where a pixel has no class; such pixels count nowhere.

    Returns:
        A scalar in [0,1]; classes that no pixel of the batch has are left to the cross entropy.
        It is the Jaccard index with sums of probabilities for counts of pixels (Rahman and Wang,
        Optimizing intersection-over-union in deep neural networks, 2016).
    """
    known = labels >= 0
    guessed = logits.float().softmax(1) * known.unsqueeze(1)
    true = one_hot(labels, logits.shape[1], guessed.dtype)
    shared = (guessed * true).sum((0, 2, 3))
    pixels = true.sum((0, 2, 3))
    present = pixels > 0
    indices = shared / (guessed.sum((0, 2, 3)) + pixels - shared).where(present, 1.0)
    return 1 - (indices * present).sum() / present.sum()


def mean_iou(network: SegmenterNet, domain: str, data: TrainingData) -> float:
    """The mean over classes of the IoU on a domain's test split, counts of the whole set.

    Classes with an empty union do not count; nor do void pixels.
    """
    test = data.model_copy(update={"subset": "test", "masks": (), "flip": False, "count": None})
    examples = Examples(test, 0, Scenes(test, domain))
    classes = len(examples.space)
    pixels = np.zeros((classes + 1, classes), np.int64)
    device = next(network.parameters()).device
    for number in range(len(examples)):
        batch = collate([examples.example(number)], examples.space, device)
        with torch.inference_mode():
            found = network(batch.original, domain).argmax(1)
        labels, named = (plane.int().cpu().numpy() for plane in (batch.labels, found))
        pixels += confusion(labels, named, classes)
    return iou.mean_iou(Counts.stacked([Counts.of(pixels)]))


def _blurred(image: Tensor) -> Tensor:
    size = (image.shape[2], image.shape[3])
    half = (size[0] // 2, size[1] // 2)
    small = F.interpolate(image, half, mode="bilinear", align_corners=False, antialias=True)
    return F.interpolate(small, size, mode="bilinear", align_corners=False)
