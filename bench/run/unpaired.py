"""Scores of two sets of images that are no pairs: many results a scene, or other numbers of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.core.images import read_image
from bench.core.threads import ahead
from bench.metrics import Metric, Missing, Score
from bench.metrics.features import FeatureMetric
from bench.scene import UInt8

__all__ = ["needs_pairs", "score_sets"]

Float32 = NDArray[np.float32]

_GROUP = 16


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
    advance: Callable[[int], None] = lambda _: None,
) -> list[list[Score]]:
    """Each metric's scores of two sets of any sizes.

    Args:
        real: files of the references.
        fake: files of the results.
        metrics: those to compute.
        advance: told after every group how many images are done.

    Raises:
        BadInput: a file that cannot be read.
    """
    if not metrics:
        return []
    sides = [_features(files, metrics, advance) for files in (real, fake)]
    return [metric.unpaired(sides[0][i], sides[1][i]) for i, metric in enumerate(metrics)]


def _features(
    files: Sequence[Path], metrics: Sequence[FeatureMetric], advance: Callable[[int], None]
) -> list[Float32]:
    """Each metric's features of all files, in their order."""
    rows: list[list[Float32]] = [[] for _ in metrics]
    with ThreadPoolExecutor(1) as pool:
        read = ahead(pool, read_image, files, _GROUP)
        for group in _groups(image for _, image in read):
            for mine, metric in zip(rows, metrics):
                mine.append(metric.network.features(group))
            advance(len(group))
    return [np.concatenate(mine) for mine in rows]


def _groups(images: Iterable[UInt8]) -> Iterator[UInt8]:
    """Consecutive images of one size, uint8 [B,H,W,3]."""
    group: list[UInt8] = []
    for image in images:
        if group and (len(group) == _GROUP or image.shape != group[0].shape):
            yield np.stack(group)
            group = []
        group.append(image)
    yield np.stack(group)
