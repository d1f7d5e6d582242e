"""`score`: a folder of results against references, paired by stem, without a suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.errors import BadInput
from bench.metrics import Context, Metric, Missing, References, Score, make_metric
from bench.datasets import read_plane
from bench.pictures import picture_files, read_picture
from bench.run.measure import Group, measure_group
from bench.scene import Bool, Int32, LabelSpace, UInt8

__all__ = ["DEFAULT_METRICS", "Pair", "score"]

DEFAULT_METRICS = ("psnr", "ssim", "rmse", "l1", "lpips-alex", "fid")

_GROUP = 16


@dataclass(frozen=True)
class Pair:
    """Files of one stem."""

    stem: str
    real: Path
    fake: Path
    mask: Path | None
    labels: Path | None


def score(
    real: Path | str,
    fake: Path | str,
    *,
    masks: Path | str | None = None,
    labels: Path | str | None = None,
    metrics: Sequence[str] = DEFAULT_METRICS,
    segmenter: str | None = None,
    device: str = "cpu",
    fetch: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Score]:
    """Scores the pictures of `fake` against those of `real`.

    Args:
        real, fake: folders of pictures, paired by stem; both of one size a pair.
        masks: a folder of masks (0 = known, 255 or 1 = edited); without it only scores over the
            whole picture are given.
        labels: a folder of label PNGs in the segmenter's own label space (255 = void), for mIoU and
            accuracy.
        metrics: names of metrics.
        segmenter: a segmenter's name or file.
        device: where networks run.
        fetch: whether missing weights may be fetched from their official address.
        advance: told after every group how many pairs are done.

    Raises:
        BadInput: unpaired stems, sizes that differ, files that cannot be read, unknown names.
    """
    pairs = list(find_pairs(Path(real), Path(fake), _folder(masks), _folder(labels)))
    context = Context(device=device, segmenter=segmenter, fetch=fetch)
    made = {name: make_metric(name, {}, context) for name in metrics}
    ready = [metric for metric in made.values() if not isinstance(metric, Missing)]
    samples, references = _measure(pairs, ready, advance)
    scores: list[Score] = []
    for name, metric in made.items():
        if isinstance(metric, Missing):
            scores.append(Score(name, None, reason=metric.reason))
            continue
        found = metric.summarise(samples, references)
        scores += [one for one in found if masks is not None or not one.metric.endswith("-hole")]
    return scores


def find_pairs(
    real: Path, fake: Path, masks: Path | None, labels: Path | None
) -> Iterator[Pair]:
    """Pairs the folders' pictures by stem, sorted.

    Raises:
        BadInput: an empty folder, or a picture without its partner.
    """
    reals, fakes = _some(real), _some(fake)
    alone = sorted(reals.keys() ^ fakes.keys())
    if alone:
        where = fake if alone[0] in reals else real
        more = f" (and {len(alone) - 1} more)" if len(alone) > 1 else ""
        raise BadInput(f"{where}: no picture with the stem {alone[0]!r}{more}; pairs share a stem")
    others = [(_some(folder), folder) if folder else None for folder in (masks, labels)]
    for stem in sorted(reals):
        beside = []
        for other in others:
            if other is not None and stem not in other[0]:
                raise BadInput(f"{other[1]}: no file with the stem {stem!r}; pairs share a stem")
            beside.append(None if other is None else other[0][stem])
        yield Pair(stem, reals[stem], fakes[stem], beside[0], beside[1])


def _folder(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)


def _some(folder: Path) -> dict[str, Path]:
    found = picture_files(folder)
    if not found:
        raise BadInput(f"{folder}: holds no pictures; give a folder of PNG or JPEG files")
    return found


def _measure(
    pairs: Sequence[Pair], metrics: Sequence[Metric], advance: Callable[[int], None]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The samples and the reference side of all pairs, as `Metric.summarise` reads them."""
    import pandas as pd

    samples: list[pd.DataFrame] = []
    references: list[pd.DataFrame] = []
    for group in _groups(pairs):
        stems = [pair.stem for pair in group]
        pictures = [read_picture(pair.real) for pair in group]
        rest = _rest(group, pictures, _space(metrics))
        side = Group.of(metrics, pictures, pictures, rest)
        results = {
            i: _result(pair, picture) for i, (pair, picture) in enumerate(zip(group, pictures))
        }
        names = {"edit": stems, "scene": stems}
        samples.append(pd.DataFrame({**names, **measure_group(metrics, side, results)}))
        references.append(pd.DataFrame({**names, **side.columns()}))
        advance(len(group))
    return pd.concat(samples, ignore_index=True), pd.concat(references, ignore_index=True)
