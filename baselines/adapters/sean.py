"""SEAN as an editor: synthesis in the styles of the regions that can be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor

from baselines.adapters.demands import demand_labels, demand_sides
from baselines.adapters.precision import Precision, computing
from baselines.checkpoints import load_network
from baselines.layers.region_adaptive import StyledRegions
from baselines.sean import SEANConfig, SEANGenerator
from bench.batch import EditBatch
from bench.errors import BadInput, EditFailed

__all__ = ["SEANEditor"]

Style = Literal["visible", "reference", "original"]


class SEANEditor:
    """SEAN (CVPR 2020): the picture from its labels, each region in the style of a picture.

    The harness keeps the known pixels. Where a region's style cannot be seen, the mean code that
    came with the weights stands in. The encoder sees the hole as grey, which colours
    the codes of pixels next to it.

    Args:
        weights: a file of `sebench models import sean --style-codes FOLDER`.
        variant: what the weights must be of; any where None.
        style: whose styles: "visible" = the picture's known pixels; "reference" = each edit's
            first reference picture, then the known pixels; "original" = the unmasked picture, the
            published reconstruction task, which sees what it shall paint.
        precision: see `baselines.adapters.precision`.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an unknown
            style.
    """

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        style: Style = "visible",
        precision: Precision = "float32",
    ) -> None:
        if style not in get_args(Style):
            raise BadInput(f"editor 'sean': style {style!r}; expected one of {get_args(Style)}")
        loaded = load_network("sean", Path(weights), variant=variant)
        assert isinstance(loaded.network, SEANGenerator)
        self.network = loaded.network
        self.card = loaded.card
        self.config = SEANConfig(**loaded.card.config)
        self.style = style
        self.precision: Precision = precision
        self.identity = {**loaded.identity, "style": style, "precision": precision}
        self._mean = loaded.extras.get("mean_codes")
        self._mean_known = loaded.extras.get("mean_codes_known")

    @property
    def needs(self) -> frozenset[str]:
        """Reference pictures or the original, where the style asks for them."""
        wanted: dict[Style, str] = {"reference": "references", "original": "original"}
        return frozenset({wanted[self.style]} if self.style in wanted else ())

    def to(self, device: str) -> SEANEditor:
        """Moves the network; the mean codes follow each batch."""
        self.network.to(device)
        return self

    @torch.no_grad()
    def edit(self, batch: EditBatch) -> Tensor:
        """Whole pictures, float32 [B,3,H,W] RGB in [-1,1]; noise is each edit's own.

        Raises:
            EditFailed: labels of another space, a size that the network cannot take, no reference
                where one is needed, or a region whose style nothing tells.
        """
        demand_labels(batch, self.config.classes, self.card.label_space)
        demand_sides(batch, 32)
        codes = self._codes(batch)
        generators = [batch.generator(i) for i in range(len(batch))]
        with computing(self.precision, batch.masked.device):
            painted: Tensor = self.network(StyledRegions.of(batch.labels, codes, generators))
        return painted.float()

    def _codes(self, batch: EditBatch) -> Tensor:
        codes, known = self._seen(batch)
        if self.style == "reference":
            other, shown = self._of_references(batch)
            codes = torch.where(shown.unsqueeze(2), other, codes)
            known = known | shown
        if self._mean is not None and self._mean_known is not None:
            mean = self._mean.to(codes).expand_as(codes)
            mean_known = self._mean_known.to(known.device)
            codes = torch.where((~known & mean_known).unsqueeze(2), mean, codes)
            known = known | mean_known
        self._demand_codes(batch, known)
        return codes

    def _seen(self, batch: EditBatch) -> tuple[Tensor, Tensor]:
        if self.style == "original":
            assert batch.original is not None
            return self.network.encode(batch.original, batch.labels)
        return self.network.encode(batch.masked, batch.labels.masked_fill(batch.hole[:, 0], -1))

    def _of_references(self, batch: EditBatch) -> tuple[Tensor, Tensor]:
        first = []
        for edit, references in zip(batch.ids, batch.references or [()] * len(batch)):
            if not references:
                raise EditFailed(
                    f"references: edit {edit} has none; choose a protocol that draws some"
                )
            first.append(references[0])
        found = [
            self.network.encode(picture.image.unsqueeze(0), picture.labels.unsqueeze(0))
            for picture in first
        ]
        return torch.cat([codes for codes, _ in found]), torch.cat([shown for _, shown in found])

    def _demand_codes(self, batch: EditBatch, known: Tensor) -> None:
        for i, edit in enumerate(batch.ids):
            for label in torch.unique(batch.labels[i]).tolist():
                if label >= 0 and not known[i, label]:
                    raise EditFailed(
                        f"style: class {label} ({batch.space.classes[label]}) of edit {edit} cannot "
                        "be seen and the weights hold no mean code of it; import them with "
                        "--style-codes"
                    )
