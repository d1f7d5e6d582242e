"""Rosetta: what other tools would have said of the same features and counts.

Only formulas differ here, so nothing is computed again. Where tools differ in what the network sees
(the resize), that is a metric of its own: `fid`, `fid-clean`, `fid-bgr`, `fid-torchmetrics`. Each
line is pinned by a test against the library, or against its stated formula:

| name | formula | | --- | --- | | fid@pytorch-fid, @clean-fid, @torchmetrics | the same as ours;
they differ in rounding (sqrtm, eigvals) | | kid@clean-fid, @torchmetrics | pictures and their own
edits count as independent pairs |
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.metrics.frechet import frechet_distance
from bench.metrics.kernel import kernel_distance
from bench.metrics.score import Score

__all__ = ["fid_elsewhere", "kid_elsewhere"]


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
