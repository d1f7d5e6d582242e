"""`compare`: two runs, or two methods of one run, score by score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.core.errors import BadInput
from bench.judge.compare.change import Change, judge
from bench.judge.margin import Margin, default_margin
from bench.judge.pairing import check_methods, pairs
from bench.judge.scores import ScoreKey, ScoreSet

__all__ = ["Comparison", "compare", "whole"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a comparison found.

    Attributes:
        before, after: the scores; one and the same where two methods of one run are compared.
        methods: (name before, name after), as they were paired.
        changes: the judged scores, the relatively largest changes first.
        alone: what only one of them has, one sentence each.
        alpha: the error rate.
    """

    before: ScoreSet
    after: ScoreSet
    methods: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
    alone: tuple[str, ...]
    alpha: float


def whole(key: ScoreKey) -> bool:
    """Whether a score is of all classes together."""
    return key.of == "all"


def compare(
    before: ScoreSet,
    after: ScoreSet,
    *,
    methods: Sequence[tuple[str, str]] | None = None,
    allow: Sequence[str] = (),
    margin_of: Callable[[ScoreKey], Margin] = default_margin,
    judges: Callable[[ScoreKey], bool] = whole,
    alpha: float = 0.05,
) -> Comparison:
    """Compares the scores that both have.

    Args:
        before: the older scores.
        after: the newer ones; may be the same.
        methods: which method before meets which after; those of equal name where None.
        allow: protocol fields that may differ.
        margin_of: how large a difference counts as none.
        judges: which scores are compared; those of all classes together where nothing is said.
        alpha: the chance of any false "better" or "worse" over the whole comparison.

    Raises:
        BadInput: nothing to pair, failed edits, different protocols or edits.
    """
    matched = tuple(methods) if methods is not None else _by_name(before, after)
    if not matched:
        raise BadInput(
            f"{before.name} and {after.name} have no method in common ({before.methods} against "
            f"{after.methods}); in one run, name two with --methods A B"
        )
    tasks = [task for task in before.tasks if task in after.tasks]
    if not tasks:
        raise BadInput(
            f"{before.name} and {after.name} have no task in common: {before.tasks} against "
            f"{after.tasks}"
        )
    check_methods(before, [old for old, _ in matched], tasks)
    check_methods(after, [new for _, new in matched], tasks)
    found = [pair for pair in pairs(before, after, matched, allow) if judges(pair.key)]
    changes = judge(found, margin_of, alpha)
    if not changes:
        raise BadInput(f"{before.name} and {after.name} have no score in common")
    alone = (*_alone(before, after), *_alone(after, before))
    return Comparison(before, after, matched, tuple(changes), alone, alpha)


def _by_name(before: ScoreSet, after: ScoreSet) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, name)
        for name in before.methods
        if name in after.methods and name not in before.problems and name not in after.problems
    )


def _alone(known: ScoreSet, other: ScoreSet) -> list[str]:
    tasks = [
        f"task {task!r} only in {known.name}" for task in known.tasks if task not in other.tasks
    ]
    own = dict.fromkeys(key.metric for key, one in known.scores.items() if one.value is not None)
    met = {key.metric for key, one in other.scores.items() if one.value is not None}
    return tasks + [f"metric {name!r} only in {known.name}" for name in own if name not in met]
