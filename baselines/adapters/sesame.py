"""SESAME as an editor, as published."""

from __future__ import annotations

from torch import Tensor

from baselines.adapters.demands import Demands
from baselines.adapters.network_editor import NetworkEditor
from baselines.sesame import VARIANTS, SESAMEGenerator, sesame_labels
from bench.batch import EditBatch

__all__ = ["SESAMEEditor"]


class SESAMEEditor(NetworkEditor[SESAMEGenerator]):
    """SESAME (ECCV 2020): fills the mask from the known pixels and the labels inside it.

    Whether the network sees labels inside the mask only or everywhere is part of its variant: the
    two released checkpoints were trained differently (docs/protocol/generation.md, A.2).

    Args:
        weights: a file of `siebench models import sesame`.
        variant: what the weights must be of; any where None.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an unknown
            precision.
    """

    system = "sesame"
    network_class = SESAMEGenerator
    variants = tuple(VARIANTS)

    @property
    def demands(self) -> Demands:
        """Labels of the weights, masked and known pixels, and sides that are multiples of 4."""
        config, space = self.network.config, self.card.label_space
        return Demands(config.classes, space, multiple=config.divisor, masked=True, known=True)

    def generate(self, batch: EditBatch) -> Tensor:
        """Raw outputs, masked and known pixels alike."""
        return self.replayed(self._image, batch.masked, batch.labels, batch.masked_region[:, 0])

    def _image(self, masked: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        raw: Tensor = self.network(masked, sesame_labels(self.network.config, labels, mask))
        return raw
