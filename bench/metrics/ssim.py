"""Structural similarity in three definitions that papers have used under one name.

`ssim` is Wang's (Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment", 2004): Gaussian
window 11x11 with sigma 1.5, population moments, data range 255, on luma (ITU-R BT.601) unless the
option `planes: rgb` asks for the mean of the three channels. `ssim-sesame` and `ssim-sean` are what
those authors' scripts computed (docs/protocol/generation.md, A.6 and C.7): uniform 7x7 window, sample
moments, and a data range of 2, which for SEAN's images in [0,1] is twice the true one.
"""

from __future__ import annotations

import abc
import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from bench.core.device import fast_float64
from bench.core.identity import Record
from bench.core.threads import side_by_side
from bench.core.transfers import ToHost, to_device
from bench.metrics.context import Context
from bench.metrics.facts import Better, MarginKind, Region
from bench.metrics.metric import Columns, PerEdit, PreparedReferences, References
from bench.networks.batches import batch_shape, fixed_batches, in_turn
from bench.scene import UInt8

if TYPE_CHECKING:
    from torch import Tensor

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

Plane = Any
"""Float64: an array [H,W] on the host, or a tensor [B,H,W] on an accelerator."""

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

    def mean(self, plane: Plane) -> Plane:
        """Local means; the border is mirrored with the edge pixel repeated."""
        if not isinstance(plane, np.ndarray):
            down, across = (
                _averaging(self.taps, side, str(plane.device)) for side in plane.shape[-2:]
            )
            return down @ plane @ across.T
        from scipy import ndimage

        taps = np.asarray(self.taps)
        rows = ndimage.correlate1d(plane, taps, axis=0, mode="reflect")
        return ndimage.correlate1d(rows, taps, axis=1, mode="reflect")


_MOST = 16
"""Pairs in a batch on an accelerator: their planes in float64 are large."""


