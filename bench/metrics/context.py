"""What a suite knows and a metric may need."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bench.core.cache import default_folder

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """The surroundings in which metrics are made.

    Attributes:
        device: where networks run ("cpu", "cuda", "cuda:1").
        segmenter: the segmenter for this dataset: "onnx:FILE", "hf:FOLDER",
            "mmseg:CONFIG,CHECKPOINT", or the name of an ONNX file among the weights; None = none.
        weights: folders in which weights are looked for; None = where SIEBENCH_WEIGHTS says, or the
            user's cache.
        cache: the folder of the reference cache; None = no cache.
        fetch: whether a missing network may be fetched from its official address.
    """

    device: str = "cpu"
    segmenter: str | None = None
    weights: tuple[Path, ...] | None = None
    cache: Path | None = field(default_factory=default_folder)
    fetch: bool = False
