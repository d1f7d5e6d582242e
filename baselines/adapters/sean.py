"""SEAN as an editor: synthesis in the styles of the regions that can be seen."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.adapters.demands import Demands
from baselines.adapters.network_editor import NetworkEditor
from baselines.adapters.options import Arithmetic, Precision, check_choice
from baselines.adapters.references import ReadReferences
from baselines.layers.region_adaptive import StyledRegions
from baselines.sean import VARIANTS, SEANGenerator
from bench.batch import EditBatch, Reference
from bench.core.device import upload
from bench.core.errors import EditFailed

__all__ = ["SEANEditor"]

Style = Literal["visible", "reference", "original"]


class SEANEditor(NetworkEditor[SEANGenerator]):
    """SEAN (CVPR 2020): the image from its labels, each region in the style of an image.

    The harness keeps the known pixels. Where a region's style cannot be seen, the mean code that
    came with the weights stands in. The encoder sees the mask as grey, which colours
    the codes of pixels next to it.

    Args:
        weights: a file of `siebench models import sean --style-codes FOLDER`.
        variant: what the weights must be of; any where None.
        style: whose styles: "visible" = the image's known pixels; "reference" = each edit's
            first reference image, then the known pixels; "original" = the unmasked image, the
            published reconstruction task, which sees what it is asked for.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an unknown
            style or precision.
    """

    system = "sean"
    network_class = SEANGenerator
    variants = tuple(VARIANTS)

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        style: Style = "visible",
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        check_choice("sean", "style", style, Style)
        self.load(weights, variant, Arithmetic(precision, compile), style=style)
        wanted: dict[Style, str] = {"reference": "references", "original": "original"}
        self.needs = frozenset({wanted[style]} if style in wanted else ())
        self.style = style
        # These follow each batch to its device.
        self._mean = self.extras.get("mean_codes")
        self._mean_known = self.extras.get("mean_codes_known")
        self._codes_of = ReadReferences(self._encoded)

    @property
    def demands(self) -> Demands:
        """Labels of the weights, and sides that are multiples of 32."""
        config = self.network.config
        return Demands(config.classes, self.card.label_space, multiple=config.divisor)

    def generate(self, batch: EditBatch) -> Tensor:
        """Whole images; noise is each edit's own.

        Raises:
            EditFailed: no reference where one is needed, or a region whose style nothing tells.
        """
        codes = self._codes(batch)
        generators = [batch.generator(i) for i in range(len(batch))]
        height, width = batch.labels.shape[1:]
        noise = self.network.draw_noise((height, width), generators)
        return self.replayed(self._image, batch.labels, codes, upload(noise, codes.device))

    def _image(self, labels: Tensor, codes: Tensor, noise: Tensor) -> Tensor:
        raw: Tensor = self.network(StyledRegions.of(labels, codes), noise)
        return raw

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
            return self.replayed(self.network.encode, batch.original, batch.labels)
        seen = batch.labels.masked_fill(batch.masked_region[:, 0], -1)
        return self.replayed(self.network.encode, batch.masked, seen)

    def _of_references(self, batch: EditBatch) -> tuple[Tensor, Tensor]:
        first = []
        for edit, references in zip(batch.ids, batch.references or [()] * len(batch)):
            if not references:
                raise EditFailed(
                    f"references: edit {edit} has none; choose a protocol that draws some"
                )
            first.append(references[0])
        found = [self._codes_of(reference) for reference in first]
        return torch.cat([codes for codes, _ in found]), torch.cat([shown for _, shown in found])

    def _encoded(self, reference: Reference) -> tuple[Tensor, Tensor]:
        return self.network.encode(reference.image.unsqueeze(0), reference.labels.unsqueeze(0))

    def _demand_codes(self, batch: EditBatch, known: Tensor) -> None:
        there = F.pad(torch.zeros_like(known), (1, 0))
        there.scatter_(1, batch.labels.flatten(1) + 1, True)
        missing = (there[:, 1:] & ~known).cpu()  # the only wait of a batch whose styles are known
        for edit, labels in zip(batch.ids, missing, strict=True):
            for label in labels.nonzero()[:, 0].tolist():
                raise EditFailed(
                    f"style: class {label} ({batch.space.classes[label]}) of edit {edit} cannot "
                    "be seen and the weights hold no mean code of it; import them with "
                    "--style-codes"
                )
