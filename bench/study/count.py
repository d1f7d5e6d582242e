"""Counts votes: method by method, two by two, strengths, sides, agreement."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.judge.paired import holm
from bench.study.agreement import AlphaLevel, krippendorff_alpha
from bench.study.findings import (
    Agreement,
    Estimate,
    Findings,
    HeadToHead,
    MethodEstimate,
    SideBias,
    Strength,
)
from bench.study.form import REAL, TIE, Form
from bench.study.intervals import LEVEL, Clusters, Spread, more_answers, wilson
from bench.study.strengths import Choice, fit_strengths
from bench.study.votes import Vote

__all__ = ["count_votes", "questions_of"]

Float64 = NDArray[np.float64]


def count_votes(votes: Sequence[Vote], form: Form, titles: Mapping[str, str]) -> Findings:
    """What the votes say.

    Args:
        votes: judged answers.
        form: of the study.
        titles: of the methods compared, by name, in their order.
    """
    compared = _pairs(votes, form, tuple(titles))
    methods = tuple(
        MethodEstimate(method=name, title=title, estimate=_of_method(votes, form, name))
        for name, title in titles.items()
    )
    strengths, tie, reason = _strengths(votes, form, titles)
    return Findings(
        raters=len({vote.rater for vote in votes}),
        answers=len(votes),
        methods=methods,
        real=_of_method(votes, form, REAL) if form == "timed" else None,
        pairs=compared,
        strengths=strengths,
        strengths_reason=reason,
        tie=tie,
        side=_side(votes) if form in ("pair", "pick") else None,
        agreement=_agreement(votes, form),
    )


def _value(vote: Vote, form: Form, method: str) -> float:
    """What a vote says of a method that it was shown: chosen, taken for real, or its grade."""
    if form == "opinion":
        return float(vote.choice)
    if form == "timed":
        return float(vote.choice == "real")
    return 0.5 if vote.chosen is None else float(vote.chosen == method)


def _clusters(votes: Sequence[Vote]) -> Clusters:
    return Clusters(_codes([v.rater for v in votes]), _codes([v.scene for v in votes]))


def _codes(names: Sequence[Hashable]) -> NDArray[np.int64]:
    places = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.array([places[name] for name in names], dtype=np.int64)


def _of_method(votes: Sequence[Vote], form: Form, method: str) -> Estimate:
    mine = [vote for vote in votes if method in vote.shown]
    values = np.array([_value(vote, form, method) for vote in mine])
    return _estimate(values, mine, share=form != "opinion")


def _estimate(values: Float64, votes: Sequence[Vote], *, share: bool) -> Estimate:
    if not len(values):
        return Estimate(value=None, n=0)
    value, n = float(values.mean()), len(values)
    spread = _clusters(votes).of_mean(values)
    if not share:
        low, high = spread.around(value) or (None, None)
        return Estimate(value=value, n=n, low=low, high=high)
    plain = wilson(value, n)
    low, high = spread.around_share(value, n) or (None, None)
    return Estimate(value=value, n=n, plain_low=plain[0], plain_high=plain[1], low=low, high=high)


# Two by two


def _pairs(votes: Sequence[Vote], form: Form, methods: Sequence[str]) -> tuple[HeadToHead, ...]:
    judged = [
        (first, second, *_compared(votes, form, first, second))
        for first, second in combinations(methods, 2)
    ]
    share = form in ("pair", "pick")
    null = 0.5 if share else 0.0
    distances = [0.0 if one[2].value is None else one[2].value - null for one in judged]
    p_values = [
        spread.p_of_share(null + gap, estimate.n, null) if share else spread.p_value(gap)
        for (_, _, estimate, spread, _), gap in zip(judged, distances)
    ]
    return tuple(
        HeadToHead(
            first=first,
            second=second,
            **outcome,
            estimate=estimate,
            null=null,
            p=p,
            holm=corrected,
            verdict=_verdict(corrected, gap),
            more=0 if _verdict(corrected, gap) != "undecided" else _still(spread, gap, estimate.n),
        )
        for (first, second, estimate, spread, outcome), gap, p, corrected in zip(
            judged, distances, p_values, holm(p_values)
        )
    )


def _still(spread: Spread, gap: float, n: int) -> int | None:
    """Answers that are missing where nothing is decided yet: those of one more rater at least.

    The plan is a normal one, but a verdict is Student's and corrected: with few raters it wants more.
    """
    found = more_answers(spread, gap, n)
    return found if found != 0 else math.ceil(n / spread.raters)


def _verdict(p: float, gap: float) -> Literal["first", "second", "undecided"]:
    if p > 1 - LEVEL:
        return "undecided"
    return "first" if gap > 0 else "second"


def _compared(
    votes: Sequence[Vote], form: Form, first: str, second: str
) -> tuple[Estimate, Spread, dict[str, int]]:
    if form in ("timed", "opinion"):
        return *_difference(votes, form, first, second), {}
    mine = [
        vote
        for vote in votes
        if {first, second} <= set(vote.shown) and vote.chosen in (first, second, None)
    ]
    values = np.array([_value(vote, form, first) for vote in mine])
    outcome = Counter(values.tolist())
    counts = {"wins": outcome[1.0], "ties": outcome[0.5], "losses": outcome[0.0]}
    spread = _clusters(mine).of_mean(values) if mine else _NO_SPREAD
    return _estimate(values, mine, share=True), spread, counts


_NO_SPREAD = Spread(np.inf, np.inf, np.inf, 0, 0)


def _difference(
    votes: Sequence[Vote], form: Form, first: str, second: str
) -> tuple[Estimate, Spread]:
    """The difference of two means: a vote counts for one of the two methods."""
    mine = [vote for vote in votes if vote.shown[0] in (first, second)]
    of_first = np.array([vote.shown[0] == first for vote in mine], dtype=bool)
    if of_first.all() or not of_first.any():
        return Estimate(value=None, n=len(mine)), _NO_SPREAD
    values = np.array([_value(vote, form, vote.shown[0]) for vote in mine])
    means = values[of_first].mean(), values[~of_first].mean()
    influence = np.where(
        of_first,
        (values - means[0]) / of_first.sum(),
        -(values - means[1]) / (~of_first).sum(),
    )
    spread = _clusters(mine).spread(influence)
    value = float(means[0] - means[1])
    low, high = spread.around(value) or (None, None)
    return Estimate(value=value, n=len(mine), low=low, high=high), spread


def _strengths(
    votes: Sequence[Vote], form: Form, titles: Mapping[str, str]
) -> tuple[tuple[Strength, ...], float | None, str]:
    if form not in ("pair", "pick"):
        return (), None, "strengths come from comparisons, and each image was judged alone"
    number = {name: i for i, name in enumerate(titles)}
    choices = [
        Choice(
            tuple(number[name] for name in vote.shown),
            None if vote.chosen is None else number[vote.chosen],
        )
        for vote in votes
    ]
    fitted = fit_strengths(choices, len(titles))
    if fitted.reason:
        return (), None, fitted.reason
    clusters = _clusters(votes)
    found = []
    for (name, title), value, influence in zip(
        titles.items(), fitted.strengths, fitted.influence.T
    ):
        low, high = clusters.spread(influence).around(float(value)) or (None, None)
        found.append(Strength(method=name, title=title, value=float(value), low=low, high=high))
    return tuple(found), fitted.tie, ""


def _side(votes: Sequence[Vote]) -> SideBias | None:
    """Left against the rest: sides are balanced, so that a bias moves no share, but it costs power."""
    sided = [vote for vote in votes if vote.choice != TIE]
    if not sided:
        return None
    values = np.array([float(vote.choice == "A") for vote in sided])
    # Which side is right is drawn anew for every screen, so answers about a scene share nothing here.
    null = 1 / len(sided[0].shown)
    estimate = _estimate(values, sided, share=True)
    p = _clusters(sided).of_mean(values).p_of_share(float(values.mean()), len(values), null)
    return SideBias(estimate=estimate, p=p)


# Agreement


def _unit(vote: Vote) -> tuple[object, ...]:
    return (vote.edit, tuple(sorted(vote.shown)))


def _code(vote: Vote, form: Form) -> int:
    """A vote as a number that does not depend on the sides."""
    if form == "opinion":
        return int(vote.choice) - 1
    if form == "timed":
        return int(vote.choice == "real")
    shown = sorted(vote.shown)
    return len(shown) if vote.chosen is None else shown.index(vote.chosen)


def questions_of(votes: Sequence[Vote]) -> dict[tuple[object, ...], list[Vote]]:
    """The votes on each question, whatever the sides."""
    found: defaultdict[tuple[object, ...], list[Vote]] = defaultdict(list)
    for vote in votes:
        found[_unit(vote)].append(vote)
    return dict(found)


def _agreement(votes: Sequence[Vote], form: Form) -> Agreement:
    """Alpha, and how often a rater says what most of the others say.

    Where images are compared, what is agreed on is which of them is best, whatever the methods are called.
    So every question counts once with each image in the first place: all places are then equally likely,
    and chance is a draw among them.
    """
    questions = list(questions_of(votes).values())
    turns = len(questions[0][0].shown) if questions else 1
    units = [
        Counter(_turned(_codes_of(asked, form), turn, turns))
        for asked in questions
        for turn in range(turns)
    ]
    values = 1 + max((code for unit in units for code in unit), default=0)
    level: AlphaLevel = "ordinal" if form == "opinion" else "nominal"
    scenes = [asked[0].scene for asked in questions for _ in range(turns)]
    alpha = krippendorff_alpha(units, max(values, 2), level, scenes=scenes)
    return Agreement(
        alpha=alpha.value,
        low=alpha.low,
        high=alpha.high,
        units=alpha.units // turns,
        with_others=_with_others(questions, form),
    )


def _turned(codes: Sequence[int], turn: int, turns: int) -> list[int]:
    """Codes with the images moved round; a tie stays one, and so does what was said of one image."""
    return [(code + turn) % turns if turns > 1 and code < turns else code for code in codes]


def _codes_of(votes: Iterable[Vote], form: Form) -> list[int]:
    return [_code(vote, form) for vote in votes]


def _with_others(questions: Iterable[Sequence[Vote]], form: Form) -> Estimate:
    """How often a rater says what most of the others say: the figure to hold a score's against."""
    values: list[float] = []
    mine: list[Vote] = []
    for asked in questions:
        codes = _codes_of(asked, form)
        for at, vote in enumerate(asked):
            others = Counter(codes[:at] + codes[at + 1 :]).most_common(2)
            if others and (len(others) == 1 or others[0][1] > others[1][1]):
                values.append(float(others[0][0] == codes[at]))
                mine.append(vote)
    return _estimate(np.array(values), mine, share=True)
