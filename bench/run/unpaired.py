"""Scores of two sets of images that are no pairs: many results a scene, or other numbers of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.core.images import StoredImage, read_stored
from bench.core.transfers import stage
from bench.metrics import Metric, Missing, Score, from_elsewhere
from bench.metrics.features import FeatureMetric
from bench.run.appearance import FileLook
from bench.run.file_kinds import count_kinds, file_kind
from bench.run.group_work import GroupWork

__all__ = ["SetScores", "needs_pairs", "score_sets"]

Float32 = NDArray[np.float32]


def needs_pairs(metric: Metric | Missing) -> Missing | None:
    """Why a metric has no value without pairs; None where it has one, or is missing already."""
    if isinstance(metric, Missing) or (isinstance(metric, FeatureMetric) and metric.crop is None):
        return None
    return Missing(
        "it compares pairs: leave out --allow-unpaired, and name every result as its image"
    )


@dataclass(frozen=True)
class SetScores:
    """What was found of two sets of images.

    Attributes:
        scores: each metric's.
        kinds: how many of the references ("real") and results ("fake") are stored in which way.
        looks: how the references and the results look by themselves.
    """

    scores: list[list[Score]]
    kinds: dict[str, dict[str, int]]
    looks: tuple[list[FileLook], list[FileLook]]


def score_sets(
    real: Sequence[Path],
    fake: Sequence[Path],
    metrics: Sequence[FeatureMetric],
    device: str = "cpu",
    advance: Callable[[int], None] = lambda _: None,
) -> SetScores:
    """Each metric's scores of two sets of any sizes.

    Args:
        real: files of the references.
        fake: files of the results.
        metrics: those to compute.
        device: where their networks run.
        advance: told after every group how many images are done.

    Raises:
        BadInput: a file that cannot be read.
    """
    with GroupWork(device, alone=any(map(from_elsewhere, metrics))) as work:
        work.warm_up(metrics)
        one, other = (_side(files, metrics, work, advance) for files in (real, fake))
    features = zip(one.features, other.features)
    scores = [metric.unpaired(*both) for metric, both in zip(metrics, features)]
    kinds = {"real": one.kinds, "fake": other.kinds}
    return SetScores(scores, kinds, (one.looks, other.looks))


@dataclass(frozen=True, eq=False)
class _Side:
    """One set: each metric's features [n,d], how its files are stored, and how they look."""

    features: list[Float32]
    kinds: dict[str, int]
    looks: list[FileLook]


def _side(
    files: Sequence[Path],
    metrics: Sequence[FeatureMetric],
    work: GroupWork,
    advance: Callable[[int], None],
) -> _Side:
    """Of all files, in their order."""

    def read(file: Path) -> tuple[StoredImage, FileLook]:
        image = read_stored(file)
        return image, FileLook.of(file.name, image)

    def looked_at(
        group: list[tuple[StoredImage, FileLook]],
    ) -> tuple[list[Float32], list[str], list[FileLook]]:
        images = stage([image.pixels for image, _ in group])
        features = [metric.network.features(images) for metric in metrics]
        return features, [file_kind(image) for image, _ in group], [look for _, look in group]

    rows: list[list[Float32]] = []
    kinds: list[str] = []
    looks: list[FileLook] = []
    groups = work.groups(work.read(read, files), lambda one: one[0].pixels)
    for mine, own, seen in work.measure(looked_at, groups):
        rows.append(mine)
        kinds += own
        looks += seen
        advance(len(own))
    return _Side([np.concatenate(mine) for mine in zip(*rows)], count_kinds(kinds), looks)
