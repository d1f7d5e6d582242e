"""Rosetta: what other tools would have said of the same features and counts.

Only formulas differ here, so nothing is computed again. Where tools differ in what the network sees
(the resize), that is a metric of its own: `fid`, `fid-clean`, `fid-bgr`, `fid-torchmetrics`. Each
line is pinned by a test against the library, or against its stated formula:

| name | formula |
| --- | --- |
| fid@pytorch-fid, @clean-fid, @torchmetrics | ours; they differ in rounding (sqrtm, eigvals) |
| kid@clean-fid, @torchmetrics | pictures and their own edits count as independent pairs |
| miou@mmsegmentation | counts of the whole set, classes with a union |
| miou@detectron2 | counts of the whole set, classes that occur in the truth |
| miou@torchmetrics | mean over pairs of a picture and a class with a union |
| accuracy@mmsegmentation, @detectron2 | void pixels left out |
| accuracy@spade | void pixels count as wrong (protocol/generation.md, B) |
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.metrics import iou
from bench.metrics.confusion import Counts
from bench.metrics.estimate import Score
from bench.metrics.frechet import frechet_distance
from bench.metrics.kernel import kernel_distance

__all__ = ["accuracy_elsewhere", "fid_elsewhere", "kid_elsewhere", "miou_elsewhere"]


def fid_elsewhere(name: str, real: NDArray[np.floating], fake: NDArray[np.floating]) -> list[Score]:
    """The Fréchet distance as pytorch-fid, clean-fid and torchmetrics define it."""
    value = frechet_distance(real, fake)
    tools = ("pytorch-fid", "clean-fid", "torchmetrics")
    return [Score(f"{name}@{tool}", value, n=len(fake)) for tool in tools]


def kid_elsewhere(name: str, real: NDArray[np.floating], fake: NDArray[np.floating]) -> list[Score]:
    """The kernel distance with the pairs that clean-fid and torchmetrics take.

    Both average over random subsets of 1000; with no more pictures than that clean-fid's value, and
    torchmetrics' with `subset_size` set to their number, are this one.
    """
    value = kernel_distance(real, fake)
    return [Score(f"{name}@{tool}", value, n=len(fake)) for tool in ("clean-fid", "torchmetrics")]


def miou_elsewhere(counts: Counts, name: str = "miou") -> list[Score]:
    """The mean IoU of counts [n,K] in three tools' conventions."""
    tools = zip(("mmsegmentation", "detectron2", "torchmetrics"), iou.CONVENTIONS)
    return [
        Score(f"{name}@{tool}", iou.mean_iou(counts, convention), n=len(counts.right))
        for tool, convention in tools
    ]


def accuracy_elsewhere(counts: Counts, name: str = "accuracy") -> list[Score]:
    """The pixel accuracy of counts [n,K] without and with void."""
    total, n = counts.total(), len(counts.right)
    without = float(iou.accuracy(total, "excluded"))
    spade = float(iou.accuracy(total, "wrong"))
    return [
        Score(f"{name}@mmsegmentation", without, n=n),
        Score(f"{name}@detectron2", without, n=n),
        Score(f"{name}@spade", spade, n=n),
    ]
