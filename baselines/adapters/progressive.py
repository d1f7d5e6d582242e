"""What SPMPGAN and DivSem share as editors (docs/protocol/editing.md, A.3, B.3 and D.3)."""

from __future__ import annotations

import abc
from typing import Any, TypeVar

from torch import Tensor

from baselines.adapters.demands import Demands
from baselines.adapters.fitting import fit_batch, fit_images
from baselines.adapters.network_editor import NetworkEditor
from baselines.adapters.options import Arithmetic, EdgeSource, check_choice
from baselines.layers.condition import Condition
from baselines.layers.progressive import Border
from baselines.progressive import ProgressiveNetwork
from bench.batch import EditBatch

__all__ = ["ProgressiveEditor"]

Network = TypeVar("Network", bound=ProgressiveNetwork)


class ProgressiveEditor(NetworkEditor[Network]):
    """An editor whose network works on squares of one size, stage by stage, in BGR."""

    def load_progressive(
        self,
        weights: str,
        variant: str | None,
        arithmetic: Arithmetic,
        *,
        border: Border,
        first_label: int | None,
        edges: EdgeSource,
        **options: Any,
    ) -> None:
        """Reads the weights, as `load`.

        Args:
            weights, variant, arithmetic, options: as for `load`.
            border: what the reduced known image shows at the mask's border.
            first_label: the network's channel of the label space's class 0; see `Demands`.
            edges: where the edge channel comes from.

        Raises:
            BadInput: see the class; or no such source of edges.
        """
        check_choice(self.system, "edges", edges, EdgeSource)
        self.load(weights, variant, arithmetic, first_label=first_label, edges=edges, **options)
        self.network.config = self.network.config.model_copy(update={"border": border})
        self.first_label = first_label
        self.edges: EdgeSource = edges

    @property
    def demands(self) -> Demands:
        """Labels of the weights, masked and known pixels."""
        return Demands(
            self.network.config.classes,
            self.card.label_space,
            first_label=self.first_label,
            masked=True,
            known=True,
        )

    def generate(self, batch: EditBatch) -> Tensor:
        """The last stage's images, at the size that was given.

        Raises:
            EditFailed: an edit that the network cannot carry out.
        """
        config, given = self.network.config, batch.labels.shape[1:]
        fitted = fit_batch(batch, (config.size, config.size))
        labels = fitted.labels + self.demands.first(batch.space)
        edges, mask = fitted.edges(self.edges)[:, 0] > 0, fitted.masked_region[:, 0]
        # Official networks were trained on images as OpenCV reads them: BGR.
        raw = self.run(
            fitted, fitted.masked.flip(1), Condition(labels, edges, mask, config.classes)
        )
        return fit_images(raw.float().flip(1), (given[0], given[1]))

    @abc.abstractmethod
    def run(self, batch: EditBatch, masked: Tensor, condition: Condition) -> Tensor:
        """The network's last raw images, [B,3,size,size] BGR.

        Args:
            batch: the edits at the network's size.
            masked: its masked images, [B,3,size,size] BGR.
            condition: its labels, edges and mask.
        """
