"""Precision, recall, density and coverage: how two sets of features lie among each other's neighbours.

A feature vector's ball reaches to its k-th nearest neighbour of the same set. With n real and m
generated vectors (Kynkäänniemi et al. 2019 for the first two, Naeem et al. 2020 for the others):

| score | is |
| --- | --- |
| precision | share of generated vectors in any real vector's ball |
| recall | share of real vectors in any generated vector's ball |
| density | real balls that hold a generated vector, on average over them, divided by k |
| coverage | share of real vectors whose ball holds a generated vector |

Balls are open, as in the package of Naeem et al. (`prdc`). In a benchmark of edits a result and the image
before the edit are no independent vectors: a method that changes little has precision near 1.

Intervals leave a scene out at a time, on both sides. In a simulation of Gaussian sets of 40 and of 150
scenes 95 % intervals held the expected value in 97 to 99.5 % of the cases: they are on the wide side.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput
from bench.core.identity import Record
from bench.metrics.context import Context
from bench.metrics.estimate import Estimate, Score
from bench.metrics.facts import ScoreInfo
from bench.metrics.features import (
    NOT_PAIRED,
    FeatureMetric,
    FeatureSets,
    Float32,
    Float64,
    Int64,
)

if TYPE_CHECKING:
    import pandas as pd

    from bench.networks.feature_network import RememberedNetwork

__all__ = ["Neighbourhoods", "Neighbours", "prdc"]

SCORES = ("precision", "recall", "density", "coverage")


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """Distances within and between two sets, from which the four scores follow.

    >>> draw = np.random.default_rng(0)
    >>> found = Neighbourhoods.of(draw.normal(size=(50, 4)), draw.normal(size=(40, 4)) + 9, k=5)
    >>> found.scores().tolist()  # sets far apart
    [0.0, 0.0, 0.0, 0.0]

    Attributes:
        real: float64 [n,n], squared distances between real vectors, infinite on the diagonal.
        fake: float64 [m,m], the same of generated ones.
        across: float64 [n,m].
        k: which neighbour a ball reaches to.
    """

    real: Float64
    fake: Float64
    across: Float64
    k: int

    @classmethod
    def of(cls, real: NDArray[np.floating], fake: NDArray[np.floating], k: int) -> Neighbourhoods:
        """The distances of `real` [n,d] and `fake` [m,d].

        Raises:
            ValueError: where a set has no k-th neighbour, or a number is not finite.
        """
        if min(len(real), len(fake)) <= k:
            raise ValueError(
                f"{min(len(real), len(fake))} images have no {_ordinal(k)} nearest neighbour: it "
                f"takes {k + 1} on each side"
            )
        one, two = (np.asarray(side, np.float64) for side in (real, fake))
        if not (np.isfinite(one).all() and np.isfinite(two).all()):
            raise ValueError("a feature is not a finite number")
        within_real, within_fake = _squared(one, one), _squared(two, two)
        np.fill_diagonal(within_real, np.inf)
        np.fill_diagonal(within_fake, np.inf)
        return cls(within_real, within_fake, _squared(one, two), k)

    def scores(self) -> Float64:
        """float64 [4]: precision, recall, density, coverage."""
        real, fake = (_radii(within, self.k) for within in (self.real, self.fake))
        in_real = self.across < real[:, None]
        in_fake = self.across < fake[None, :]
        return np.array(
            [
                in_real.any(axis=0).mean(),
                in_fake.any(axis=1).mean(),
                in_real.sum(axis=0).mean() / self.k,
                in_real.any(axis=1).mean(),
            ]
        )

    def without(self, codes: Int64) -> Float64:
        """float64 [scenes,4]: the scores without each scene's rows on both sides.

        Only balls that reached to a row of the scene grow, so only those are looked at anew. A scene
        that leaves fewer than k + 1 rows has nan.

        Args:
            codes: int64 [n], the scene of row i in both sets, as a number from 0 on (n = m).
        """
        scenes = int(codes.max()) + 1
        most = int(np.bincount(codes).max())
        real, fake = (_Balls.of(within, self.k, most, codes) for within in (self.real, self.fake))
        in_real = self.across < real.radii[:, None]
        in_fake = self.across < fake.radii[None, :]
        # How many balls hold each vector; without a scene these change in few places.
        held_fake, held_real = in_real.sum(axis=0), in_fake.sum(axis=1)
        holds = in_real.sum(axis=1)
        found = np.full((scenes, 4), np.nan)
        for scene in range(scenes):
            own = codes == scene
            rest = np.flatnonzero(~own)
            if rest.size <= self.k:
                continue
            grown_real, grown_fake = real.grown(scene, own), fake.grown(scene, own)
            more_real = (self.across[grown_real[0]] < grown_real[1][:, None]) ^ in_real[
                grown_real[0]
            ]
            more_fake = (self.across[:, grown_fake[0]] < grown_fake[1]) ^ in_fake[:, grown_fake[0]]
            in_balls = held_fake - in_real[own].sum(axis=0) + more_real.sum(axis=0)
            real_in = held_real - in_fake[:, own].sum(axis=1) + more_fake.sum(axis=1)
            holding = holds - in_real[:, own].sum(axis=1)
            holding[grown_real[0]] += more_real[:, rest].sum(axis=1)
            found[scene] = (
                (in_balls[rest] > 0).mean(),
                (real_in[rest] > 0).mean(),
                in_balls[rest].mean() / self.k,
                (holding[rest] > 0).mean(),
            )
        return found


@dataclass(frozen=True, eq=False)
class _Balls:
    """Each vector's nearest neighbours of its own set, as far as a scene's loss can move the k-th.

    Attributes:
        order: int64 [n,k+most], neighbours from near to far.
        squared: float64 [n,k+most], their squared distances.
        codes: int64 [n], scenes.
        k: which neighbour a ball reaches to.
    """

    order: Int64
    squared: Float64
    codes: Int64
    k: int

    @classmethod
    def of(cls, within: Float64, k: int, most: int, codes: Int64) -> _Balls:
        count = min(k + most, len(within) - 1)
        near = np.argpartition(within, count - 1, axis=1)[:, :count]
        squared = np.take_along_axis(within, near, axis=1)
        turn = np.argsort(squared, axis=1, kind="stable")
        return cls(
            np.take_along_axis(near, turn, axis=1),
            np.take_along_axis(squared, turn, axis=1),
            codes,
            k,
        )

    @property
    def radii(self) -> Float64:
        """float64 [n], squared."""
        return np.asarray(self.squared[:, self.k - 1])

    def grown(self, scene: int, own: NDArray[np.bool_]) -> tuple[Int64, Float64]:
        """The rows of other scenes that had one of `scene` among their k nearest, and their new radii."""
        gone = self.codes[self.order] == scene
        rows = np.flatnonzero(gone[:, : self.k].any(axis=1) & ~own)
        left = np.cumsum(~gone[rows], axis=1)
        at = (left == self.k).argmax(axis=1)
        return rows, self.squared[rows, at]


class Neighbours(FeatureMetric):
    """Precision, recall, density and coverage through one feature network.

    Args:
        network: the feature network; the scores' names end in its own.
        k: which neighbour a ball reaches to.
        cache: the folder of the reference cache, or None.
    """

    family = "prdc"

    def __init__(self, network: RememberedNetwork, k: int, cache: Path | None = None) -> None:
        super().__init__(f"prdc-{network.label}", f"Neighbours ({network.title})", network, cache)
        self.k = k

    @property
    def scores(self) -> tuple[ScoreInfo, ...]:
        """Four scores, higher is better in all."""
        return tuple(
            ScoreInfo(
                name=f"{score}-{self.network.label}",
                title=f"{score.capitalize()} ({self.network.title})",
                family=score,
                better="higher",
                against=self.against,
                summary="set",
                margin=0.05,
                margin_kind="absolute",
                floor=0.0,
                ceiling=None if score == "density" else 1.0,
            )
            for score in SCORES
        )

    def definition(self) -> Record:
        """Formula, k and feature network."""
        return {
            "formula": "precision, recall (Kynkaanniemi et al. 2019), density, coverage (Naeem et "
            "al. 2020), open balls",
            "k": self.k,
            **self.looks(),
            "real": "the pictures before the edit",
        }

    def estimates(self, samples: pd.DataFrame, references: pd.DataFrame) -> list[Estimate]:
        """The four scores with their leave-one-scene-out values."""
        try:
            sets = self.sets(samples, references)
            found = Neighbourhoods.of(sets.real, sets.fake, self.k)
        except ValueError as error:
            return [
                Estimate(name, None, n=len(samples), reason=str(error)) for name in self.score_names
            ]
        columns = found.without(sets.codes).T
        return [
            self._estimate(score, float(value), replicates, sets)
            for score, value, replicates in zip(self.scores, found.scores(), columns)
        ]

    def _estimate(
        self, score: ScoreInfo, value: float, replicates: Float64, sets: FeatureSets
    ) -> Estimate:
        """One score; a share that stays what it is without any scene says nothing of its spread."""
        known = bool(np.isfinite(replicates).all())
        moves = known and bool((replicates != replicates[0]).any())
        return Estimate(
            score.name,
            value,
            n=len(sets.codes),
            scenes=sets.scenes,
            kind="jackknife",
            replicates=replicates if moves else None,
            interval="jackknife over scenes, both sides",
            floor=score.floor,
            ceiling=score.ceiling,
            reason="no interval: no scene alone moves it" if known and not moves else "",
        )

    def unpaired(self, real: Float32, fake: Float32) -> list[Score]:
        """The four scores of sets of any sizes."""
        try:
            values = Neighbourhoods.of(real, fake, self.k).scores()
        except ValueError as error:
            return [Score(name, None, n=len(fake), reason=str(error)) for name in self.score_names]
        return [
            Score(name, float(value), n=len(fake), reason=NOT_PAIRED)
            for name, value in zip(self.score_names, values)
        ]


def prdc(context: Context, network: str = "inception", k: int = 5) -> Neighbours:
    """Precision, recall, density and coverage, as `precision-NETWORK` and so on.

    Args:
        context: where weights are.
        network: the feature network's name.
        k: which neighbour a ball reaches to: 3 in Kynkäänniemi et al., 5 in Naeem et al.

    Raises:
        BadInput: where k is below 1.
        Unavailable: where the network's weights are not here.
    """
    if k < 1:
        raise BadInput(f"metric 'prdc': k is {k}; expected a number from 1 on")
    return Neighbours(context.feature_network(network), k, context.cache)


def _squared(one: Float64, two: Float64) -> Float64:
    """Squared distances [n,m], exactly 0 between equal vectors."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(one, two, "sqeuclidean"))


def _radii(within: Float64, k: int) -> Float64:
    return np.asarray(np.partition(within, k - 1, axis=1)[:, k - 1])


def _ordinal(k: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(k, f"{k}th")
