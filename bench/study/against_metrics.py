"""Metrics against people: which of a run's scores to believe.

Two figures for a score with a value per edit. How often it prefers the method that most raters prefer, over
the edits and pairs where both have a preference. And Spearman's rank correlation of the gap in the score with
the lean of the votes; each pair counts in both directions, so that the figure does not depend on
which method is named first. Where images were judged alone, it is the correlation of an image's score with
its mean grade, or with how often it was taken for real. Intervals are over scenes: clustered for the
share, the bootstrap of `bench.metrics.intervals` for the correlation. A score of a whole set (FID) has no
value per edit; of it one can only say how many pairs of methods it orders as people do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.judge.ranks import rank_correlation
from bench.study.findings import Estimate, MetricAgainstPeople
from bench.study.form import REAL, Form
from bench.study.intervals import Clusters, wilson
from bench.study.votes import Vote

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import MetricColumn

__all__ = ["metrics_against_people"]

Float64 = NDArray[np.float64]
Place = tuple[str, str]
"""(task, edit) or (task, scene)."""


@dataclass(frozen=True)
class _Lean:
    """How far people lean from `second` towards `first` on an edit, above 0 = they prefer `first`."""

    edit: Place
    scene: Place
    first: str
    second: str
    by: float


@dataclass(frozen=True)
class _Grade:
    """What people made of one image by itself: its mean grade, or how often it passed for real."""

    edit: Place
    scene: Place
    method: str
    value: float


def metrics_against_people(
    run: Run, votes: Sequence[Vote], form: Form, methods: Sequence[str]
) -> tuple[MetricAgainstPeople, ...]:
    """Every score of the run that has a direction, the one that agrees most often first."""
    grades = _grades(votes, form) if form in ("timed", "opinion") else []
    leans = _leans_of_grades(grades, methods) if grades else _leans(votes, methods)
    values = _values(run, {vote.edit for vote in votes}, methods)
    found = []
    for score in run.header.metrics:
        if score.better == "neither":
            continue
        if score.summary == "set":
            found.append(_of_set(run, score, leans))
        else:
            found.append(_of_edits(score, values.get(score.name, {}), leans, grades))
    return tuple(sorted(found, key=_order))


def _order(one: MetricAgainstPeople) -> tuple[bool, bool, float]:
    share = None if one.agree is None else one.agree.value
    return (bool(one.reason), share is None, -(share or 0.0))


def _leans(votes: Sequence[Vote], methods: Sequence[str]) -> list[_Lean]:
    said: defaultdict[tuple[Place, Place, str, str], list[int]] = defaultdict(list)
    for vote in votes:
        for first, second in combinations(methods, 2):
            if {first, second} <= set(vote.shown):
                by = (vote.chosen == first) - (vote.chosen == second)
                said[vote.edit, vote.scene, first, second].append(by)
    return [_Lean(*where, float(np.mean(by))) for where, by in said.items()]


def _grades(votes: Sequence[Vote], form: Form) -> list[_Grade]:
    said: defaultdict[tuple[Place, Place, str], list[float]] = defaultdict(list)
    for vote in votes:
        if vote.shown[0] != REAL:
            value = float(vote.choice) if form == "opinion" else float(vote.choice == "real")
            said[vote.edit, vote.scene, vote.shown[0]].append(value)
    return [_Grade(*where, float(np.mean(values))) for where, values in said.items()]


def _leans_of_grades(grades: Sequence[_Grade], methods: Sequence[str]) -> list[_Lean]:
    by_edit: defaultdict[tuple[Place, Place], dict[str, float]] = defaultdict(dict)
    for grade in grades:
        by_edit[grade.edit, grade.scene][grade.method] = grade.value
    return [
        _Lean(edit, scene, first, second, known[first] - known[second])
        for (edit, scene), known in by_edit.items()
        for first, second in combinations(methods, 2)
        if first in known and second in known
    ]


def _values(
    run: Run, edits: set[Place], methods: Sequence[str]
) -> dict[str, dict[tuple[Place, str], float]]:
    """By score the value of each (edit, method), higher = better."""
    found: dict[str, dict[tuple[Place, str], float]] = {}
    for task in sorted({task for task, _ in edits}):
        samples = run.samples(task)
        mine = samples[
            samples["edit"].isin([edit for one, edit in edits if one == task])
            & samples["method"].isin(list(methods))
        ]
        for score in run.header.metrics:
            if score.name not in mine or score.better == "neither" or score.summary == "set":
                continue
            sign = 1 if score.better == "higher" else -1
            column = found.setdefault(score.name, {})
            for edit, method, value in zip(mine["edit"], mine["method"], mine[score.name]):
                if value is not None and value == value:
                    column[(task, str(edit)), str(method)] = sign * float(value)
    return found


def _of_edits(
    score: MetricColumn,
    values: Mapping[tuple[Place, str], float],
    leans: Sequence[_Lean],
    grades: Sequence[_Grade],
) -> MetricAgainstPeople:
    gaps: list[float] = []
    judged: list[_Lean] = []
    for lean in leans:
        first, second = values.get((lean.edit, lean.first)), values.get((lean.edit, lean.second))
        if first is not None and second is not None:
            # Two infinite values (identical images) differ by nothing.
            gaps.append(0.0 if first == second else first - second)
            judged.append(lean)
    known = [grade for grade in grades if (grade.edit, grade.method) in values]
    if not judged and not known:
        return MetricAgainstPeople(
            score=score.name,
            title=score.title,
            reason="it has no value for the edits that were judged",
        )
    if known:
        x = np.array([values[grade.edit, grade.method] for grade in known])
        y = np.array([grade.value for grade in known])
        scenes = [grade.scene for grade in known]
    else:
        x, y = np.array(gaps), np.array([lean.by for lean in judged])
        x, y = np.concatenate([x, -x]), np.concatenate([y, -y])
        scenes = [lean.scene for lean in judged] * 2
    rank, low, high = rank_correlation(x, y, scenes)
    return MetricAgainstPeople(
        score=score.name,
        title=score.title,
        agree=_agree(gaps, judged),
        rank=rank,
        rank_low=low,
        rank_high=high,
    )


def _agree(gaps: Sequence[float], leans: Sequence[_Lean]) -> Estimate:
    both = [(gap * lean.by > 0, lean) for gap, lean in zip(gaps, leans) if gap * lean.by != 0]
    if not both:
        return Estimate(value=None, n=0)
    same = np.array([float(agrees) for agrees, _ in both])
    places = {scene: i for i, scene in enumerate(dict.fromkeys(lean.scene for _, lean in both))}
    scenes = np.array([places[lean.scene] for _, lean in both], dtype=np.int64)
    share, n = float(same.mean()), len(same)
    # Each question stands alone, or with the others of its scene.
    spread = Clusters(np.arange(n), scenes).of_mean(same)
    plain = wilson(share, n)
    low, high = spread.around_share(share, n) or (None, None)
    return Estimate(value=share, n=n, plain_low=plain[0], plain_high=plain[1], low=low, high=high)


def _of_set(run: Run, score: MetricColumn, leans: Sequence[_Lean]) -> MetricAgainstPeople:
    sums: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    for lean in leans:
        sums[lean.edit[0], lean.first, lean.second] += lean.by
    sign = 1 if score.better == "higher" else -1
    pairs = agree = 0
    for (task, first, second), by in sums.items():
        one, two = _score(run, task, first, score.name), _score(run, task, second, score.name)
        if one is not None and two is not None and by * (one - two) != 0:
            pairs += 1
            agree += sign * (one - two) * by > 0
    return MetricAgainstPeople(
        score=score.name,
        title=score.title,
        pairs=pairs,
        pairs_agree=agree,
        reason="" if pairs else "the run has no such score of two methods that people tell apart",
    )


def _score(run: Run, task: str, method: str, name: str) -> float | None:
    scores = run.scores
    mine = scores[
        (scores["task"] == task)
        & (scores["method"] == method)
        & (scores["metric"] == name)
        & (scores["of"] == "all")
    ]
    if (
        mine.empty
        or mine.iloc[0]["value"] is None
        or mine.iloc[0]["value"] != mine.iloc[0]["value"]
    ):
        return None
    return float(mine.iloc[0]["value"])
