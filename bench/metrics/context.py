"""What a suite knows and a metric may need."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bench.core.cache import default_folder
from bench.core.errors import Unavailable
from bench.networks.feature_network import RememberedNetwork, make_network
from bench.networks.segmenters import Segmenter, make_segmenter
from bench.networks.weights import Found, fetch, find, require
from bench.scene import LabelSpace

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """The surroundings in which metrics are made.

    Attributes:
        device: where networks run ("cpu", "cuda", "cuda:1").
        segmenter: the segmenter for this dataset: "onnx:FILE", "hf:FOLDER",
            "mmseg:CONFIG,CHECKPOINT", or the name of an ONNX file among the weights; None = none.
        space: the label space of the dataset; None = the segmenter's own.
        weights: folders in which weights are looked for; None = where SIEBENCH_WEIGHTS says, or the
            user's cache.
        cache: the folder of the reference cache; None = no cache.
        fetch: whether a missing network may be fetched from its official address.
        solver: where the linear algebra of whole sets runs. A run's tables are made on any machine, so
            there it is the CPU; `score` takes its accelerator where that is fast in float64.
        trust: whether modules that a suite names (`package.module:attribute`) may be imported.
    """

    device: str = "cpu"
    segmenter: str | None = None
    space: LabelSpace | None = None
    weights: tuple[Path, ...] | None = None
    cache: Path | None = field(default_factory=default_folder)
    fetch: bool = False
    solver: str = "cpu"
    trust: bool = False

    def weights_of(self, network: str) -> Found:
        """The file that holds a network of the catalogue, fetched where that is agreed to.

        Raises:
            Unavailable: where it is not here.
        """
        if self.fetch and find(network, self.weights) is None:
            fetch(network, folder=None if self.weights is None else self.weights[0])
        return require(network, self.weights)

    def feature_network(self, name: str) -> RememberedNetwork:
        """The feature network of a name; metrics of one context share it.

        Raises:
            BadInput: an unknown name.
            Unavailable: where its weights are not here.
        """
        return make_network(name, self.device, self.weights, trust=self.trust)

    def make_segmenter(self) -> Segmenter:
        """The segmenter that `segmenter` names; metrics of one context share it.

        Raises:
            Unavailable: where none is named, or a file or library is not here.
        """
        if self.segmenter is None:
            raise Unavailable(
                "no segmenter is named for this dataset; name one, as in onnx:FILE, hf:FOLDER or "
                "mmseg:CONFIG,CHECKPOINT"
            )
        return make_segmenter(self.segmenter, self.device, self.weights, trust=self.trust)
