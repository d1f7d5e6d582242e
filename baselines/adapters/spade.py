"""SPADE as an editor: it paints the whole picture anew from the labels."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from baselines.adapters.demands import demand_labels, demand_sides
from baselines.adapters.precision import Precision, computing
from baselines.checkpoints import load_network
from baselines.spade import SPADEConfig, spade_labels
from bench.batch import EditBatch

__all__ = ["SPADEEditor"]


class SPADEEditor:
    """SPADE (CVPR 2019): the picture from its labels alone; the harness keeps the known pixels.

    Known pixels have no say in what is painted, so an edit shows how far synthesis and compositing
    carry. Void goes into the don't-care channel where the weights have one, else nowhere. The edge
    channel marks where labels or instances differ: our instance maps have 0 for stuff, where the
    official ones repeat the label.

    Args:
        weights: a file of `sebench models import spade`.
        variant: what the weights must be of; any where None.
        precision: see `baselines.adapters.precision`.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant.
    """

    needs: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, weights: str, variant: str | None = None, precision: Precision = "float32"
    ) -> None:
        loaded = load_network("spade", Path(weights), variant=variant)
        self.network = loaded.network
        self.card = loaded.card
        self.precision: Precision = precision
        self.identity = {**loaded.identity, "precision": precision}
        self.config = SPADEConfig(**loaded.card.config)

    def to(self, device: str) -> SPADEEditor:
        """Moves the network."""
        self.network.to(device)
        return self

    @torch.no_grad()
    def edit(self, batch: EditBatch) -> Tensor:
        """Whole pictures, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: labels of another space, or a size that the network cannot take.
        """
        demand_labels(batch, self.config.classes, self.card.label_space)
        demand_sides(batch, self.config.divisor)
        with computing(self.precision, batch.masked.device):
            painted: Tensor = self.network(
                spade_labels(self.config, batch.labels, batch.edges()[:, 0] > 0)
            )
        return painted.float()
