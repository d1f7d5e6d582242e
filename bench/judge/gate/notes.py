"""What a verdict does not cover, and what casts doubt on the run that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.core.text import portable
from bench.judge.policy import Policy
from bench.judge.scores import ScoreKey, ScoreSet

__all__ = ["Note", "notes"]


@dataclass(frozen=True)
class Note:
    """A sentence that belongs beside a verdict and does not change it.

    "not judged" names what nobody compared with anything; "suspect" says why the run's numbers may
    mean nothing.
    """

    kind: Literal["not judged", "suspect"]
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def notes(
    run: ScoreSet, baseline: ScoreSet, policy: Policy, methods: Sequence[str]
) -> tuple[Note, ...]:
    """What a reader must know beside the verdict.

    Args:
        run: what is judged.
        baseline: what it is judged against.
        policy: what it leaves out on purpose needs no note.
        methods: the judged ones.
    """
    found = [Note("not judged", text) for text in _not_judged(run, baseline, policy)]
    found += [Note("suspect", text) for text in run.suspect(methods)]
    return tuple(found)


def _not_judged(run: ScoreSet, baseline: ScoreSet, policy: Policy) -> Iterator[str]:
    for method, problem in run.problems.items():
        if policy.methods is None or method in policy.methods:
            yield f"method {method!r} did not run: {problem}"
    there = _valued(run)
    anywhere = {(key.method, key.score) for key in there}
    without = {
        f"score {key.score!r} has no value: {one.reason}": None
        for key, one in run.scores.items()
        if policy.judges(key) and one.reason and (key.method, key.score) not in anywhere
        if key.method not in run.problems
    }
    yield from without
    known = _valued(baseline)
    new = [
        key
        for key in there
        if key not in known and policy.judges(key) and run.scores[key].better != "neither"
    ]
    if new:
        names = ", ".join(dict.fromkeys(_what_is_new(key, known) for key in new))
        name = portable(baseline.name)
        yield f"{names}: {name} has no such value; save a baseline of a run that has"


def _valued(scores: ScoreSet) -> dict[ScoreKey, None]:
    return {key: None for key, one in scores.scores.items() if one.value is not None}


def _what_is_new(key: ScoreKey, known: Iterable[ScoreKey]) -> str:
    """The widest part of a score that the baseline does not have: its task, method, score, or itself."""
    if all(one.task != key.task for one in known):
        return f"task {key.task!r}"
    if all(one.method != key.method for one in known):
        return f"method {key.method!r}"
    if all(one.score != key.score for one in known):
        return f"score {key.score!r}"
    return str(key)
