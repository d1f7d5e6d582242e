"""Intervals over scenes: keyed bootstrap weights, the expanded percentile interval, the jackknife.

Edits of one scene are not independent, so whole scenes are resampled or left out. The bootstrap
draws with keyed random words: the same number of scenes gives the same resamples for every metric,
method and machine, which is also what makes differences of two methods *paired*. With few scenes
the plain percentile interval is too narrow; Hesterberg ("What teachers should know about the
bootstrap", 2015, section 4) widens its tail so that it matches Student's t for a mean, and that is
what is done here. Below six scenes there are too few different resamples for such a tail (the widest
of two scenes reach from one to the other and hold the mean in half of the cases), so Student's own
interval is taken, with the bootstrap's standard error.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from masks.streams import Stream

__all__ = [
    "RESAMPLES",
    "agreement_interval",
    "bootstrap_interval",
    "jackknife_interval",
    "scene_weights",
]

Float64 = NDArray[np.float64]

RESAMPLES = 2000
"""Bootstrap resamples: the ends of a 95 % interval then move by about 2 % of its width."""

FEW = 6
"""Below so many scenes no percentile of the resamples is far enough out."""


@functools.lru_cache(maxsize=8)
def scene_weights(scenes: int) -> Float64:
    """[RESAMPLES, scenes]: how often each of `scenes` scenes occurs in each bootstrap resample."""
    words = Stream("bootstrap", scenes).words(RESAMPLES * scenes)
    # The high 32 bits times the count, shifted: no modulo, and a bias below scenes / 2**32.
    drawn = ((words >> np.uint64(32)) * np.uint64(scenes)) >> np.uint64(32)
    rows = np.repeat(np.arange(RESAMPLES), scenes)
    flat = np.bincount(rows * scenes + drawn.astype(np.int64), minlength=RESAMPLES * scenes).astype(
        np.float64
    )
    flat.setflags(write=False)
    return flat.reshape(RESAMPLES, scenes)


def bootstrap_interval(
    value: float, replicates: Float64, scenes: int, level: float = 0.95
) -> tuple[float, float] | None:
    """The interval of a value from its bootstrap `replicates` [R], or None below two scenes.

    From `FEW` scenes on the expanded percentile interval: its tail is Phi(-sqrt(g / (g - 1)) t) for g
    scenes, t being Student's quantile with g - 1 degrees of freedom; for many scenes that is the plain
    percentile interval. With fewer, value -+ t se; se is the replicates' standard deviation times
    sqrt(g / (g - 1)), which for a mean is the usual standard error.
    """
    from scipy import special

    if scenes < 2 or not np.isfinite(replicates).all():
        return None
    quantile = float(special.stdtrit(scenes - 1, 0.5 + level / 2))
    widening = math.sqrt(scenes / (scenes - 1))
    if scenes < FEW:
        reach = quantile * widening * float(replicates.std())
        return value - reach, value + reach
    tail = special.ndtr(-widening * quantile)
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return float(low), float(high)


def agreement_interval(
    value: float, replicates: Float64, scenes: int
) -> tuple[float, float] | tuple[None, None]:
    """The bootstrap interval of a correlation or an agreement, within -1..1; (None, None) for none.

    Replicates [R] that are not defined, as where nothing varies in a resample, are left out.
    """
    good = replicates[np.isfinite(replicates)]
    ends = bootstrap_interval(value, good, scenes) if len(good) else None
    return (None, None) if ends is None else (max(ends[0], -1.0), min(ends[1], 1.0))


def jackknife_interval(
    value: float, replicates: Float64, level: float = 0.95
) -> tuple[float, float] | None:
    """Value -+ t se from leave-one-scene-out `replicates` [g], or None below two scenes.

    For a mean this is Student's interval:

    >>> values = np.arange(10.0)
    >>> without = (values.sum() - values) / 9
    >>> low, high = jackknife_interval(float(values.mean()), without)
    >>> round(float(low), 3), round(float(high), 3)
    (2.334, 6.666)

    se^2 = (g - 1) / g * sum (replicate - their mean)^2; t has g - 1 degrees of freedom (Efron and
    Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 11).
    """
    from scipy import special

    scenes = len(replicates)
    if scenes < 2 or not np.isfinite(replicates).all():
        return None
    spread = replicates - replicates.mean()
    error = math.sqrt((scenes - 1) / scenes * float(np.sum(spread * spread)))
    reach = float(special.stdtrit(scenes - 1, 0.5 + level / 2)) * error
    return value - reach, value + reach
