"""SPMPGAN as an editor (protocol/editing.md, A.3 and D.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from baselines.adapters.demands import demand_hole, demand_known, demand_labels
from baselines.adapters.fitting import fit_batch, fit_pictures
from baselines.adapters.options import EdgeSource, check_choice
from baselines.adapters.precision import Precision, computing
from baselines.checkpoints import load_network
from baselines.layers.condition import Condition
from baselines.spmpgan import SPMPGAN
from bench.batch import EditBatch

__all__ = ["SPMPGANEditor"]


class SPMPGANEditor:
    """SPMPGAN: style-preserved modulation, painted progressively at three sizes.

    A picture of another size is brought to the network's square and back.

    Args:
        weights: a safetensors file of `sebench models import spmpgan`.
        variant: refuse weights of another variant; any where None.
        peek: the published form, whose reduced known picture averages in true pixels at the hole's
            border; the editor then needs the original.
        first_label: the network's channel of the label space's class 0. None = 1 where the network
            has exactly one channel more than the label space (ADE20K, 0 = unlabelled), else 0.
        edges: where the edge channel comes from; the released single-image script uses "labels".
        precision: see `baselines.adapters.precision`.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant;
            an option that is not one of its words.
    """

    needs: frozenset[str] = frozenset()

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        peek: bool = False,
        first_label: int | None = None,
        edges: EdgeSource = "regions",
        precision: Precision = "float32",
    ) -> None:
        check_choice("spmpgan", "edges", edges, EdgeSource)
        check_choice("spmpgan", "precision", precision, Precision)
        loaded = load_network("spmpgan", Path(weights), variant=variant)
        assert isinstance(loaded.network, SPMPGAN)
        self.network = loaded.network
        self.card = loaded.card
        border = "original" if peek else "visible"
        self.network.config = self.network.config.model_copy(update={"border": border})
        self.needs = frozenset({"original"}) if peek else frozenset()
        self.first_label = first_label
        self.edges = edges
        self.precision: Precision = precision
        self.identity: dict[str, Any] = {
            **loaded.identity,
            "peek": peek,
            "first_label": first_label,
            "edges": edges,
            "precision": precision,
        }

    def to(self, device: str) -> SPMPGANEditor:
        """Moves the network to `device`."""
        self.network.to(device)
        return self

    def edit(self, batch: EditBatch) -> Tensor:
        """Painted pictures, float32 [B,3,H,W] RGB in [-1,1].

        Raises:
            EditFailed: labels of another space, an empty or a full mask.
        """
        config, given = self.network.config, tuple(batch.labels.shape[1:])
        first = self.first_label
        if first is None:
            first = int(config.classes == len(batch.space) + 1)
        demand_labels(batch, config.classes - first, self.card.label_space)
        demand_hole(batch)
        demand_known(batch)
        fitted = fit_batch(batch, (config.size, config.size))
        condition = Condition(
            fitted.labels + first,
            fitted.edges(self.edges)[:, 0] > 0,
            fitted.hole[:, 0],
            config.classes,
        )
        original = None if fitted.original is None else fitted.original.flip(1)
        with torch.inference_mode(), computing(self.precision, batch.masked.device):
            # Official networks were trained on pictures as OpenCV reads them: BGR.
            stages = self.network(fitted.masked.flip(1), condition, original)
            return fit_pictures(stages[-1].painted.float().flip(1), (given[0], given[1]))
