"""`compare`: two runs, or two methods of one run, score by score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import BadInput
from bench.core.text import portable
from bench.judge.baseline import read_scores
from bench.judge.compare.change import Change, judge
from bench.judge.pairing import check_methods, pairs
from bench.judge.policy import Policy, read_policy
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

    @property
    def suspect(self) -> tuple[str, ...]:
        """What the canaries found wrong with the compared methods or their scores, each once."""
        before = self.before.suspect([name for name, _ in self.methods])
        after = self.after.suspect([name for _, name in self.methods])
        return tuple(dict.fromkeys((*before, *after)))


def whole(key: ScoreKey) -> bool:
    """Whether a score is of all classes together."""
    return key.of == "all"


def compare(
    before: ScoreSet | Path | str,
    after: ScoreSet | Path | str | None = None,
    *,
    methods: Sequence[tuple[str, str]] | None = None,
    policy: Policy | Path | str | None = None,
    allow: Sequence[str] = (),
) -> Comparison:
    """Compares two runs, or two methods of one run, in every score that both have.

        compare("runs/before", "runs/after")
        compare("runs/demo", methods=[("diffusion", "ours")])

    Args:
        before: the older run or baseline file.
        after: the newer one; `before` itself where None (then name two methods).
        methods: pairs of (method before, method after); those of equal name where None.
        policy: margins, methods and error rate, or a YAML file of them; the metrics' own margins
            where None. The classes that it names are compared too.
        allow: protocol fields that may differ.

    Raises:
        BadInput: nothing to pair, failed edits, different protocols or edits, an unknown name.
    """
    if after is None and methods is None:
        raise BadInput(
            "a comparison needs a second run, or two methods of this one (--methods A B)"
        )
    old = read_scores(before)
    new = old if after is None else read_scores(after)
    chosen = read_policy(policy)
    chosen.check(old)
    matched = _matched(old, new, methods)
    tasks = [task for task in old.tasks if task in new.tasks]
    if not tasks:
        raise BadInput(
            f"{old.name} and {new.name} have no task in common: {', '.join(old.tasks)} against "
            f"{', '.join(new.tasks)}"
        )
    check_methods(old, [one for one, _ in matched], tasks)
    check_methods(new, [other for _, other in matched], tasks)
    found = [pair for pair in pairs(old, new, matched, allow) if chosen.judges(pair.key)]
    changes = judge(found, chosen.margin, chosen.alpha)
    if not changes:
        raise BadInput(f"{old.name} and {new.name} have no score in common")
    alone = (*_alone(old, new, methods), *_alone(new, old, methods))
    return Comparison(old, new, matched, tuple(changes), alone, chosen.alpha)


def _matched(
    before: ScoreSet,
    after: ScoreSet,
    methods: Sequence[tuple[str, str]] | None,
) -> tuple[tuple[str, str], ...]:
    if methods is not None:
        return tuple((pair[0], pair[1]) for pair in methods)
    found = tuple(
        (name, name)
        for name in before.methods
        if name in after.methods and name not in before.problems and name not in after.problems
    )
    if not found:
        raise BadInput(
            f"{before.name} and {after.name} have no method in common ({', '.join(before.methods)} "
            f"against {', '.join(after.methods)}); name one of each with --methods A B"
        )
    return found


def _alone(known: ScoreSet, other: ScoreSet, chosen: Sequence[tuple[str, str]] | None) -> list[str]:
    name = portable(known.name)
    there, met = ([m for m in one.methods if m not in one.problems] for one in (known, other))
    methods = [
        f"only {name} has method {method!r}"
        for method in there
        if chosen is None and method not in met
    ]
    tasks = [f"only {name} has task {task!r}" for task in known.tasks if task not in other.tasks]
    own = dict.fromkeys(key.metric for key, one in known.scores.items() if one.value is not None)
    scored = {key.metric for key, one in other.scores.items() if one.value is not None}
    return (
        methods
        + tasks
        + [f"only {name} has score {score!r}" for score in own if score not in scored]
    )
