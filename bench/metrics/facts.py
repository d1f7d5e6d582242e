"""What a metric says of each of its scores, so that nobody has to read it out of a name.

Reports, comparisons and gates take these facts from the run (`run.json` carries them). Runs and
baselines of format 1 do not have them: `FORMER_SCORES` says them for every score of that time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

__all__ = [
    "AGAINST",
    "BETTER",
    "FORMER_METRICS",
    "FORMER_SCORES",
    "MARGIN_KINDS",
    "REGIONS",
    "REGION_TITLES",
    "SUMMARIES",
    "Against",
    "Better",
    "MarginKind",
    "Region",
    "ScoreInfo",
    "Summary",
    "score_infos",
    "short_title",
]

Better = Literal["lower", "higher", "neither"]
BETTER: tuple[Better, ...] = get_args(Better)

Against = Literal["ground-truth", "original"]
"""The image that a result is compared with: the edit's ground truth, or the image before it."""
AGAINST: tuple[Against, ...] = get_args(Against)

Region = Literal["image", "mask", "known", "border"]
"""Where a score looks: the whole image, the masked region, the known pixels, the region's border."""
REGIONS: tuple[Region, ...] = get_args(Region)

Summary = Literal["mean", "set"]
"""How a score comes about: "mean" over edits of the samples column of its own name; "set" of all
edits together (FID, mIoU), where the mean of a column of the same name is another number."""
SUMMARIES: tuple[Summary, ...] = get_args(Summary)

MarginKind = Literal["absolute", "relative", "errors"]
MARGIN_KINDS: tuple[MarginKind, ...] = get_args(MarginKind)


@dataclass(frozen=True)
class ScoreInfo:
    """One score of a metric, as a reader needs to know it.

    Attributes:
        name: as the scores table has it ("psnr", "psnr-hole").
        title: as a reader sees it ("PSNR", "PSNR, masked region").
        family: what metrics that answer the same question share ("lpips" of lpips-alex and
            lpips-vgg).
        region: where it looks.
        unit: "dB", "grey levels", "" ...
        better: which way is better.
        against: the images that its metric is given beside the results: the ground truth, or those
            before the edit, which every edit has.
        summary: how the score comes about.
        margin: how much worse it may get before a gate minds, where no policy says otherwise; at
            least 0.
        margin_kind: "absolute" in the score's unit, "relative" as a share of the score before,
            "errors" in standard errors of the paired difference.
        by_class: whether the scores table also has a row for each class.
        zero_is_best: whether the value nearest to 0 is best, where neither way is better.
        floor, ceiling: the smallest and the largest value there is; None = no bound. No interval
            reaches beyond them.
    """

    name: str
    title: str
    family: str = ""
    region: Region = "image"
    unit: str = ""
    better: Better = "neither"
    against: Against = "ground-truth"
    summary: Summary = "mean"
    margin: float = 0.03
    margin_kind: MarginKind = "relative"
    by_class: bool = False
    zero_is_best: bool = False
    floor: float | None = None
    ceiling: float | None = None


def score_infos(
    name: str, title: str, regions: tuple[Region, ...] = ("image",), **facts: object
) -> tuple[ScoreInfo, ...]:
    """The scores of a metric that has one for each region, the first under the metric's own name.

    Args:
        name: the metric's name; the masked region's score beside the image's is "NAME-hole".
        title: the metric's title.
        regions: where it looks.
        facts: the other fields of `ScoreInfo`, the same for all.
    """
    return tuple(
        ScoreInfo(
            name=name if i == 0 else f"{name}-{_SUFFIX[region]}",
            title=title if i == 0 else f"{title}, {_WORDS[region]}",
            region=region,
            **facts,  # type: ignore[arg-type]
        )
        for i, region in enumerate(regions)
    )


def short_title(title: str, region: Region) -> str:
    """A score's title without the words for its region, where a heading above says those."""
    return title.removesuffix(f", {_WORDS[region]}")


# "hole" is how stored score names have spelt the masked region since format 1.
_SUFFIX = {"image": "image", "mask": "hole", "known": "known", "border": "border"}
_WORDS = {
    "image": "whole image",
    "mask": "masked region",
    "known": "known pixels",
    "border": "border",
}

