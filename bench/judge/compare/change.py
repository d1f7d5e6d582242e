"""Paired differences judged: better, worse, the same within the margin, or undecided.

Each comparison tests two-sidedly that the true difference lies within the margin; Holm's correction
over all of them keeps the chance of any false "better" or "worse" at most alpha. "Same" is what two
one-sided tests say: the whole interval lies within the margin (Schuirmann 1987).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from bench.judge.margin import Margin
from bench.judge.paired import holm
from bench.judge.pairing import PairedScore
from bench.judge.scores import ScoreValues

__all__ = ["Change", "Verdict", "judge"]

Verdict = Literal["better", "worse", "same", "undecided"]


@dataclass(frozen=True, eq=False)
class Change:
    """A judged difference.

    Attributes:
        pair: the two scores and their paired difference, after minus before.
        margin: what the true difference may be without counting, in the score's unit.
        p: the p value against "the true difference lies within the margin", two-sided.
        adjusted: `p` after Holm's correction over the whole comparison.
        interval: of the difference, two-sided at 1 - alpha and uncorrected, or None.
        verdict: what follows.
    """

    pair: PairedScore
    margin: float
    p: float
    adjusted: float
    interval: tuple[float, float] | None
    verdict: Verdict

    @property
    def relative(self) -> float:
        """The difference as a share of the score before; infinite where that is 0, or either is infinite."""
        before, estimate = self.pair.before.value, self.pair.difference.estimate
        if estimate == 0 or math.isnan(estimate):
            return 0.0
        return abs(estimate / before) if before and math.isfinite(estimate) else math.inf


def judge(
    pairs: Iterable[PairedScore],
    margin_of: Callable[[ScoreValues], Margin] = attrgetter("margin"),
    alpha: float = 0.05,
) -> list[Change]:
    """Judges all pairs together, the relatively largest changes first.

    Args:
        pairs: the comparison's scores.
        margin_of: the margin of each; its own where nothing is said.
        alpha: the error rate over all of them.
    """
    listed = list(pairs)
    margins = [
        margin_of(pair.after).amount(pair.before.value or 0.0, pair.difference) for pair in listed
    ]
    raw = [_outside(pair, margin) for pair, margin in zip(listed, margins)]
    changes = [
        _change(pair, margin, p, adjusted, alpha)
        for pair, margin, p, adjusted in zip(listed, margins, raw, holm(raw))
    ]
    return sorted(changes, key=lambda change: -change.relative)


def _outside(pair: PairedScore, margin: float) -> float:
    tails = pair.difference.above(margin), pair.difference.below(-margin)
    return min(1.0, 2 * min(tails))


def _change(pair: PairedScore, margin: float, p: float, adjusted: float, alpha: float) -> Change:
    difference = pair.difference
    interval = difference.interval(1 - alpha)
    verdict: Verdict = "undecided"
    if adjusted <= alpha:
        verdict = "worse" if difference.estimate * pair.after.sign > 0 else "better"
    elif interval is not None and -margin <= interval[0] and interval[1] <= margin:
        verdict = "same"
    return Change(pair, margin, p, adjusted, interval, verdict)
