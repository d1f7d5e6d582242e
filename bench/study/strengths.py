"""How strong each method is, from who was preferred to whom.

Bradley and Terry ("Rank analysis of incomplete block designs", 1952) give each method a strength b, and
the odds of A over B are exp(b_A - b_B). Ties follow Davidson ("On extending the Bradley-Terry model to
accommodate ties", 1970): a tie's weight is exp(d + (b_A + b_B) / 2). The best of several is Luce's choice
("Individual Choice Behavior", 1959), of which a pair without ties is the case of two. All three are
one multinomial logit, whose likelihood is concave, and Newton's method finds its only maximum.

There is a maximum where one can get from each method to each other by "was preferred to, or tied with, at
least once" (Ford, "Solution of a ranking problem from binary comparisons", 1957); otherwise the reason is
given and no number. Intervals are cluster-robust by rater and scene (`bench.study.intervals`), with each
answer's part of the score equation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Choice", "Fitted", "fit_strengths"]

Float64 = NDArray[np.float64]

_STEPS = 100
_CLOSE = 1e-10


@dataclass(frozen=True)
class Choice:
    """Which of the methods shown was chosen, by number; None is a tie of the two."""

    shown: tuple[int, ...]
    chosen: int | None


@dataclass(frozen=True, eq=False)
class Fitted:
    """Strengths.

    Attributes:
        strengths: float64 [methods], their mean 0; empty where `reason` says why.
        tie: Davidson's d, None where there were no ties.
        influence: float64 [choices, methods], what each choice adds to each strength.
        reason: why there are none, or "".
    """

    strengths: Float64
    tie: float | None
    influence: Float64
    reason: str = ""


def fit_strengths(choices: Sequence[Choice], methods: int) -> Fitted:
    """The strengths of methods 0 to `methods` - 1 from all choices."""
    nothing = np.empty(0)
    apart = _unconnected(choices, methods)
    if apart:
        return Fitted(nothing, None, nothing, apart)
    ties = any(choice.chosen is None for choice in choices)
    counted = Counter((tuple(sorted(choice.shown)), choice.chosen) for choice in choices)
    # Contrasts in place of strengths, for only differences matter: [methods, methods - 1].
    contrast = np.linalg.qr(np.eye(methods)[:, 1:] - 1 / methods)[0]
    basis = np.zeros((methods + ties, methods - 1 + ties))
    basis[:methods, : methods - 1] = contrast
    if ties:
        basis[-1, -1] = 1.0
    theta = np.zeros(basis.shape[1])
    value, gradient, hessian = _likelihood(counted, basis, theta, methods, ties)
    for _ in range(_STEPS):
        step = np.linalg.solve(hessian, gradient)
        length = 1.0
        while True:
            tried = _likelihood(counted, basis, theta + length * step, methods, ties)
            if tried[0] >= value - 1e-12 * abs(value) or length < 1e-6:
                break
            length /= 2
        theta = theta + length * step
        value, gradient, hessian = tried
        if float(np.abs(step).max()) < _CLOSE:
            break
    full = basis @ theta
    parts = {
        key: basis @ np.linalg.solve(hessian, _score(key, basis, theta, methods, ties))
        for key in counted
    }
    influence = np.array([parts[tuple(sorted(c.shown)), c.chosen][:methods] for c in choices])
    return Fitted(full[:methods], float(full[-1]) if ties else None, influence)


def _outcomes(shown: tuple[int, ...], methods: int, ties: bool) -> tuple[list[int | None], Float64]:
    """What can be chosen, and the row of the design that each has: [outcomes, methods + ties]."""
    outcomes: list[int | None] = list(shown)
    rows = np.zeros((len(shown), methods + ties))
    rows[np.arange(len(shown)), shown] = 1.0
    if ties and len(shown) == 2:
        tie = rows.mean(axis=0)
        tie[-1] = 1.0
        outcomes.append(None)
        rows = np.vstack([rows, tie])
    return outcomes, rows


def _likelihood(
    counted: Counter[tuple[tuple[int, ...], int | None]],
    basis: Float64,
    theta: Float64,
    methods: int,
    ties: bool,
) -> tuple[float, Float64, Float64]:
    """The log-likelihood, its gradient, and minus its Hessian."""
    value, size = 0.0, basis.shape[1]
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    for (shown, chosen), count in counted.items():
        outcomes, rows = _outcomes(shown, methods, ties)
        rows = rows @ basis
        utility = rows @ theta
        utility -= utility.max()
        odds = np.exp(utility)
        chances = odds / odds.sum()
        at = outcomes.index(chosen)
        mean = chances @ rows
        value += count * float(utility[at] - np.log(odds.sum()))
        gradient += count * (rows[at] - mean)
        centred = rows - mean
        hessian += count * (centred.T * chances) @ centred
    return value, gradient, hessian


def _score(
    key: tuple[tuple[int, ...], int | None],
    basis: Float64,
    theta: Float64,
    methods: int,
    ties: bool,
) -> Float64:
    return _likelihood(Counter({key: 1}), basis, theta, methods, ties)[1]


def _unconnected(choices: Iterable[Choice], methods: int) -> str:
    """Why there is no maximum, as a sentence, or ""."""
    reach = np.eye(methods, dtype=bool)
    seen = False
    for choice in choices:
        seen = True
        for other in choice.shown:
            if choice.chosen is None:
                reach[choice.shown[0], choice.shown[1]] = True
                reach[choice.shown[1], choice.shown[0]] = True
            else:
                reach[choice.chosen, other] = True
    if not seen:
        return "there is no answer"
    for middle in range(methods):
        reach |= reach[:, [middle]] & reach[[middle], :]
    if reach.all():
        return ""
    return (
        "strengths are infinite where a method was always preferred to another, and unknown where two were "
        "never compared, not even by way of others"
    )
