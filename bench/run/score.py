"""`score`: a folder of results against references, paired by stem, without a suite."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from bench.core.device import choose_device
from bench.core.errors import BadInput
from bench.core.images import image_files, read_image, read_mask
from bench.core.threads import ahead
from bench.datasets.planes import plain_labels, read_plane
from bench.metrics import Context, Metric, Missing, Score, ScoreInfo, make_metric
from bench.metrics.segmentation import SegmentationMetric
from bench.run.cross_check import CrossCheck, cross_check
from bench.run.measure import EditGroup, PreparedGroup, measure_group
from bench.scene import VOID, Bool, Int32, LabelSpace, UInt8

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DEFAULT_METRICS", "FolderScores", "score_folders"]

DEFAULT_METRICS = ("psnr", "ssim", "rmse", "l1", "lpips-alex", "fid")

_GROUP = 16

_UNLABELLED = LabelSpace("unlabelled", (), ())


@dataclass(frozen=True)
class _Pair:
    """Files of one stem."""

    stem: str
    real: Path
    fake: Path
    mask: Path | None
    labels: Path | None


@dataclass(frozen=True)
class FolderScores(Sequence[Score]):
    """The scores of a folder, in order: a list of `Score` that knows where they come from.

    Attributes:
        scores: the scores, metric by metric.
        infos: the facts of each score, by its name.
        files: (real, fake) of each pair.
        device: where networks ran.
    """

    scores: tuple[Score, ...]
    infos: Mapping[str, ScoreInfo]
    files: tuple[tuple[Path, Path], ...]
    device: str

    def __len__(self) -> int:
        return len(self.scores)

    @overload
    def __getitem__(self, at: int) -> Score: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Score, ...]: ...

    def __getitem__(self, at: int | slice) -> Score | tuple[Score, ...]:
        return self.scores[at]

    def cross_check(self) -> list[CrossCheck]:
        """What the reference libraries say of the same files with the same weights.

        One row for each score of the whole image and library; nothing is downloaded.
        """
        whole = [
            score
            for score in self.scores
            if score.of == "all"
            and (score.metric not in self.infos or self.infos[score.metric].region == "image")
        ]
        return cross_check(self.files, whole, device=self.device)


def score_folders(
    real: Path | str,
    fake: Path | str,
    *,
    masks: Path | str | None = None,
    labels: Path | str | None = None,
    metrics: Sequence[str] = DEFAULT_METRICS,
    segmenter: str | None = None,
    device: str = "auto",
    fetch: bool = False,
    trust: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> FolderScores:
    """Scores the images of `fake` against those of `real`.

    Args:
        real: a folder of reference images.
        fake: a folder of results, paired with them by stem; both of one size a pair.
        masks: a folder of masks (0 = known, 255 or 1 = edited); without it only scores over the
            whole image are given.
        labels: a folder of label PNGs in the segmenter's own label space (255 = void), for mIoU and
            accuracy.
        metrics: names of metrics; `siebench plugins list metrics` lists them.
        segmenter: a segmenter's name or file.
        device: where networks run: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1" ...
        fetch: whether missing weights may be fetched from their official address.
        trust: whether a metric or segmenter may be imported from `package.module:attribute`.
        advance: told after every group how many pairs are done.

    Raises:
        BadInput: unpaired stems, sizes that differ, files that cannot be read, unknown names, a
            device that is not here.
    """
    pairs = list(find_pairs(Path(real), Path(fake), _folder(masks), _folder(labels)))
    where = choose_device(device)
    context = Context(device=where, segmenter=segmenter, fetch=fetch, trust=trust)
    made = {name: make_metric(name, {}, context) for name in metrics}
    space = _UNLABELLED
    for name, metric in made.items():
        if isinstance(metric, SegmentationMetric):
            space = metric.segmenter.space
            if labels is None:
                made[name] = Missing("a folder of labels is needed: give --labels")
    ready = [metric for metric in made.values() if not isinstance(metric, Missing)]
    samples, references = _measure(pairs, ready, space, advance)
    # Without masks the region is the whole image: no score of it beside the image's own.
    twice = {
        score.name
        for metric in ready
        for score in metric.scores[1:]
        if masks is None and score.region == "mask"
    }
    scores: list[Score] = []
    for name, metric in made.items():
        if isinstance(metric, Missing):
            scores.append(Score(name, None, reason=metric.reason))
            continue
        found = metric.summarise(samples, references)
        scores += [one for one in found if one.metric not in twice]
    return FolderScores(
        scores=tuple(scores),
        infos={score.name: score for metric in ready for score in metric.scores},
        files=tuple((pair.real, pair.fake) for pair in pairs),
        device=where,
    )


def find_pairs(real: Path, fake: Path, masks: Path | None, labels: Path | None) -> Iterator[_Pair]:
    """Pairs the folders' images by stem, sorted.

    Raises:
        BadInput: an empty folder, or an image without its partner.
    """
    reals, fakes = _some(real), _some(fake)
    alone = sorted(reals.keys() ^ fakes.keys())
    if alone:
        where = fake if alone[0] in reals else real
        more = f" (and {len(alone) - 1} more)" if len(alone) > 1 else ""
        raise BadInput(f"{where}: no image with the stem {alone[0]!r}{more}; pairs share a stem")
    others = [(_some(folder), folder) if folder else None for folder in (masks, labels)]
    for stem in sorted(reals):
        beside = []
        for other in others:
            if other is not None and stem not in other[0]:
                raise BadInput(f"{other[1]}: no file with the stem {stem!r}; pairs share a stem")
            beside.append(None if other is None else other[0][stem])
        yield _Pair(stem, reals[stem], fakes[stem], beside[0], beside[1])


def _folder(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)


def _some(folder: Path) -> dict[str, Path]:
    found = image_files(folder)
    if not found:
        raise BadInput(f"{folder}: holds no images; give a folder of PNG or JPEG files")
    return found


@dataclass(frozen=True, eq=False)
class _Read:
    """A pair read: images uint8 [H,W,3], mask bool [H,W], labels int32 [H,W]."""

    stem: str
    real: UInt8
    fake: UInt8
    mask: Bool
    labels: Int32


def _measure(
    pairs: Sequence[_Pair],
    metrics: Sequence[Metric],
    space: LabelSpace,
    advance: Callable[[int], None],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The samples and the reference side of all pairs, as `Metric.summarise` reads them."""
    import pandas as pd

    def measured(group: list[_Read]) -> tuple[pd.DataFrame, pd.DataFrame]:
        edits = _edits(group, space)
        side = PreparedGroup.of(metrics, edits)
        columns = measure_group(metrics, side, {i: one.fake for i, one in enumerate(group)})
        names = {"edit": edits.edits, "scene": edits.scenes}
        advance(len(group))
        return pd.DataFrame({**names, **columns}), pd.DataFrame({**names, **side.columns()})

    with ThreadPoolExecutor(1) as pool:
        read = ahead(pool, functools.partial(_read, space=space), pairs, _GROUP)
        # `map` lets go of a group's images before it takes the next ones.
        sides = list(map(measured, _groups(one for _, one in read)))
    samples, references = (pd.concat(tables, ignore_index=True) for tables in zip(*sides))
    return samples, references


