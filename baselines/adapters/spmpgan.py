"""SPMPGAN as an editor (docs/protocol/editing.md, A.3 and D.3)."""

from __future__ import annotations

from torch import Tensor

from baselines.adapters.options import Arithmetic, EdgeSource, Precision
from baselines.adapters.progressive import ProgressiveEditor
from baselines.layers.condition import Condition
from baselines.layers.progressive import StageImages
from baselines.spmpgan import SPMPGAN, VARIANTS
from bench.batch import EditBatch

__all__ = ["SPMPGANEditor"]


class SPMPGANEditor(ProgressiveEditor[SPMPGAN]):
    """SPMPGAN (ECCV 2022): style-preserved modulation, progressively at three sizes.

    An image of another size is brought to the network's square and back.

    Args:
        weights: a safetensors file of `siebench models import spmpgan`.
        variant: refuse weights of another variant; any where None.
        peek: the published form, whose reduced known image averages in true pixels at the mask's
            border; the editor then needs the original.
        first_label: the network's channel of the label space's class 0. None = 1 where the network
            has exactly one channel more than the label space (ADE20K, 0 = unlabelled), else 0.
        edges: where the edge channel comes from; the released single-image script uses "labels".
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant;
            an option that is not one of its words.
    """

    system = "spmpgan"
    network_class = SPMPGAN
    variants = tuple(VARIANTS)

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        peek: bool = False,
        first_label: int | None = None,
        edges: EdgeSource = "regions",
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        self.load_progressive(
            weights,
            variant,
            Arithmetic(precision, compile),
            border="original" if peek else "visible",
            first_label=first_label,
            edges=edges,
            peek=peek,
        )
        self.needs = frozenset({"original"}) if peek else frozenset()

    def run(self, batch: EditBatch, masked: Tensor, condition: Condition) -> Tensor:
        """The last stage's raw images; the network sees the original where it may peek."""
        original = None if batch.original is None else batch.original.flip(1)
        planes = (condition.labels, condition.edges, condition.mask)
        return self.replayed(self._image, masked, *planes, original)

    def _image(
        self, masked: Tensor, labels: Tensor, edges: Tensor, mask: Tensor, original: Tensor | None
    ) -> Tensor:
        condition = Condition(labels, edges, mask, self.network.config.classes)
        stages: tuple[StageImages, ...] = self.network(masked, condition, original)
        return stages[-1].raw
