"""SPMPGAN as an editor (docs/protocol/editing.md, A.3 and D.3)."""

from __future__ import annotations

from torch import Tensor

from baselines.adapters.arithmetic import Arithmetic, Precision
from baselines.adapters.demands import Demands
from baselines.adapters.fitting import fit_batch, fit_images
from baselines.adapters.network_editor import NetworkEditor
from baselines.adapters.options import EdgeSource, check_choice
from baselines.layers.condition import Condition
from baselines.spmpgan import SPMPGAN, VARIANTS
from bench.batch import EditBatch

__all__ = ["SPMPGANEditor"]


class SPMPGANEditor(NetworkEditor[SPMPGAN]):
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
        check_choice("spmpgan", "edges", edges, EdgeSource)
        super().__init__(
            "spmpgan",
            SPMPGAN,
            weights,
            variant,
            Arithmetic(precision, compile),
            peek=peek,
            first_label=first_label,
            edges=edges,
        )
        border = "original" if peek else "visible"
        self.network.config = self.network.config.model_copy(update={"border": border})
        self.needs = frozenset({"original"}) if peek else frozenset()
        self.demands = Demands(
            self.network.config.classes,
            self.card.label_space,
            first_label=first_label,
            masked=True,
            known=True,
        )
        self.edges = edges

    def generate(self, batch: EditBatch) -> Tensor:
        """The last stage's images, at the size that was given."""
        config, given = self.network.config, batch.labels.shape[1:]
        fitted = fit_batch(batch, (config.size, config.size))
        condition = Condition(
            fitted.labels + self.demands.first(batch.space),
            fitted.edges(self.edges)[:, 0] > 0,
            fitted.masked_region[:, 0],
            config.classes,
        )
        original = None if fitted.original is None else fitted.original.flip(1)
        # Official networks were trained on images as OpenCV reads them: BGR.
        stages = self.network(fitted.masked.flip(1), condition, original)
        return fit_images(stages[-1].raw.float().flip(1), (given[0], given[1]))
