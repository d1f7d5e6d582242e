"""Scores of two sets of images that are no pairs: many results a scene, or other numbers of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.core.images import read_image
from bench.core.transfers import stage
from bench.metrics import Metric, Missing, Score
from bench.metrics.features import FeatureMetric
from bench.run.group_work import GroupWork
from bench.scene import UInt8

__all__ = ["needs_pairs", "score_sets"]

Float32 = NDArray[np.float32]


def needs_pairs(metric: Metric | Missing) -> Missing | None:
    """Why a metric has no value without pairs; None where it has one, or is missing already."""
    if isinstance(metric, Missing) or (isinstance(metric, FeatureMetric) and metric.crop is None):
        return None
    return Missing(
        "it compares pairs: leave out --allow-unpaired, and name every result as its image"
    )


def score_sets(
    real: Sequence[Path],
    fake: Sequence[Path],
    metrics: Sequence[FeatureMetric],
    device: str = "cpu",
    advance: Callable[[int], None] = lambda _: None,
    *,
    alone: bool = False,
) -> list[list[Score]]:
    """Each metric's scores of two sets of any sizes.

    Args:
        real: files of the references.
        fake: files of the results.
        metrics: those to compute.
        device: where their networks run.
        advance: told after every group how many images are done.
        alone: as in `GroupWork`.

    Raises:
        BadInput: a file that cannot be read.
    """
    if not metrics:
        return []
    with GroupWork(device, alone=alone) as work:
        sides = [_features(files, metrics, work, advance) for files in (real, fake)]
    return [metric.unpaired(sides[0][i], sides[1][i]) for i, metric in enumerate(metrics)]


def _features(
    files: Sequence[Path],
    metrics: Sequence[FeatureMetric],
    work: GroupWork,
    advance: Callable[[int], None],
) -> list[Float32]:
    """Each metric's features of all files, in their order."""

    def features(group: list[UInt8]) -> list[Float32]:
        images = stage(group)
        return [metric.network.features(images) for metric in metrics]

    rows: list[list[Float32]] = []
    groups = work.groups(work.read(read_image, files), lambda image: image)
    for mine in work.measure(features, groups):
        rows.append(mine)
        advance(len(mine[0]))
    return [np.concatenate(mine) for mine in zip(*rows)]
