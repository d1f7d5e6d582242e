"""The Fréchet distance between Gaussians fitted to two feature sets, and its leave-one-out values.

d^2 = |m1 - m2|^2 + Tr C1 + Tr C2 - 2 Tr (C1 C2)^(1/2), covariances over n - 1 (Heusel et al. 2017).
With any factors C1 = F1 F1^T and C2 = F2 F2^T the last trace is the nuclear norm of F1^T F2, so no
matrix root is ever taken: below d samples F is the centred sample matrix itself and the norm is
exact; from d samples on F is the Cholesky factor (or scaled eigenvectors where the covariance is
singular).

Leaving scenes out: exactly from three Gram matrices for few samples, to first order for many. In the
first order everything is exact but the root, whose change is Tr(T dC) / 2 with T the optimal map
between the Gaussians; T is only needed between samples, where it is U S U^T of one SVD.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.core.device_faults import device_fault
from bench.core.threads import side_by_side

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "EXACT_SAMPLES",
    "frechet_distance",
    "leave_one_out",
    "load_solver",
    "with_leave_one_out",
]

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

EXACT_SAMPLES = 256
"""Up to this many samples a side leave-one-out is exact (about a second), beyond to first order."""


@dataclass(frozen=True, eq=False)
class _Gaussian:
    """A fitted Gaussian: n samples, mean [d], centred samples [n,d], trace of the covariance."""

    mean: Float64
    centred: Float64

    @property
    def n(self) -> int:
        return len(self.centred)

    @property
    def trace(self) -> float:
        return float(np.sum(self.centred * self.centred)) / (self.n - 1)


def _fit(features: NDArray[np.floating]) -> _Gaussian:
    wide = np.asarray(features, dtype=np.float64)
    mean = wide.mean(axis=0)
    return _Gaussian(mean, wide - mean)


def frechet_distance(
    real: NDArray[np.floating], fake: NDArray[np.floating], device: str = "cpu"
) -> float:
    """The squared Fréchet distance between Gaussians fitted to `real` [n,d] and `fake` [m,d].

    Args:
        real: [n,d].
        fake: [m,d].
        device: where the matrices are decomposed, in float64; an accelerator is used from a thousand
            samples on, and gives the same to 1e-8.

    >>> real = np.random.default_rng(0).normal(size=(50, 4))
    >>> round(frechet_distance(real, real + 1), 6)  # only the means differ, by 1 in 4 directions
    4.0

    Raises:
        ValueError: with fewer than two samples on a side, or features that are not numbers.
    """
    _check(real, fake)
    return _distance(_Pair.of(real, fake, device))


def with_leave_one_out(
    real: NDArray[np.floating], fake: NDArray[np.floating], codes: Int64, device: str = "cpu"
) -> tuple[float, Float64]:
    """`frechet_distance` and `leave_one_out` together, which share what is dear.

    Raises:
        ValueError: as either.
    """
    _check(real, fake)
    _check_codes(codes)
    pair = _Pair.of(real, fake, device)
    value = _distance(pair)
    if len(fake) <= EXACT_SAMPLES:
        return value, _exact(real, fake, codes)
    return value, _first_order(pair, codes)


def leave_one_out(real: NDArray[np.floating], fake: NDArray[np.floating], codes: Int64) -> Float64:
    """The distance without each scene: float64 [scenes].

    Args:
        real: [n,d]; row i is of the same scene as row i of `fake`.
        fake: [n,d].
        codes: int64 [n], each row's scene as a number in 0..scenes-1.

    Raises:
        ValueError: as `frechet_distance`, or where fewer than two samples would be left.
    """
    _check(real, fake)
    _check_codes(codes)
    if len(fake) <= EXACT_SAMPLES:
        return _exact(real, fake, codes)
    return _first_order(_Pair.of(real, fake, "cpu"), codes)


def load_solver(device: str) -> None:
    """Loads the libraries that decompose matrices on a device, which takes a GPU up to seconds."""
    few = _fit(np.eye(8, 4))
    _distance(_Pair(few, few, device))


def _check(real: NDArray[np.floating], fake: NDArray[np.floating]) -> None:
    for side, features in (("real", real), ("generated", fake)):
        if len(features) < 2:
            raise ValueError(f"{len(features)} {side} images, but a covariance takes two")
        if not np.isfinite(features).all():
            raise ValueError(f"the features of the {side} images are not all numbers")


def _check_codes(codes: Int64) -> None:
    if codes.size - int(np.bincount(codes).max()) < 2:
        raise ValueError("leaving out one scene must leave at least two samples")


@dataclass(frozen=True, eq=False)
class _Pair:
    """Both sides' Gaussians, and what of their covariances is decomposed once."""

    fake: _Gaussian
    real: _Gaussian
    device: str

    @classmethod
    def of(cls, real: NDArray[np.floating], fake: NDArray[np.floating], device: str) -> _Pair:
        small = min(real.shape[1], len(real), len(fake)) < _LARGE
        return cls(_fit(fake), _fit(real), "cpu" if small else device)

    @cached_property
    def factors(self) -> tuple[Float64, Float64]:
        """F of either side, on the host."""
        return _factor(self.fake), _factor(self.real)

    @cached_property
    def on_device(self) -> tuple[float, Float64, Float64] | None:
        """Root and root coordinates from an accelerator; None where the host finds them.

        It finds the same, also where the accelerator fails: the features are all here.
        """
        if self.device == "cpu":
            return None
        import torch

        try:
            return _roots_on(self.device, self.fake, self.real)
        except RuntimeError as error:
            unsolved = torch.linalg.LinAlgError  # type: ignore[attr-defined]  # PyTorch documents it
            if device_fault(error) or isinstance(error, unsolved):
                return None
            raise


