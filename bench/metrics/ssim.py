"""Structural similarity in three definitions that papers have used under one name.

`ssim` is Wang's (Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment", 2004): Gaussian
window 11x11 with sigma 1.5, population moments, data range 255, on luma (ITU-R BT.601) unless the
option `planes: rgb` asks for the mean of the three channels. `ssim-sesame` and `ssim-sean` are what
those authors' scripts computed (docs/protocol/generation.md, A.6 and C.7): uniform 7x7 window, sample
moments, and a data range of 2, which for SEAN's images in [0,1] is twice the true one.
"""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.metrics.context import Context
from bench.metrics.facts import Better, MarginKind, Region
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.scene import UInt8

__all__ = [
    "SSIM",
    "SSIMSean",
    "SSIMSesame",
    "Window",
    "gaussian_window",
    "ssim_map",
    "uniform_window",
]

Float64 = NDArray[np.float64]

Planes = Literal["luma", "rgb"]

BT601 = (0.299, 0.587, 0.114)
"""Luma weights of ITU-R BT.601, which Wang's own code uses."""

BT709 = (0.2125, 0.7154, 0.0721)
"""Grey weights of scikit-image's rgb2gray (ITU-R BT.709, rounded)."""


@dataclass(frozen=True)
class Window:
    """A separable averaging window.

    `taps` are the weights along one side; `unbias` multiplies variances and covariances (1 for
    population moments, n / (n - 1) for sample moments).
    """

    taps: tuple[float, ...]
    unbias: float = 1.0

    @property
    def reach(self) -> int:
        """Pixels on each side of the centre."""
        return len(self.taps) // 2

    def mean(self, plane: Float64) -> Float64:
        """Local means [H,W]; the border is mirrored with the edge pixel repeated."""
        from scipy import ndimage

        taps = np.asarray(self.taps)
        rows = ndimage.correlate1d(plane, taps, axis=0, mode="reflect")
        blurred: Float64 = ndimage.correlate1d(rows, taps, axis=1, mode="reflect")
        return blurred


def gaussian_window(sigma: float = 1.5, reach: int = 5) -> Window:
    """Wang's window: Gaussian weights that sum to 1, population moments."""
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    return Window(tuple((weights / weights.sum()).tolist()))


def uniform_window(side: int = 7) -> Window:
    """scikit-image's default window: equal weights, sample moments."""
    pixels = side * side
    return Window((1 / side,) * side, unbias=pixels / (pixels - 1))


@dataclass(frozen=True, eq=False)
class _Side:
    """One image's plane with its local mean and variance, all float64 [H,W]."""

    plane: Float64
    mean: Float64
    variance: Float64


def _side(plane: Float64, window: Window) -> _Side:
    mean = window.mean(plane)
    variance = window.unbias * (window.mean(plane * plane) - mean * mean)
    return _Side(plane, mean, variance)


def _map(one: _Side, two: _Side, window: Window, data_range: float) -> Float64:
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    product = one.mean * two.mean
    covariance = window.unbias * (window.mean(one.plane * two.plane) - product)
    top = (2 * product + c1) * (2 * covariance + c2)
    bottom = (one.mean**2 + two.mean**2 + c1) * (one.variance + two.variance + c2)
    similarity: Float64 = top / bottom
    return similarity


def ssim_map(one: Float64, two: Float64, window: Window, data_range: float) -> Float64:
    """The similarity at every pixel, float64 [H,W] in [-1,1], of two planes [H,W].

    >>> plane = np.random.default_rng(0).random((16, 16)) * 255
    >>> float(ssim_map(plane, plane, gaussian_window(), 255).min())
    1.0
    """
    return _map(_side(one, window), _side(two, window), window, data_range)


def _inner_mean(similarity: Float64, reach: int) -> float:
    """The mean where the whole window lies inside the image, as Wang and scikit-image take it."""
    inner = similarity[reach:-reach, reach:-reach]
    return float(inner.mean()) if inner.size else math.nan


