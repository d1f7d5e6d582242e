"""The Fréchet and the kernel distance between sets of features: FID in its published conventions, KID.

| name | network input | of |
| --- | --- | --- |
| fid | pytorch-fid's | Heusel et al. 2017, the field's default |
| fid-bgr | pytorch-fid's, channels swapped | SPMPGAN and DivSem (docs/protocol/editing.md, D.6) |
| fid-clean | clean-fid's | Parmar et al. 2022 |
| fid-torchmetrics | torchmetrics' from 1.8 on | |
| kid | pytorch-fid's | Binkowski et al. 2018 |
| fd, kd | any feature network's (`network: NAME`); called fd-NAME, kd-NAME | |
| fid-crop, kid-crop, fd-crop, kd-crop | the same of the square around the masked region | |
| fd-procedural | our own segmenter's: the same as fd with `network: procedural` | |

Only the official Inception makes a FID. Through any other weights the same numbers are called
`frechet` (and `kernel` for KID); through another network they are `fd-NAME` and `kd-NAME`, have other
scales, and are never compared with FIDs. Networks that were trained through the same features are
flattered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.metrics.context import Context
from bench.metrics.estimate import Score
from bench.metrics.features import Crop, SetMetric
from bench.metrics.frechet import frechet_distance, load_solver, with_leave_one_out
from bench.metrics.kernel import KernelSums, kernel_distance

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FrechetDistance",
    "KernelDistance",
    "fd",
    "fd_crop",
    "fd_procedural",
    "fid",
    "fid_bgr",
    "fid_clean",
    "fid_crop",
    "fid_torchmetrics",
    "kd",
    "kd_crop",
    "kid",
    "kid_crop",
]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
M = TypeVar("M", bound=SetMetric)


class FrechetDistance(SetMetric):
    """The Fréchet distance between features, covariances over n - 1."""

    family = "fid"
    solver = "cpu"
    """Where matrices are decomposed."""

    def warm_up(self) -> None:
        """The network is loaded, and the solver's libraries are."""
        super().warm_up()
        load_solver(self.solver)

    def definition(self) -> Record:
        """Formula and feature network."""
        return {
            "formula": "squared Frechet distance of Gaussians, covariances over n - 1",
            **self.looks(),
            "real": "the pictures before the edit",
        }

    def distance(self, real: Float32, fake: Float32, codes: Int64) -> tuple[float, Float64 | None]:
        """The Fréchet distance and its values without each scene."""
        if len(codes) - int(np.bincount(codes).max()) < 2:
            return frechet_distance(real, fake), None
        return with_leave_one_out(real, fake, codes, self.solver)

    def unpaired_distance(self, real: Float32, fake: Float32) -> float:
        """The Fréchet distance; sets may be of any sizes."""
        return frechet_distance(real, fake, self.solver)


class KernelDistance(SetMetric):
    """The kernel distance between features, over pairs of different scenes."""

    family = "kid"
    margin: ClassVar[float] = 0.05
    floor: ClassVar[float | None] = None  # it is unbiased

    def definition(self) -> Record:
        """Formula and feature network."""
        return {
            "formula": "unbiased squared MMD, (x.y / d + 1)^3, all pairs of different scenes",
            **self.looks(),
            "real": "the pictures before the edit",
        }

    def distance(self, real: Float32, fake: Float32, codes: Int64) -> tuple[float, Float64 | None]:
        """The kernel distance and its values without each scene."""
        sums = KernelSums.of(real, fake, codes)
        return sums.distance(), sums.without()

    def unpaired_distance(self, real: Float32, fake: Float32) -> float:
        """The kernel distance over all pairs of two images, as clean-fid has it."""
        return kernel_distance(real, fake)

    def other_tools(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Score]:
        """KID were the sets independent, as clean-fid and torchmetrics take them to be.

        Both average over random subsets of 1000; with no more images than that clean-fid's value,
        and torchmetrics' with `subset_size` set to their number, are this one.
        """
        if self.family != "kid":
            return []  # no other tool has this network
        try:
            sets = self.sets(samples, references)
            value = kernel_distance(sets.real, sets.fake)
        except ValueError:
            return []
        return [Score(f"{self.name}@clean-fid", value, n=len(sets.fake))]


def fid(context: Context) -> FrechetDistance:
    """FID (Heusel et al. 2017), with pytorch-fid's preprocessing."""
    return _frechet(context, "fid", "FID", "inception")


def fid_bgr(context: Context) -> FrechetDistance:
    """FID with the channels swapped, as SPMPGAN and DivSem have it (docs/protocol/editing.md, D.6)."""
    return _frechet(context, "fid-bgr", "FID (BGR)", "inception-bgr")


