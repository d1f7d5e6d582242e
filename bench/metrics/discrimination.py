"""P-IDS and U-IDS: how well a linear classifier tells results from real images by their features.

Zhao et al. 2021 ("Large scale image completion via co-modulated generative adversarial networks",
section 4): a linear SVM is fitted to the features of all real and all generated images. U-IDS is the
share that it gets wrong; P-IDS the share of pairs in which it takes the result for more real than its
own real image. Both are best at 0.5 and above; 0 means that every result is told apart. A result that
is its real image is no more real than it, so P-IDS of unchanged images is 0 too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.core.identity import Record
from bench.metrics.context import Context
from bench.metrics.estimate import Estimate, Score
from bench.metrics.facts import Better, ScoreInfo
from bench.metrics.features import NOT_PAIRED, FeatureMetric, Float32, Float64

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from bench.networks.feature_network import RememberedNetwork

__all__ = ["Discrimination", "decisions", "ids"]

_OWN_SET = "no interval: the classifier is fitted to the whole set"


def decisions(real: NDArray[np.floating], fake: NDArray[np.floating]) -> tuple[Float64, Float64]:
    """How real a linear SVM takes each image to be: float64 [n] and [m], above 0 = real.

    The SVM minimises |w|^2 / 2 + b^2 / 2 + sum max(0, 1 - y (w.x + b))^2, liblinear's L2-regularised squared
    hinge loss with C = 1, which is what Zhao et al. use. The minimum is unique; Newton's method finds it
    in the span of the images, so that many features cost nothing.

    >>> near, far = decisions(np.array([[1.0], [2.0]]), np.array([[-1.0], [-2.0]]))
    >>> bool((near > 0).all() and (far < 0).all())
    True

    Args:
        real: [n,d].
        fake: [m,d].

    Raises:
        ValueError: where a set is empty, or a number is not finite.
    """
    if not len(real) or not len(fake):
        raise ValueError("a classifier takes images on both sides")
    rows = np.concatenate([real, fake]).astype(np.float64)
    if not np.isfinite(rows).all():
        raise ValueError("a feature is not a finite number")
    rows = np.column_stack([rows, np.ones(len(rows))])
    signs = np.concatenate([np.ones(len(real)), -np.ones(len(fake))])
    found = rows @ _weights(rows, signs)
    return found[: len(real)], found[len(real) :]


def _weights(rows: Float64, signs: Float64) -> Float64:
    """The minimum over w [d] of |w|^2 / 2 + sum max(0, 1 - y x.w)^2, by Newton steps.

    The loss is quadratic as long as the same rows are within the margin, so a full step that keeps
    them ends at the minimum; otherwise the step is halved until the loss falls enough.
    """
    weights = np.zeros(rows.shape[1])
    loss, slack = _loss(rows, signs, weights)
    for _ in range(200):
        inside = slack > 0
        gradient = weights - 2 * rows[inside].T @ (signs * slack)[inside]
        if np.linalg.norm(gradient) <= 1e-9 * max(1.0, float(np.linalg.norm(weights))):
            break
        step = _solve(rows[inside], gradient)
        size, slope = 1.0, float(gradient @ step)
        while True:
            trial = weights - size * step
            after, slack_after = _loss(rows, signs, trial)
            if after <= loss - 1e-4 * size * slope or size < 1e-10:
                break
            size /= 2
        weights, loss, slack = trial, after, slack_after
    return weights


def _loss(rows: Float64, signs: Float64, weights: Float64) -> tuple[float, Float64]:
    slack = np.maximum(0.0, 1 - signs * (rows @ weights))
    return float(weights @ weights / 2 + slack @ slack), slack


def _solve(rows: Float64, gradient: Float64) -> Float64:
    """(I + 2 X^T X)^-1 g of X [k,d], over the smaller of k and d (Woodbury)."""
    count, width = rows.shape
    if width <= count:
        return np.asarray(np.linalg.solve(np.eye(width) + 2 * rows.T @ rows, gradient))
    small = np.eye(count) / 2 + rows @ rows.T
    return np.asarray(gradient - rows.T @ np.linalg.solve(small, rows @ gradient))


class Discrimination(FeatureMetric):
    """P-IDS and U-IDS through one feature network.

    Args:
        network: the feature network; the scores' names end in its own.
        cache: the folder of the reference cache, or None.
    """

    family = "ids"
    better: ClassVar[Better] = "higher"
    orders_canaries: ClassVar[bool] = False  # unchanged images are ties, P-IDS 0

    def __init__(self, network: RememberedNetwork, cache: Path | None = None) -> None:
        super().__init__(f"ids-{network.label}", f"IDS ({network.title})", network, cache)

    @property
    def scores(self) -> tuple[ScoreInfo, ...]:
        """P-IDS and U-IDS, higher is better in both."""
        return tuple(
            ScoreInfo(
                name=f"{name.lower()}-{self.network.label}",
                title=f"{name} ({self.network.title})",
                family=name.lower(),
                better="higher",
                against=self.against,
                summary="set",
                margin=0.05,
                margin_kind="absolute",
                floor=0.0,
                ceiling=1.0,
            )
            for name in ("P-IDS", "U-IDS")
        )

    def definition(self) -> Record:
        """Formula and feature network."""
        return {
            "formula": "paired and unpaired inception discriminative score (Zhao et al. 2021), linear "
            "SVM, squared hinge loss, C = 1, intercept regularised",
            **self.looks(),
            "real": "the pictures before the edit",
        }

    def estimates(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Estimate]:
        """Both shares, without an interval."""
        try:
            sets = self.sets(samples, references)
            real, fake = decisions(sets.real, sets.fake)
        except ValueError as error:
            return [
                Estimate(name, None, n=len(samples), reason=str(error)) for name in self.score_names
            ]
        values = (float((fake > real).mean()), _wrong(real, fake))
        return [
            Estimate(name, value, n=len(fake), scenes=sets.scenes, reason=_OWN_SET)
            for name, value in zip(self.score_names, values)
        ]

    def unpaired(self, real: Float32, fake: Float32) -> list[Score]:
        """U-IDS alone: P-IDS is of pairs."""
        paired, unpaired = self.score_names
        none = Score(paired, None, n=len(fake), reason="it is a share of pairs")
        try:
            value = _wrong(*decisions(real, fake))
        except ValueError as error:
            return [none, Score(unpaired, None, n=len(fake), reason=str(error))]
        return [none, Score(unpaired, value, n=len(fake), reason=NOT_PAIRED)]


def ids(context: Context, network: str = "inception") -> Discrimination:
    """P-IDS and U-IDS, as `p-ids-NETWORK` and `u-ids-NETWORK`; the paper's are through Inception.

    Args:
        context: where weights are.
        network: the feature network's name.

    Raises:
        Unavailable: where the network's weights are not here.
    """
    return Discrimination(context.feature_network(network), context.cache)


def _wrong(real: Float64, fake: Float64) -> float:
    """The share that falls on the wrong side; liblinear takes 0 for the second class."""
    return float(np.concatenate([real <= 0, fake > 0]).mean())