def _distance(pair: _Pair) -> float:
    gap = pair.fake.mean - pair.real.mean
    if pair.on_device is None:
        first, second = pair.factors
        root = float(_spectrum(first.T @ second).sum())
    else:
        root = pair.on_device[0]
    traces = pair.fake.trace + pair.real.trace
    return float(_beyond_rounding(float(gap @ gap) + traces - 2 * root, traces))


def _factor(gaussian: _Gaussian) -> Float64:
    """F [d,r] with F F^T the covariance."""
    from scipy import linalg

    n, d = gaussian.centred.shape
    if n < d:
        return np.asarray(gaussian.centred.T / np.sqrt(n - 1))
    covariance = gaussian.centred.T @ gaussian.centred / (n - 1)
    try:
        lower: Float64 = linalg.cholesky(covariance, lower=True)
    except linalg.LinAlgError:
        values, vectors = linalg.eigh(covariance)
        kept = values > values[-1] * d * np.finfo(np.float64).eps
        return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))
    return lower


def _spectrum(product: Float64) -> Float64:
    """The singular values of `product`.

    From a thousand on, as roots of the smaller Gram matrix's eigenvalues: twice as fast, to 1e-9.
    """
    from scipy import linalg

    if min(product.shape) < _LARGE:
        return np.asarray(linalg.svdvals(product, check_finite=False))
    square = product @ product.T if product.shape[0] <= product.shape[1] else product.T @ product
    return np.asarray(np.sqrt(np.maximum(linalg.eigvalsh(square, check_finite=False), 0)))


_LARGE = 1000


def _beyond_rounding(distance: Float64 | float, traces: Float64 | float) -> Float64:
    """The distance, or 0 where it is too small a difference of the traces to be anything but rounding.

    Identical sets so have the same score on every machine, whatever its linear algebra rounds.
    """
    return np.where(np.asarray(distance) <= _ROUNDING * np.asarray(traces), 0.0, distance)


_ROUNDING = 1e-9


def _exact(real: NDArray[np.floating], fake: NDArray[np.floating], codes: Int64) -> Float64:
    grams = _Grams.of(real, fake)

    def without(scene: int) -> float:
        kept = codes != scene
        return grams.distance(kept)

    return np.asarray(side_by_side(without, range(int(codes.max()) + 1)))


@dataclass(frozen=True, eq=False)
class _Grams:
    """Inner products of all samples: fake with fake [m,m], fake with real [m,n], real with real."""

    fake: Float64
    cross: Float64
    real: Float64

    @classmethod
    def of(cls, real: NDArray[np.floating], fake: NDArray[np.floating]) -> _Grams:
        # A shift of both sets changes no distance and keeps the inner products small.
        shift = np.asarray(real, dtype=np.float64).mean(axis=0)
        one, two = fake - shift, real - shift
        return cls(one @ one.T, one @ two.T, two @ two.T)

    def distance(self, kept: NDArray[np.bool_]) -> float:
        """The Fréchet distance between the rows that are kept on both sides."""
        import torch

        one = self.fake[np.ix_(kept, kept)]
        two = self.real[np.ix_(kept, kept)]
        cross = self.cross[np.ix_(kept, kept)]
        m, n = cross.shape
        gap = one.mean() - 2 * cross.mean() + two.mean()
        traces = (np.trace(one) - m * one.mean()) / (m - 1)
        traces += (np.trace(two) - n * two.mean()) / (n - 1)
        centred = cross - cross.mean(axis=0) - cross.mean(axis=1)[:, None] + cross.mean()
        # SciPy's would be faster for one matrix, but lets no other thread work meanwhile.
        values = torch.linalg.svdvals(torch.from_numpy(centred))
        root = float(values.sum()) / np.sqrt((m - 1) * (n - 1))
        return float(_beyond_rounding(gap + traces - 2 * root, traces))


def _first_order(pair: _Pair, codes: Int64) -> Float64:
    one, two = pair.fake, pair.real
    weights_one, weights_two = (
        _root_coordinates(pair) if pair.on_device is None else pair.on_device[1:]
    )
    left = _without(one, weights_one, codes)
    right = _without(two, weights_two, codes)
    gap = left.mean - right.mean
    traces = left.trace + right.trace
    distance = np.sum(gap * gap, axis=-1) + traces - left.root - right.root
    return _beyond_rounding(distance, traces)


