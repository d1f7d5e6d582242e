"""Intervals over scenes: keyed bootstrap weights, the expanded percentile interval, the jackknife.

Edits of one scene are not independent, so whole scenes are resampled or left out. The bootstrap
draws with keyed random words: the same number of scenes gives the same resamples for every metric,
method and machine, which is also what makes differences of two methods *paired*. With few scenes
the plain percentile interval is too narrow; Hesterberg ("What teachers should know about the
bootstrap", 2015, section 4) widens its tail so that it matches Student's t for a mean, and that is
what is done here.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from masks.streams import Stream

__all__ = ["RESAMPLES", "bootstrap_interval", "jackknife_interval", "scene_weights"]

Float64 = NDArray[np.float64]

RESAMPLES = 2000
"""Bootstrap resamples: the ends of a 95 % interval then move by about 2 % of its width."""


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
    replicates: Float64, scenes: int, level: float = 0.95
) -> tuple[float, float] | None:
    """The expanded percentile interval of bootstrap `replicates` [R], or None below two scenes.

    The tail is Phi(-sqrt(g / (g - 1)) t) for g scenes, t being Student's quantile with g - 1
    degrees of freedom: exact for a normal mean, and the plain percentile interval for many scenes.
    """
    from scipy import special

    if scenes < 2 or not np.isfinite(replicates).all():
        return None
    quantile = special.stdtrit(scenes - 1, 0.5 + level / 2)
    tail = special.ndtr(-math.sqrt(scenes / (scenes - 1)) * quantile)
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return float(low), float(high)


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