def _groups(read: Iterable[_Read]) -> Iterator[list[_Read]]:
    """Consecutive pairs of one size."""
    group: list[_Read] = []
    for one in read:
        if group and (len(group) == _GROUP or one.real.shape != group[0].real.shape):
            yield group
            group = []
        group.append(one)
    yield group


def _edits(group: Sequence[_Read], space: LabelSpace) -> EditGroup:
    stems = tuple(one.stem for one in group)
    images = [one.real for one in group]
    return EditGroup(
        ground_truth=images,
        original=images,
        mask=np.stack([one.mask for one in group]),
        labels=np.stack([one.labels for one in group]),
        space=space,
        scenes=stems,
        edits=stems,
    )


def _read(pair: _Pair, space: LabelSpace) -> _Read:
    real, fake = read_image(pair.real), read_image(pair.fake)
    _same_size(pair.fake, fake, real)
    return _Read(pair.stem, real, fake, _mask(pair, real), _labels(pair, real, space))


def _mask(pair: _Pair, reference: UInt8) -> Bool:
    if pair.mask is None:
        return np.ones(reference.shape[:2], bool)
    mask = read_mask(pair.mask)
    _same_size(pair.mask, mask, reference)
    return mask


def _labels(pair: _Pair, reference: UInt8, space: LabelSpace) -> Int32:
    if pair.labels is None:
        return np.full(reference.shape[:2], VOID, np.int32)
    plane = read_plane(pair.labels)
    _same_size(pair.labels, plane, reference)
    # Without a metric that counts classes there is no space to check labels against.
    return plain_labels(plane, space, pair.labels) if len(space) else plane


def _same_size(path: Path, plane: NDArray[Any], reference: UInt8) -> None:
    if plane.shape[:2] != reference.shape[:2]:
        one, two = ("x".join(map(str, a.shape[1::-1])) for a in (plane, reference))
        raise BadInput(f"{path}: is {one} where its reference is {two}; bring them to one size")