def fid_clean(context: Context) -> FrechetDistance:
    """FID with clean-fid's preprocessing (Parmar et al. 2022)."""
    return _frechet(context, "fid-clean", "clean-FID", "inception-clean-fid")


def fid_torchmetrics(context: Context) -> FrechetDistance:
    """FID with torchmetrics' preprocessing, from its version 1.8 on."""
    return _frechet(context, "fid-torchmetrics", "FID (torchmetrics)", "inception-torchmetrics")


def kid(context: Context) -> KernelDistance:
    """KID (Binkowski et al. 2018), over all pairs of images of different scenes."""
    return _kernel(context)


def fd(context: Context, network: str = "procedural") -> FrechetDistance:
    """The Fréchet distance through any feature network, as `fd-NAME`.

    Args:
        context: where its weights are.
        network: the feature network's name; our own segmenter where none is given.
    """
    return _through(FrechetDistance, "fd", "Fréchet distance", context, network)


def kd(context: Context, network: str = "procedural") -> KernelDistance:
    """The kernel distance through any feature network, as `kd-NAME`.

    Args:
        context: where its weights are.
        network: the feature network's name; our own segmenter where none is given.
    """
    return _through(KernelDistance, "kd", "Kernel distance", context, network)


def fd_procedural(context: Context) -> FrechetDistance:
    """The Fréchet distance through our own segmenter: needs no download, and is no FID."""
    return fd(context, "procedural")


def fid_crop(context: Context, margin: float = 0.5, size: int = 299) -> FrechetDistance:
    """FID of the square around each masked region, in the images before the edit and in the results.

    Args:
        context: where its weights are.
        margin: the square's side is the longer side of the region's bounding box times 1 + margin.
        size: the crops are resized to it; Inception's own 299 by default.
    """
    return _frechet(context, "fid", "FID", "inception", Crop(margin, size))


def kid_crop(context: Context, margin: float = 0.5, size: int = 299) -> KernelDistance:
    """KID of the square around each masked region; arguments as `fid_crop`."""
    return _kernel(context, Crop(margin, size))


def fd_crop(
    context: Context, network: str = "procedural", margin: float = 0.5, size: int = 256
) -> FrechetDistance:
    """The Fréchet distance of the square around each masked region, as `fd-NAME-crop`.

    Args:
        context: where its weights are.
        network: the feature network's name.
        margin: as in `fid_crop`.
        size: the crops are resized to it.
    """
    crop = Crop(margin, size)
    return _through(FrechetDistance, "fd", "Fréchet distance", context, network, crop)


def kd_crop(
    context: Context, network: str = "procedural", margin: float = 0.5, size: int = 256
) -> KernelDistance:
    """The kernel distance of the square around each masked region, as `kd-NAME-crop`.

    Args:
        context: where its weights are.
        network: the feature network's name.
        margin: as in `fid_crop`.
        size: the crops are resized to it.
    """
    crop = Crop(margin, size)
    return _through(KernelDistance, "kd", "Kernel distance", context, network, crop)


_NOT_OFFICIAL = "weights not the official file"
_CROP = "crop around the masked region"


def _through(
    kind: type[M],
    family: str,
    words: str,
    context: Context,
    network: str,
    crop: Crop | None = None,
) -> M:
    """A distance through any feature network, named for it."""
    found = context.feature_network(network)
    name, title = _cropped(f"{family}-{found.label}", f"{words} ({found.title})", crop)
    return _solved_by(context, kind(name, title, found, context.cache, family=family, crop=crop))


def _solved_by(context: Context, metric: M) -> M:
    if isinstance(metric, FrechetDistance):
        metric.solver = context.solver
    return metric


def _cropped(name: str, title: str, crop: Crop | None) -> tuple[str, str]:
    return (name, title) if crop is None else (f"{name}-crop", f"{title}, {_CROP}")


def _frechet(
    context: Context, name: str, title: str, network: str, crop: Crop | None = None
) -> FrechetDistance:
    if not context.weights_of("inception-fid").official:
        name, title = name.replace("fid", "frechet"), f"Fréchet distance ({_NOT_OFFICIAL})"
    name, title = _cropped(name, title, crop)
    found = context.feature_network(network)
    return _solved_by(context, FrechetDistance(name, title, found, context.cache, crop=crop))


def _kernel(context: Context, crop: Crop | None = None) -> KernelDistance:
    official = context.weights_of("inception-fid").official
    name, title = ("kid", "KID") if official else ("kernel", f"Kernel distance ({_NOT_OFFICIAL})")
    name, title = _cropped(name, title, crop)
    network = context.feature_network("inception")
    return KernelDistance(name, title, network, context.cache, crop=crop)
