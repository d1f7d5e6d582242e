"""Several folders of results against one of references: their scores, and which differences are sure.

    compare_folders("real", {"SEAN": "sean", "SPADE": "spade"}, metrics=["psnr", "ssim"])

No suite and no run: images are paired by relative path, and the image is the unit of every interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.errors import BadInput
from bench.core.identity import record_hash
from bench.judge.compare.change import judge
from bench.judge.compare.comparison import Comparison, whole
from bench.judge.pairing import pairs
from bench.judge.scores import ScoreKey, ScoreSet, ScoreValues, of_edits, of_scenes
from bench.metrics import Score
from bench.run.folder_scores import FolderScores
from bench.run.pairs import find_pairs
from bench.run.score import BATCH_SIZE, DEFAULT_METRICS, score_folders

__all__ = ["FolderComparison", "compare_folders", "folder_names"]

TASK = "images"
"""What folders are scores of, where a run has its tasks."""

ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class FolderComparison:
    """Folders of results, scored and compared.

    Attributes:
        scores: each folder's scores, by its name.
        comparison: every two folders in every score over all classes, judged together.
    """

    scores: Mapping[str, FolderScores]
    comparison: Comparison


def compare_folders(
    real: Path | str,
    results: Mapping[str, Path | str] | Sequence[Path | str],
    *,
    masks: Path | str | None = None,
    labels: Path | str | None = None,
    metrics: Sequence[str | Mapping[str, Any]] = DEFAULT_METRICS,
    segmenter: str | None = None,
    resize_real: bool = False,
    device: str = "auto",
    fetch: bool = False,
    trust: bool = False,
    batch_size: int = BATCH_SIZE,
    advance: Callable[[int], None] = lambda _: None,
) -> FolderComparison:
    """Scores folders of results for the same references, and compares every two of them.

    Differences are paired by image. The chance of any false "better" or "worse" among all of them is at
    most 5 % (Holm). What is not named here is as for `score_folders`.

    Args:
        real: a folder of reference images.
        results: at least two folders of results, by name; a list is named by `folder_names`.
        advance: told after every group how many pairs of the folder at hand are done.

    Raises:
        BadInput: fewer than two folders, or what `score_folders` refuses.
    """
    named = results if isinstance(results, Mapping) else folder_names(results)
    if len(named) < 2:
        raise BadInput("a comparison needs two folders of results; give another one")
    beside = [None if each is None else Path(each) for each in (masks, labels)]
    for folder in named.values():  # what cannot be paired is said before the first is scored
        find_pairs(Path(real), Path(folder), *beside)
    scores = {
        name: score_folders(
            real,
            folder,
            masks=masks,
            labels=labels,
            metrics=metrics,
            segmenter=segmenter,
            resize_real=resize_real,
            device=device,
            fetch=fetch,
            trust=trust,
            batch_size=batch_size,
            advance=advance,
        )
        for name, folder in named.items()
    }
    known = _score_set(str(real), scores)
    methods = tuple(combinations(scores, 2))
    found = [pair for pair in pairs(known, known, methods) if whole(pair.key)]
    changes = tuple(judge(found, alpha=ALPHA))
    return FolderComparison(scores, Comparison(known, known, methods, changes, (), ALPHA))


def folder_names(folders: Sequence[Path | str]) -> dict[str, Path]:
    """A name for each folder: its own, or its path where several share that.

    Raises:
        BadInput: a folder that is given twice.
    """
    paths = [Path(folder) for folder in folders]
    count = Counter(path.name for path in paths)
    named = {path.name if count[path.name] == 1 else path.as_posix(): path for path in paths}
    if len(named) < len(paths):
        twice = next(path for path, times in Counter(paths).items() if times > 1)
        raise BadInput(f"{twice}: is given twice; give each folder of results once")
    return named


def _score_set(name: str, folders: Mapping[str, FolderScores]) -> ScoreSet:
    hashes = {
        metric: record_hash(record)
        for scores in folders.values()
        for metric, record in scores.protocols.items()
    }
    found = [
        _values(scores, method, score, hashes.get(score.metric, ""))
        for method, scores in folders.items()
        for score in scores
    ]
    images = next(iter(folders.values())).images["image"]
    records = {
        hashes[metric]: record
        for scores in folders.values()
        for metric, record in scores.protocols.items()
    }
    edits = {TASK: {str(image): str(image) for image in images}}
    return ScoreSet(name, "", {one.key: one for one in found}, records, edits)


def _values(scores: FolderScores, method: str, score: Score, protocol: str) -> ScoreValues:
    info = scores.infos.get(score.metric)
    key = ScoreKey(TASK, method, score.metric, score.of)
    bare = ScoreValues(key, "neither", protocol, score.value, score.n, reason=score.reason)
    if info is None or score.value is None:
        return bare
    known = bare.told(info, score.metric)
    if (score.metric, score.of) in scores.left_out:
        return of_scenes(known, score.value, *scores.left_out[score.metric, score.of])
    if score.of != "all" or score.metric not in scores.images:
        return known
    images = list(scores.images["image"])
    return of_edits(known, images, images, scores.images[score.metric].to_numpy(dtype=np.float64))
