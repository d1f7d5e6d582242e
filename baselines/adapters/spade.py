"""SPADE as an editor: it makes the whole image anew from the labels."""

from __future__ import annotations

from torch import Tensor

from baselines.adapters.demands import Demands
from baselines.adapters.network_editor import NetworkEditor
from baselines.spade import VARIANTS, SPADEGenerator, spade_labels
from bench.batch import EditBatch

__all__ = ["SPADEEditor"]


class SPADEEditor(NetworkEditor[SPADEGenerator]):
    """SPADE (CVPR 2019): the image from its labels alone; the harness keeps the known pixels.

    Known pixels have no say in the result, so an edit shows how far synthesis and compositing
    carry. Void goes into the don't-care channel where the weights have one, else nowhere. The edge
    channel marks where labels or instances differ: our instance maps have 0 for stuff, where the
    official ones repeat the label. Weights of the VAE (`latent` in their card) paint at z = 0, the mean
    of the prior: there is no image encoder here, and no z is drawn.

    Args:
        weights: a file of `siebench models import spade`.
        variant: what the weights must be of; any where None.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an unknown
            precision.
    """

    system = "spade"
    network_class = SPADEGenerator
    variants = tuple(VARIANTS)

    @property
    def demands(self) -> Demands:
        """Labels of the weights, and sides that its blocks can halve."""
        config = self.network.config
        return Demands(config.classes, self.card.label_space, multiple=config.divisor)

    def generate(self, batch: EditBatch) -> Tensor:
        """Whole images."""
        return self.replayed(self._image, batch.labels, batch.edges()[:, 0] > 0)

    def _image(self, labels: Tensor, edges: Tensor) -> Tensor:
        raw: Tensor = self.network(spade_labels(self.network.config, labels, edges))
        return raw