REGION_TITLES: Mapping[Region, str] = MappingProxyType(
    {
        "mask": "Masked region",
        "image": "Whole image",
        "border": "Border of the region",
        "known": "Known pixels",
    }
)
"""Headings above the scores of each region, in the order in which tables have them."""

_BOTH: tuple[Region, ...] = ("image", "mask")


def _former() -> Iterator[tuple[ScoreInfo, ...]]:
    """The scores that runs and baselines of format 1 can hold, metric by metric."""
    yield score_infos(
        "psnr", "PSNR", _BOTH, family="psnr", unit="dB", better="higher", margin=0.1,
        margin_kind="absolute", floor=0.0,
    )  # fmt: skip
    for name, title in (("rmse", "RMSE"), ("l1", "L1")):
        yield score_infos(
            name, title, _BOTH, family=name, unit="grey levels", better="lower", floor=0.0
        )
    ssims: tuple[tuple[str, str, tuple[Region, ...]], ...] = (
        ("ssim", "SSIM", _BOTH),
        ("ssim-sean", "SSIM (SEAN)", ("image",)),
        ("ssim-sesame", "SSIM (SESAME)", ("mask",)),
    )
    for name, title, regions in ssims:
        yield score_infos(
            name, title, regions, family="ssim", better="higher", margin=0.005,
            margin_kind="absolute", floor=-1.0, ceiling=1.0,
        )  # fmt: skip
    for trunk, words in (("alex", "AlexNet"), ("squeeze", "SqueezeNet"), ("vgg", "VGG")):
        name, title = f"lpips-{trunk}", f"LPIPS ({words})"
        yield score_infos(
            name, title, _BOTH, family="lpips", better="lower", margin=0.02, floor=0.0
        )
        yield score_infos(
            f"{name}-original", f"{title} to the original", _BOTH, family="lpips",
            better="neither", against="original", margin=0.02, floor=0.0,
        )  # fmt: skip
    yield score_infos(
        "perceptual-procedural", "Perceptual distance (procedural segmenter)", _BOTH,
        family="perceptual", better="lower", floor=0.0,
    )  # fmt: skip
    yield score_infos(
        "diversity", "Diversity (LPIPS)", family="diversity", better="higher", against="original",
        floor=0.0,
    )  # fmt: skip
    yield score_infos(
        "leak", "Leak", ("known",), family="leak", unit="grey levels", better="lower",
        against="original", floor=0.0,
    )  # fmt: skip
    yield score_infos(
        "seam", "Seam", ("border",), family="seam", unit="grey levels", better="neither",
        against="original", zero_is_best=True,
    )  # fmt: skip
    not_official = "weights not the official file"
    for name, title in (
        ("fid", "FID"),
        ("fid-bgr", "FID (BGR)"),
        ("fid-clean", "clean-FID"),
        ("fid-torchmetrics", "FID (torchmetrics)"),
    ):
        plain = name.replace("fid", "frechet")
        for one, words in ((name, title), (plain, f"Fréchet distance ({not_official})")):
            yield score_infos(
                one, words, family="fid", better="lower", against="original", summary="set",
                floor=0.0,
            )  # fmt: skip
    for name, title in (("kid", "KID"), ("kernel", f"Kernel distance ({not_official})")):
        yield score_infos(
            name, title, family="kid", better="lower", against="original", summary="set",
            margin=0.05,
        )  # fmt: skip
    yield score_infos(
        "fd-procedural", "Fréchet distance (procedural segmenter)", family="fd", better="lower",
        against="original", summary="set", floor=0.0,
    )  # fmt: skip
    for name, title in (("miou", "mIoU"), ("accuracy", "Pixel accuracy")):
        # Only the mean IoU of the whole image has rows of its classes.
        yield tuple(
            dataclasses.replace(info, by_class=info.name == "miou")
            for info in score_infos(
                name,
                title,
                _BOTH,
                family=name,
                better="higher",
                against="original",
                summary="set",
                margin=0.01,
                margin_kind="absolute",
                floor=0.0,
                ceiling=1.0,
            )
        )


FORMER_SCORES: Mapping[str, ScoreInfo] = MappingProxyType(
    {one.name: one for scores in _former() for one in scores}
)
"""The facts of every score of format 1, by its name."""

FORMER_METRICS: Mapping[str, str] = MappingProxyType(
    {one.name: scores[0].name for scores in _former() for one in scores}
)
"""The metric that every score of format 1 belongs to."""
