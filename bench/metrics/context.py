"""What a suite knows and a metric may need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["MetricContext"]


@dataclass(frozen=True)
class MetricContext:
    """The surroundings in which metrics are made.

    Attributes:
        device: where networks run ("cpu", "cuda", "cuda:1").
        segmenter: the segmenter for this dataset, as a suite names it ("onnx:FILE", "hf:FOLDER",
            "mmseg:CONFIG,CHECKPOINT"), or None.
        weights: folders in which weights are looked for; None = where
            SEBENCH_WEIGHTS says, or the user's cache.
        cache: the folder of the reference cache; None = no cache.
    """

    device: str = "cpu"
    segmenter: str | None = None
    weights: tuple[Path, ...] | None = None
    cache: Path | None = None