@functools.lru_cache(maxsize=16)
def _averaging(taps: tuple[float, ...], side: int, device: str) -> Tensor:
    """The float64 [side,side] that takes local means along a side, its border mirrored."""
    import torch

    matrix = np.zeros((side, side))
    rows = np.arange(side)
    for offset, tap in enumerate(taps, -(len(taps) // 2)):
        at = (rows + offset) % (2 * side)
        matrix[rows, np.where(at < side, at, 2 * side - 1 - at)] += tap
    return torch.from_numpy(matrix).to(device)


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
    """One image's plane with its local mean and variance."""

    plane: Plane
    mean: Plane
    variance: Plane


def _side(plane: Plane, window: Window) -> _Side:
    mean = window.mean(plane)
    variance = window.unbias * (window.mean(plane * plane) - mean * mean)
    return _Side(plane, mean, variance)


def _map(one: _Side, two: _Side, window: Window, data_range: float) -> Plane:
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    product = one.mean * two.mean
    covariance = window.unbias * (window.mean(one.plane * two.plane) - product)
    top = (2 * product + c1) * (2 * covariance + c2)
    bottom = (one.mean**2 + two.mean**2 + c1) * (one.variance + two.variance + c2)
    return top / bottom


def ssim_map(one: Float64, two: Float64, window: Window, data_range: float) -> Float64:
    """The similarity at every pixel, float64 [H,W] in [-1,1], of two planes [H,W].

    >>> plane = np.random.default_rng(0).random((16, 16)) * 255
    >>> float(ssim_map(plane, plane, gaussian_window(), 255).min())
    1.0
    """
    similarity: Float64 = _map(_side(one, window), _side(two, window), window, data_range)
    return similarity


class _Similarity(PerEdit):
    """SSIM of planes taken from an image; the reference side's moments are computed once."""

    family = "ssim"
    better: ClassVar[Better] = "higher"
    margin: ClassVar[float] = 0.005
    margin_kind: ClassVar[MarginKind] = "absolute"
    floor: ClassVar[float | None] = -1.0
    ceiling: ClassVar[float | None] = 1.0
    window: ClassVar[Window]
    data_range: ClassVar[float]
    formula: str

    def __init__(self, context: Context | None = None) -> None:
        super().__init__(context)
        device = "cpu" if context is None else context.device
        self.device = device if fast_float64(device) else "cpu"

    @abc.abstractmethod
    def planes(self, image: Plane) -> list[Plane]:
        """The planes [H,W] on which an image [H,W,3] of grey levels in float64 is compared."""

    def definition(self) -> Record:
        """Window, data range and what the similarity is computed on."""
        return {
            "formula": self.formula,
            "window": f"{len(self.window.taps)}x{len(self.window.taps)}",
            "data_range": self.data_range,
            "summary": "mean over edits",
        }

    def prepare(self, references: References) -> PreparedReferences:
        """Local means and variances of the ground truth images, kept in memory.

        On an accelerator they are made where they are needed, which is faster than to keep them.
        """
        if self.device != "cpu":
            return PreparedReferences()
        return PreparedReferences(
            memory=side_by_side(self._sides, list(references.images)), by_edit=True
        )

    def measure(
        self, references: References, prepared: PreparedReferences, results: UInt8
    ) -> Columns:
        """One number per edit and shown region."""
        if self.device == "cpu":
            edits = [*zip(prepared.memory, results, references.mask)]
            values = side_by_side(self._values, edits)
        else:
            values = self._values_on(references, results)
        return {score.name: [row[i] for row in values] for i, score in enumerate(self.scores)}

    def _sides(self, image: UInt8) -> list[_Side]:
        return [_side(plane, self.window) for plane in self.planes(image.astype(np.float64))]

    def _values(self, edit: tuple[list[_Side], UInt8, NDArray[np.bool_]]) -> list[float]:
        """A reference's sides, a result and a mask: one number per region."""
        sides, result, mask = edit
        similarity = self._similarity(sides, self._sides(result))
        regions = [
            similarity[mask] if score.region == "mask" else self._inner(similarity)
            for score in self.scores
        ]
        return [float(region.mean()) if region.size else math.nan for region in regions]

    def _similarity(self, one: list[_Side], two: list[_Side]) -> Plane:
        """The mean of the planes' maps."""
        maps = [_map(*sides, self.window, self.data_range) for sides in zip(one, two)]
        return maps[0] if len(maps) == 1 else sum(maps[1:], maps[0]) / len(maps)

    def _values_on(self, references: References, results: UInt8) -> list[list[float]]:
        """The same of every edit, on an accelerator: within 1e-12."""
        import torch

        found = []
        size = batch_shape(self.device, _MOST)
        batches = [
            fixed_batches(each, size) for each in (references.images, results, references.mask)
        ]
        for (one, count), (two, _), (mask, _) in zip(*batches):
            with in_turn():
                sides = [
                    [
                        _side(plane, self.window)
                        for plane in self.planes(to_device(images, self.device).double())
                    ]
                    for images in (one, two)
                ]
                similarity = self._similarity(*sides)
                region = to_device(mask, self.device)
                means = [
                    (similarity * region).sum((1, 2)) / region.sum((1, 2))
                    if score.region == "mask"
                    else self._inner(similarity).mean((1, 2))
                    for score in self.scores
                ]
                found.append((ToHost(torch.stack(means, dim=1)), count))
        return [row for means, count in found for row in means.array()[:count].tolist()]

    def _inner(self, similarity: Plane) -> Plane:
        """Where the whole window lies inside the image, as Wang and scikit-image take it."""
        reach = self.window.reach
        return similarity[..., reach:-reach, reach:-reach]


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

    def planes(self, image: Plane) -> list[Plane]:
        """Luma, or three channels, in 0..255."""
        return [_weighted(image, BT601)] if self.on == "luma" else _channels(image)


class SSIMSesame(_Similarity):
    """SESAME's SSIM: grey images in [-1,1], the mean of the map inside the masked region only."""

    name = "ssim-sesame"
    title = "SSIM (SESAME)"
    regions: ClassVar[tuple[Region, ...]] = ("mask",)
    window = uniform_window()
    data_range = 2.0
    formula = "uniform window, sample moments, on BT.709 grey in [-1,1], mean inside the hole"

    def planes(self, image: Plane) -> list[Plane]:
        """Grey in [-1,1]."""
        return [_weighted(image / 127.5 - 1, BT709)]


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

    def planes(self, image: Plane) -> list[Plane]:
        """Three channels in [0,1]."""
        return [plane / 255 for plane in _channels(image)]


def _weighted(image: Plane, weights: tuple[float, ...]) -> Plane:
    if isinstance(image, np.ndarray):
        return image @ np.asarray(weights)
    return image @ _on(str(image.device), weights)


@functools.lru_cache(maxsize=16)
def _on(device: str, weights: tuple[float, ...]) -> Tensor:
    import torch

    return torch.tensor(weights, dtype=torch.float64).to(device)


def _channels(image: Plane) -> list[Plane]:
    return [image[..., channel] for channel in range(3)]