class _Similarity(PerEdit):
    """SSIM of planes taken from an image; the reference side's moments are computed once."""

    family = "ssim"
    better: ClassVar[Better] = "higher"
    margin: ClassVar[float] = 0.005
    margin_kind: ClassVar[MarginKind] = "absolute"
    window: ClassVar[Window]
    data_range: ClassVar[float]
    formula: str

    @abc.abstractmethod
    def planes(self, image: UInt8) -> list[Float64]:
        """The planes, float64 [H,W] each, on which a uint8 [H,W,3] image is compared."""

    def definition(self) -> Record:
        """Window, data range and what the similarity is computed on."""
        return {
            "formula": self.formula,
            "window": f"{len(self.window.taps)}x{len(self.window.taps)}",
            "data_range": self.data_range,
            "summary": "mean over edits",
        }

    def prepare(self, references: References) -> PreparedReferences:
        """Local means and variances of the ground truth images, kept in memory."""
        sides = [
            [_side(plane, self.window) for plane in self.planes(image)]
            for image in references.images
        ]
        return PreparedReferences(memory=sides, by_edit=True)

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """One number per edit and shown region."""
        columns: dict[str, list[float]] = {name: [] for name in self.score_names}
        for sides, mask, result in zip(prepared.memory, references.mask, results):
            maps = [
                _map(side, _side(plane, self.window), self.window, self.data_range)
                for side, plane in zip(sides, self.planes(result))
            ]
            similarity = maps[0] if len(maps) == 1 else np.mean(maps, axis=0)
            for score in self.scores:
                columns[score.name].append(self._mean(score.region, similarity, mask))
        return columns

    def _mean(self, region: Region, similarity: Float64, mask: NDArray[np.bool_]) -> float:
        if region == "mask":
            return float(similarity[mask].mean()) if mask.any() else math.nan
        return _inner_mean(similarity, self.window.reach)


class SSIM(_Similarity):
    """Wang's SSIM, over the image (without the window's border) and over the masked region.

    Args:
        context: not looked at.
        planes: "luma" or "rgb", the mean over the three channels' maps.
    """

    name = "ssim"
    title = "SSIM"
    regions: ClassVar[tuple[Region, ...]] = ("image", "mask")
    window = gaussian_window()
    data_range = 255.0

    def __init__(self, context: Context | None = None, planes: Planes = "luma") -> None:
        super().__init__(context)
        self.on = planes
        self.formula = f"Wang 2004, Gaussian sigma 1.5, population moments, on {self.on}"

    def planes(self, image: UInt8) -> list[Float64]:
        """Luma, or three channels, in 0..255."""
        return _luma(image) if self.on == "luma" else _channels(image)


class SSIMSesame(_Similarity):
    """SESAME's SSIM: grey images in [-1,1], the mean of the map inside the masked region only."""

    name = "ssim-sesame"
    title = "SSIM (SESAME)"
    regions: ClassVar[tuple[Region, ...]] = ("mask",)
    window = uniform_window()
    data_range = 2.0
    formula = "uniform window, sample moments, on BT.709 grey in [-1,1], mean inside the hole"

    def planes(self, image: UInt8) -> list[Float64]:
        """Grey in [-1,1]."""
        return [(image.astype(np.float64) / 127.5 - 1) @ np.asarray(BT709)]


class SSIMSean(_Similarity):
    """SEAN's SSIM: images in [0,1] but a data range of 2, mean over channels, whole image.

    The authors name scale and data range (SEAN#5) but not the channels; the mean over R, G and B is
    this project's reading.
    """

    name = "ssim-sean"
    title = "SSIM (SEAN)"
    window = uniform_window()
    data_range = 2.0
    formula = "uniform window, sample moments, on R, G, B in [0,1], mean over channels"

    def planes(self, image: UInt8) -> list[Float64]:
        """Three channels in [0,1]."""
        return [plane / 255 for plane in _channels(image)]


def _luma(image: UInt8) -> list[Float64]:
    return [image.astype(np.float64) @ np.asarray(BT601)]


def _channels(image: UInt8) -> list[Float64]:
    return [image[:, :, channel].astype(np.float64) for channel in range(3)]
