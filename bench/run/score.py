"""`score`: a folder of results against references, paired by relative path, without a suite."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.device import choose_device, fast_float64
from bench.core.errors import BadInput, PluginFailed
from bench.core.identity import Record
from bench.datasets.map_facts import map_fault
from bench.metrics import (
    Context,
    Estimate,
    Metric,
    Missing,
    Score,
    ScoreInfo,
    checked_estimates,
    doubts,
    full_definition,
    guarded,
    make_metric,
    refuse_shared_scores,
)
from bench.metrics.features import FeatureMetric
from bench.networks.batches import batches_of
from bench.run.appearance import file_notices
from bench.run.file_kinds import kind_notices
from bench.run.folder_scores import FolderScores
from bench.run.measured_pairs import measure_pairs, pair_notices
from bench.run.pair_images import read_pair
from bench.run.pairs import Folders, Pair, find_pairs
from bench.run.unpaired import needs_pairs, score_sets
from bench.scene import LabelSpace
from bench.suite.schema import metric_entries

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BATCH_SIZE", "DEFAULT_METRICS", "FolderScores", "score_folders"]

DEFAULT_METRICS = ("psnr", "ssim", "rmse", "l1", "lpips-alex", "fid")

BATCH_SIZE = 64
"""Images that networks see at a time on an accelerator."""

_UNLABELLED = LabelSpace("unlabelled", (), ())


def score_folders(
    real: Path | str,
    fake: Path | str,
    *,
    masks: Path | str | None = None,
    labels: Path | str | None = None,
    metrics: Sequence[str | Mapping[str, Any]] = DEFAULT_METRICS,
    segmenter: str | None = None,
    resize_real: bool = False,
    device: str = "auto",
    fetch: bool = False,
    trust: bool = False,
    allow_unpaired: bool = False,
    batch_size: int = BATCH_SIZE,
    advance: Callable[[int], None] = lambda _: None,
) -> FolderScores:
    """Scores the images of `fake` against those of `real`.

    Args:
        real: a folder of reference images.
        fake: a folder of results, paired with them by subfolder and stem; both of one size a pair.
        masks: a folder of masks (0 = known, 255 or 1 = edited); without it only scores over the
            whole image are given.
        labels: a folder of label PNGs in the segmenter's own label space (255 = void), for mIoU and
            accuracy.
        metrics: names of metrics (`siebench plugins list metrics` lists them), or mappings with `name`
            and `options` as in a suite: {"name": "fd", "options": {"network": "procedural"}}.
        segmenter: a segmenter's name or file.
        resize_real: brings each reference to its result's size first: bicubic, antialiased (Pillow);
            masks and labels nearest.
        device: where networks run: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1" ...
        fetch: whether missing weights may be fetched from their official address.
        trust: whether a metric or segmenter may be imported from `package.module:attribute`.
        allow_unpaired: whether the folders are two sets without pairs, of any sizes: then only
            distances between sets (FID, KID ...) have values, without intervals.
        batch_size: how many images networks see at a time on an accelerator; the last bits of scores
            depend on it. On a CPU it is always one.
        advance: told after every group how many pairs (unpaired: images) are done.

    Raises:
        BadInput: unpaired stems, sizes that differ, files that cannot be read, label maps that hold no
            class numbers, unknown names, a device that is not here.
    """
    given = {"real": real, "fake": fake, "masks": masks, "labels": labels}
    folders = {part: Path(path) for part, path in given.items() if path is not None}
    if batch_size < 1:
        raise BadInput(f"batch_size is {batch_size}; give a number from 1 on")
    where = choose_device(device)
    solver = where if fast_float64(where) else "cpu"
    context = Context(device=where, segmenter=segmenter, fetch=fetch, solver=solver, trust=trust)
    if allow_unpaired:
        return _score_unpaired(folders, metrics, context, batch_size, advance)
    pairs, notices = find_pairs(
        folders["real"], folders["fake"], folders.get("masks"), folders.get("labels")
    )
    made = _made(metrics, context)
    space = _UNLABELLED
    for i, (name, metric) in enumerate(made):
        if isinstance(metric, Metric) and metric.label_space is not None:
            space = metric.label_space
            if labels is None:
                made[i] = name, Missing("a folder of labels is needed: give --labels")
        elif not isinstance(metric, Missing) and masks is None and _of_region(metric):
            made[i] = name, Missing("a folder of masks is needed: give --masks")
    ready = [(name, metric) for name, metric in made if not isinstance(metric, Missing)]
    refuse_shared_scores(ready)
    computed = [metric for _, metric in ready]
    reading = functools.partial(read_pair, space=space, resize_real=resize_real)
    inputs = _inputs(pairs)
    with batches_of(batch_size):
        read = measure_pairs(pairs, computed, space, reading, advance, where)
    fault = map_fault((one.labels for one in read.facts if one.labels is not None), len(space))
    if fault is not None:
        raise BadInput(fault)
    samples, references, kinds = read.samples, read.references, read.kinds
    # Without masks the region is the whole image: no score of it beside the image's own.
    twice = {
        score.name
        for metric in computed
        for score in metric.scores[1:]
        if masks is None and score.region == "mask"
    }
    scores: list[Score] = []
    left_out = {}
    for name, metric in made:
        if isinstance(metric, Missing):
            scores.append(Score(name, None, reason=metric.reason))
            continue
        for one in _estimates(metric, samples, references):
            if one.metric in twice:
                continue
            scores.append(one.score())
            if one.kind == "jackknife" and one.replicates is not None:
                left_out[one.metric, one.of] = (one.scenes, one.replicates)
    infos = _infos(computed)
    means = [
        name
        for name, info in infos.items()
        if info.summary == "mean" and name in samples and name not in twice
    ]
    if "labels" in folders and not len(space):
        notices += (
            f"{folders['labels']}: not used; no metric that can be computed counts classes",
        )
    notices += tuple(pair_notices(folders, read.facts))
    notices += tuple(doubts(computed, references))
    source: Record = {
        "of": "pairs of two folders",
        "masks": masks is not None,
        "labels": space.name if labels is not None else None,
        **({"references": "resized to the results"} if resize_real else {}),
    }
    return FolderScores(
        scores=tuple(scores),
        infos=infos,
        files=tuple((pair.real, pair.fake) for pair in pairs),
        device=where,
        batch_size=batch_size,
        folders=folders,
        inputs={part: inputs[part] for part in folders},
        kinds=kinds,
        images=samples[["edit", *means]].rename(columns={"edit": "image"}),
        left_out=left_out,
        protocols=_protocols(ready, source),
        notices=(*notices, *kind_notices(kinds["real"], kinds["fake"])),
    )


def _made(
    metrics: Sequence[str | Mapping[str, Any]], context: Context
) -> list[tuple[str, Metric | Missing]]:
    """The metrics with the names that were asked for; one may be there twice with other options."""
    return [
        (entry.name, make_metric(entry.name, entry.options, context))
        for entry in metric_entries(metrics)
    ]


def _of_region(metric: Metric) -> bool:
    """Whether all that a metric looks at is the masked region."""
    return all(score.region == "mask" for score in metric.scores)


def _estimates(metric: Metric, samples: pd.DataFrame, references: pd.DataFrame) -> list[Estimate]:
    """The metric's estimates, or why it has none: it failed, or needs what folders do not tell."""
    try:
        with guarded(metric, "estimates()"):
            found = checked_estimates(metric, metric.estimates(samples, references))
    except PluginFailed as error:
        return [Estimate(name, None, reason=str(error)) for name in metric.score_names]
    asks = bool(metric.operations) or metric.of_drawn_scenes
    if asks and all(one.value is None for one in found):
        reason = f"no pair of two folders has {metric.needs}; score it in a run"
        return [Estimate(name, None, reason=reason) for name in metric.score_names]
    return found


