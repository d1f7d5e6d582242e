"""Pix2PixHD as an editor (docs/protocol/rivals.md, B.2, B.4 and B.6)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.adapters.demands import Demands
from baselines.adapters.network_editor import NetworkEditor
from baselines.adapters.options import Arithmetic, Precision, check_choice
from baselines.layers.region_style import number_regions, separate_regions
from baselines.pix2pixhd import VARIANTS, Pix2PixHD, pix2pixhd_labels
from bench.batch import EditBatch
from bench.core.errors import BadInput

__all__ = ["FeatureSource", "Pix2PixHDEditor"]

FeatureSource = Literal["visible", "original", "clusters"]
"""Where the features of instances come from."""


class Pix2PixHDEditor(NetworkEditor[Pix2PixHD]):
    """Pix2PixHD (CVPR 2018): the image from labels, borders of instances and, with features, styles.

    The whole image is made anew; the harness keeps the known pixels. Where the dataset has no
    instances, labels are the instances. Void is zero in every class's channel.

    Args:
        weights: a file of `siebench models import pix2pixhd`.
        variant: what the weights must be of; any where None.
        features: where instances have their features from, in weights with a feature encoder:
            "visible" = the known pixels of the instance, of its label where it has none, else zero;
            "original" = the unmasked image, as published, which sees what it is asked for;
            "clusters" = a random centre of its label's clusters, which came with the weights.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an unknown
            option; features that the weights cannot give.
    """

    system = "pix2pixhd"
    network_class = Pix2PixHD
    variants = tuple(VARIANTS)

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        features: FeatureSource = "visible",
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        check_choice("pix2pixhd", "features", features, FeatureSource)
        self.load(weights, variant, Arithmetic(precision, compile), features=features)
        self.features = features
        self._clusters: dict[int, Tensor] = {}
        if self.network.E is None and features != "visible":
            raise BadInput(
                f"{weights}: features: {self.card.variant!r} has no feature encoder; leave "
                "`features` out, or choose weights of a variant with features"
            )
        if features == "clusters":
            self._clusters = self._read_clusters(weights)
            self.network.E = None  # it never runs, so it costs nothing
        self.needs = frozenset({"original"} if features == "original" else ())

    @property
    def demands(self) -> Demands:
        """Labels of the weights, and sides that its blocks can halve."""
        config = self.network.config
        return Demands(
            config.classes,
            self.card.label_space,
            multiple=config.divisor,
            least=2 * config.divisor,  # a pixel alone can neither be reflected nor normalised
        )

    def generate(self, batch: EditBatch) -> Tensor:
        """Whole images."""
        edges = batch.edges()[:, 0] > 0
        return self.replayed(self._image, batch.labels, edges, self._features(batch))

    def _image(self, labels: Tensor, edges: Tensor, features: Tensor | None) -> Tensor:
        shown = pix2pixhd_labels(self.network.config, labels, edges)
        raw: Tensor = self.network(shown, features)
        return raw

    def _features(self, batch: EditBatch) -> Tensor | None:
        if not self.network.config.features:
            return None
        instances = separate_regions(batch.labels, batch.instances)
        encoder = self.network.E
        if encoder is None:
            return self._drawn(batch, instances)
        if self.features == "original":
            assert batch.original is not None
            pooled: Tensor = encoder(batch.original, instances)
            return pooled
        return encoder.visible(batch.masked, ~batch.masked_region[:, 0], instances, batch.labels)

    def _drawn(self, batch: EditBatch, instances: Tensor) -> Tensor:
        """A keyed draw for each instance of an edit; a label without clusters has zeros."""
        regions, items = number_regions(instances)
        first = batch.labels.new_full((len(items),), -1)
        labels = first.scatter_reduce(0, regions.flatten(), batch.labels.flatten(), "amax")
        generators = [batch.generator(i) for i in range(len(batch))]
        rows = torch.zeros(len(items), self.network.config.features)
        for n, (item, label) in enumerate(zip(items.tolist(), labels.tolist(), strict=True)):
            centres = self._clusters.get(label)
            if centres is not None:
                drawn = torch.randint(len(centres), (1,), generator=generators[item])
                rows[n] = centres[int(drawn)]
        return F.embedding(regions, rows.to(batch.masked.device)).permute(0, 3, 1, 2)

    def _read_clusters(self, weights: str) -> dict[int, Tensor]:
        rows, classes = (self.extras.get(f"feature_clusters{end}") for end in ("", "_classes"))
        if rows is None or classes is None:
            raise BadInput(
                f"{weights}: features: holds no clusters of features; import it with --style-codes "
                "FOLDER, or use `features: visible`"
            )
        return {label: rows[classes == label] for label in sorted(set(classes.tolist()))}
