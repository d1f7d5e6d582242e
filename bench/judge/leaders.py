"""Is the best method of a table's column really better? It against every other one, paired.

A column (a task's score) is one question: who is best here. Its family of comparisons is every pair
of the methods that are ranked in it, not only the pairs of the best: which method is best was seen
in the values, and only a correction over all pairs keeps the chance of a false "better" at most
alpha whichever comes first (Hochberg and Tamhane, "Multiple Comparison Procedures", 1987, chapter 2).
Columns are questions of their own and are not corrected for each other (Bender and Lange, "Adjusting
for multiple testing: when and how?", J Clin Epidemiol 2001; Rubin, "When to adjust alpha during
multiple testing", Synthese 2021). So among twenty columns of equal methods expect one false
"better". `compare` and `gate` ask whether anything changed at all, and correct over every score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from bench.core.errors import BadInput
from bench.judge.compare.change import Change, judge
from bench.judge.pairing import PairedScore, difference_of
from bench.judge.scores import ScoreKey, ScoreSet, ScoreValues

__all__ = ["ALPHA", "POWER", "Contest", "Lead", "leads"]

ALPHA = 0.05
"""The chance of any false "better" in a column."""

POWER = 0.8
"""The chance to see a difference with the scenes that `Lead.scenes_needed` says."""


@dataclass(frozen=True)
class Contest:
    """A score of a task: the methods that are ranked in it, and which of them print best."""

    task: str
    score: str
    best: tuple[str, ...]
    compared: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Lead:
    """The best method of a score against each other one.

    Attributes:
        contest: the score.
        changes: from each method that is not best to the best one (of several that print best, the one
            whose value is), on the edits that all ranked methods have; the closest first.
        pairs: how many comparisons the p values are corrected for.
    """

    contest: Contest
    changes: tuple[Change, ...]
    pairs: int

    @property
    def beaten(self) -> tuple[Change, ...]:
        """The methods that are worse, beyond noise and by more than the score's margin."""
        return tuple(change for change in self.changes if change.verdict == "better")

    @property
    def open(self) -> tuple[Change, ...]:
        """The methods that are not told apart from the best."""
        return tuple(change for change in self.changes if change.verdict != "better")

    @property
    def sure(self) -> bool:
        """Whether one method is best and every other one is worse beyond noise."""
        return bool(self.changes) and not self.open and len(self.contest.best) == 1

    def scenes_needed(self) -> int | None:
        """Scenes that would tell the best from the closest open method, were the difference true.

        None where nothing is open, or where the difference is no larger than the margin.
        """
        if not self.open or len(self.contest.best) > 1:
            return None
        first = self.open[0]
        return first.pair.difference.scenes_needed(first.margin, ALPHA / self.pairs, POWER)


def leads(known: ScoreSet, contests: Iterable[Contest]) -> list[Lead]:
    """Judges the best method of every contest in which two methods can be paired, in their order.

    Args:
        known: the scores of a run or of a baseline.
        contests: what is judged.
    """
    found = [_lead(known, contest) for contest in contests if contest.best]
    return [lead for lead in found if lead is not None]


def _lead(known: ScoreSet, contest: Contest) -> Lead | None:
    scores = sorted(_on_common_edits(known, contest), key=lambda one: _place(one, contest))
    if len(scores) < 2:
        return None
    changes = judge(_pairs(scores), alpha=ALPHA)
    own = [
        change
        for change in changes
        if change.pair.after is scores[-1] and change.pair.before.key.method not in contest.best
    ]
    own.sort(key=_distance)
    return Lead(contest, tuple(own), len(changes)) if changes else None


def _distance(change: Change) -> float:
    """How far apart two methods are; those whose difference is not known come last."""
    distance = abs(change.pair.difference.estimate)
    return math.inf if math.isnan(distance) else distance


def _on_common_edits(known: ScoreSet, contest: Contest) -> list[ScoreValues]:
    keys = [ScoreKey(contest.task, method, contest.score) for method in contest.compared]
    found = [known.scores[key] for key in keys if key in known.scores]
    common = set.intersection(*(set(one.units) for one in found)) if found else set()
    return [one.on(common) for one in found]


def _place(one: ScoreValues, contest: Contest) -> tuple[bool, float, str]:
    """From the worst to the best, whatever order the methods come in."""
    method = one.key.method
    return method in contest.best, -one.sign * (one.value or 0.0), method


def _pairs(scores: Sequence[ScoreValues]) -> Iterator[PairedScore]:
    """Every pair once, the better score as the one after: a margin may be a share of the one before."""
    for before, after in combinations(scores, 2):
        try:
            yield PairedScore(before, after, difference_of(before, after))
        except BadInput:  # they cannot be paired, so nothing is said of them
            continue