def _score_unpaired(
    folders: Mapping[str, Path],
    metrics: Sequence[str | Mapping[str, Any]],
    context: Context,
    batch_size: int,
    advance: Callable[[int], None],
) -> FolderScores:
    """The scores of two sets of images; arguments as `score_folders`."""
    import pandas as pd

    beside = [f"--{part}" for part in ("masks", "labels") if part in folders]
    if beside:
        raise BadInput(
            f"{' and '.join(beside)}: belong to pairs; leave that out, or --allow-unpaired"
        )
    found = Folders.of(folders["real"], folders["fake"], None, None)
    made = _made(metrics, context)
    without = [(name, needs_pairs(metric) or metric) for name, metric in made]
    ready = [(name, metric) for name, metric in without if isinstance(metric, FeatureMetric)]
    refuse_shared_scores(ready)
    computed = [metric for _, metric in ready]
    sides = [*found.real.values()], [*found.fake.values()]
    with batches_of(batch_size):
        found_of = score_sets(*sides, computed, context.device, advance)
    valued, kinds = iter(found_of.scores), found_of.kinds
    scores = [
        score
        for name, metric in without
        for score in (
            [Score(name, None, reason=metric.reason)]
            if isinstance(metric, Missing)
            else next(valued)
        )
    ]
    return FolderScores(
        scores=tuple(scores),
        infos=_infos(computed),
        files=(),
        device=context.device,
        batch_size=batch_size,
        folders=folders,
        inputs={"real": found.real, "fake": found.fake},
        kinds=kinds,
        images=pd.DataFrame({"image": []}),
        left_out={},
        protocols=_protocols(ready, {"of": "two sets of images without pairs"}),
        notices=(
            *found.notices,
            *file_notices(folders, *found_of.looks),
            *kind_notices(kinds["real"], kinds["fake"]),
        ),
    )


def _inputs(pairs: Sequence[Pair]) -> dict[str, dict[str, Path]]:
    """The files that are read of each folder, by stem."""
    return {
        "real": {pair.stem: pair.real for pair in pairs},
        "fake": {pair.stem: pair.fake for pair in pairs},
        "masks": {pair.stem: pair.mask for pair in pairs if pair.mask is not None},
        "labels": {pair.stem: pair.labels for pair in pairs if pair.labels is not None},
    }


def _infos(metrics: Iterable[Metric]) -> dict[str, ScoreInfo]:
    return {score.name: score for metric in metrics for score in metric.scores}


def _protocols(metrics: Iterable[tuple[str, Metric]], source: Record) -> dict[str, Record]:
    """What each score stands on, by the score's name."""
    return {
        score: {**source, "metric": {"name": name, **full_definition(metric)}}
        for name, metric in metrics
        for score in metric.score_names
    }
