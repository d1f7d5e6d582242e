"""SESAME as an editor, as published."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from baselines.adapters.demands import demand_hole, demand_known, demand_labels, demand_sides
from baselines.adapters.precision import Precision, computing
from baselines.checkpoints import load_network
from baselines.sesame import SESAMEConfig, sesame_labels
from bench.batch import EditBatch

__all__ = ["SESAMEEditor"]


class SESAMEEditor:
    """SESAME (ECCV 2020): paints the hole from the known pixels and the labels inside it.

    Whether the network sees labels inside the hole only or everywhere is part of its variant: the
    two released checkpoints were trained differently (protocol/generation.md, A.2).

    Args:
        weights: a file of `sebench models import sesame`.
        variant: what the weights must be of; any where None.
        precision: see `baselines.adapters.precision`.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant.
    """

    needs: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, weights: str, variant: str | None = None, precision: Precision = "float32"
    ) -> None:
        loaded = load_network("sesame", Path(weights), variant=variant)
        self.network = loaded.network
        self.card = loaded.card
        self.precision: Precision = precision
        self.identity = {**loaded.identity, "precision": precision}
        self.config = SESAMEConfig(**loaded.card.config)

    def to(self, device: str) -> SESAMEEditor:
        """Moves the network."""
        self.network.to(device)
        return self

    @torch.no_grad()
    def edit(self, batch: EditBatch) -> Tensor:
        """Raw paintings, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: labels of another space, a size that the network cannot take, an empty mask
                or a full one.
        """
        demand_labels(batch, self.config.classes, self.card.label_space)
        demand_sides(batch, 4)
        demand_hole(batch)
        demand_known(batch)
        with computing(self.precision, batch.masked.device):
            painted: Tensor = self.network(
                batch.masked, sesame_labels(self.config, batch.labels, batch.hole[:, 0])
            )
        return painted.float()