def _root_coordinates(pair: _Pair) -> tuple[Float64, Float64]:
    """Rows P1 [n1,r], P2 [n2,r]: inner products of rows are what T makes of two samples.

    P1 P1^T = A T A^T with A the samples over sqrt(n - 1) and T the map from C1 to C2; likewise P2.
    """
    from scipy import linalg

    first, second = pair.factors
    left, values, right = linalg.svd(first.T @ second, full_matrices=False, check_finite=False)
    scale = np.sqrt(values)
    return (
        _samples_in(pair.fake, first) @ (left * scale),
        _samples_in(pair.real, second) @ (right.T * scale),
    )


def _samples_in(gaussian: _Gaussian, factor: Float64) -> Float64:
    """The samples over sqrt(n - 1) in a factor's coordinates: Q [n,r] with F Q^T the samples."""
    from scipy import linalg

    n, d = gaussian.centred.shape
    if n < d:
        return np.eye(n)
    samples = gaussian.centred.T / np.sqrt(n - 1)
    if np.triu(factor, 1).any():  # scaled eigenvectors, whose columns are orthogonal
        return np.asarray((factor.T @ samples / np.sum(factor * factor, axis=0)[:, None]).T)
    return np.asarray(linalg.solve_triangular(factor, samples, lower=True).T)


def _roots_on(device: str, one: _Gaussian, two: _Gaussian) -> tuple[float, Float64, Float64]:
    """The nuclear norm of F1^T F2, and the rows of `_root_coordinates`, from an accelerator.

    A full decomposition into singular vectors is slow there, eigenvectors are not: the left and the
    right ones come from either Gram matrix. Their signs differ, but only inner products of rows count.
    """
    import torch

    with torch.inference_mode():
        (first, own), (second, others) = (_factor_on(device, side) for side in (one, two))
        product = first.T @ second
        values, left = torch.linalg.eigh(product @ product.T)
        again, right = torch.linalg.eigh(product.T @ product)
        squares = [each.clamp_min_(0) for each in (values, again)]
        rank = min(one.n - 1, two.n - 1, *product.shape)
        for square in squares:  # what is 0 but for rounding would count with the rounding's root
            square[: len(square) - rank] = 0
        rows = [
            coordinates @ (vectors * square**0.25)
            for coordinates, vectors, square in zip((own, others), (left, right), squares)
        ]
        root = squares[0].sqrt().sum()
        return float(root), *(each.cpu().numpy() for each in rows)


def _factor_on(device: str, side: _Gaussian) -> tuple[Tensor, Tensor]:
    """F [d,r] with F F^T the covariance, and the samples in its coordinates [n,r]."""
    import torch

    samples = torch.from_numpy(side.centred).to(device) / (side.n - 1) ** 0.5
    n, d = samples.shape
    if n <= d:
        return samples.T, torch.eye(n, dtype=samples.dtype, device=device)
    covariance = samples.T @ samples
    lower, failed = torch.linalg.cholesky_ex(covariance)
    if not failed:
        inside = torch.linalg.solve_triangular(lower, samples.T, upper=False)
        return lower, inside.T
    values, vectors = torch.linalg.eigh(covariance)
    kept = values > values[-1] * d * torch.finfo(values.dtype).eps
    values, vectors = values[kept], vectors[:, kept]
    return vectors * values.sqrt(), samples @ vectors / values.sqrt()


@dataclass(frozen=True, eq=False)
class _Without:
    """A side without each scene: mean [scenes,d], trace [scenes], half root Tr(T C) [scenes]."""

    mean: Float64
    trace: Float64
    root: Float64


def _without(side: _Gaussian, weights: Float64, codes: Int64) -> _Without:
    n = side.n
    gone = np.bincount(codes)
    left = n - gone
    sums = _sum_by(side.centred, codes)
    return _Without(
        mean=side.mean - sums / left[:, None],
        trace=_downdate(side.centred, sums, codes, left),
        root=(n - 1) * _downdate(weights, _sum_by(weights, codes), codes, left),
    )


def _downdate(rows: Float64, sums: Float64, codes: Int64, left: Int64) -> Float64:
    """The trace of the covariance of `rows` (which sum to 0) without each scene."""
    squares = np.sum(rows * rows, axis=1)
    gone = np.bincount(codes, weights=squares)
    result: Float64 = (squares.sum() - gone - np.sum(sums * sums, axis=1) / left) / (left - 1)
    return result


def _sum_by(rows: Float64, codes: Int64) -> Float64:
    sums = np.zeros((int(codes.max()) + 1, rows.shape[1]))
    if len(sums) == len(rows) and np.bincount(codes).max() == 1:  # which is much faster
        sums[codes] = rows
    else:
        np.add.at(sums, codes, rows)
    return sums
