"""`gate`: a run judged against a baseline, with margins.

A score is *worse* where the true difference is shown to exceed its margin: one-sided, Holm's
correction over all scores, so that the chance of any false alarm is at most alpha. It *passes* where
the true difference is shown to stay within the margin at level alpha; that needs no correction,
because the gate passes only if every score does (Berger, "Multiparameter hypothesis testing and
acceptance sampling", 1982). What is shown neither way is *undecided*: the gate never passes by
default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.core.errors import BadInput
from bench.judge.baseline import read_scores
from bench.judge.gate.notes import Note, notes
from bench.judge.paired import holm
from bench.judge.pairing import PairedScore, check_methods, pairs
from bench.judge.policy import Policy, read_policy
from bench.judge.scores import Costs, ScoreKey, ScoreSet
from bench.run.tables import COST_COLUMNS

__all__ = ["EXIT_CODES", "Check", "CostCheck", "Judgement", "GateVerdict", "gate", "together"]

GateVerdict = Literal["passed", "worse", "undecided"]

EXIT_CODES: dict[GateVerdict, int] = {"passed": 0, "worse": 1, "undecided": 3}
"""What a process says of its verdict; 2 is bad input."""


@dataclass(frozen=True, eq=False)
class Check:
    """One score judged.

    Attributes:
        pair: the scores and their paired difference, run minus baseline.
        margin: how much worse the score may truly get, in its unit.
        interval: of the difference, two-sided at 1 - 2 alpha (what the two one-sided tests see).
        p: one-sided p value against "worse by at most the margin", Holm-corrected.
        detectable: the smallest true loss that would have been called worse with the policy's
            power, in the score's unit; None where there is no noise to reckon with.
        verdict: what follows.
    """

    pair: PairedScore
    margin: float
    interval: tuple[float, float] | None
    p: float
    detectable: float | None
    verdict: GateVerdict


@dataclass(frozen=True)
class CostCheck:
    """A cost judged as a ratio to the baseline's; `note` says why it could not be."""

    task: str
    method: str
    name: str
    ratio: float | None
    limit: float
    note: str = ""

    @property
    def verdict(self) -> GateVerdict | Literal["not judged"]:
        """Above the limit is worse; unknown, or from another machine, is not judged."""
        if self.ratio is None:
            return "not judged"
        return "worse" if self.ratio > self.limit else "passed"


@dataclass(frozen=True, eq=False)
class Judgement:
    """A gate's verdict with everything behind it.

    Attributes:
        run, baseline: what was judged, and against what.
        policy: what was asked for.
        checks: the scores, worst first.
        costs: the costs that the policy limits.
        notes: what the verdict does not cover, and what makes the run suspect; they change no verdict.
    """

    run: ScoreSet
    baseline: ScoreSet
    policy: Policy
    checks: tuple[Check, ...]
    costs: tuple[CostCheck, ...]
    notes: tuple[Note, ...]

    @property
    def verdict(self) -> GateVerdict:
        """Worse where anything is; passed only where every score passed."""
        costs = [cost.verdict for cost in self.costs if cost.verdict != "not judged"]
        return together([check.verdict for check in self.checks] + costs)

    @property
    def exit_code(self) -> int:
        """0 passed, 1 worse, 3 undecided."""
        return EXIT_CODES[self.verdict]


def together(verdicts: Sequence[GateVerdict]) -> GateVerdict:
    """Worse where anything is; passed only where everything passed."""
    if "worse" in verdicts:
        return "worse"
    return "undecided" if "undecided" in verdicts else "passed"


def gate(
    run: ScoreSet | Path | str,
    baseline: ScoreSet | Path | str,
    policy: Policy | Path | str | None = None,
    *,
    allow: Sequence[str] = (),
) -> Judgement:
    """Judges a run against a baseline.

        gate("runs/demo", "baseline.json").verdict

    Args:
        run: the run.
        baseline: a baseline file, or another run.
        policy: margins and limits, or a YAML file of them; the metrics' own margins where None.
        allow: protocol fields that may differ.

    Raises:
        BadInput: another suite, other edits, failed edits, missing scores, unknown names.
    """
    new, old, chosen = read_scores(run), read_scores(baseline), read_policy(policy)
    if new.suite != old.suite:
        raise BadInput(
            f"{old.name} is of suite {old.suite!r}, but {new.name} of {new.suite!r}; "
            "judge a run against a baseline of its own suite"
        )
    chosen.check(old)
    methods = [name for name in chosen.methods or old.methods if name not in old.problems]
    for name in methods:
        if name not in new.methods:
            raise BadInput(
                f"{new.name}: has no method {name!r}, but {old.name} has; give it back its name, list "
                "the others as `methods` in the policy, or save a new baseline"
            )
    for scores in (old, new):
        check_methods(scores, methods, old.tasks)
    _require(new, old, chosen, methods)
    found = [
        pair
        for pair in pairs(old, new, [(name, name) for name in methods], allow)
        if chosen.judges(pair.key)
    ]
    if not found:
        raise BadInput(f"{old.name}: has no score that the policy judges, so nothing can pass")
    return Judgement(
        new,
        old,
        chosen,
        _checks(found, chosen),
        _costs(new, old, chosen),
        notes(new, old, chosen, methods),
    )


def _require(run: ScoreSet, baseline: ScoreSet, policy: Policy, methods: Sequence[str]) -> None:
    """Every judged score of the baseline, and every required one, must have a value."""
    for key, old in baseline.scores.items():
        required = {key.metric, key.score} & set(policy.required)
        judged = policy.judges(key) and old.better != "neither"
        if key.method not in methods or not (required or judged):
            continue
        new = run.scores.get(key)
        if required and old.value is None:
            raise BadInput(f"{baseline.name}: required {key} has no value: {old.reason}")
        if old.value is not None and (new is None or new.value is None):
            reason = "there is no such row" if new is None else new.reason
            raise BadInput(
                f"{run.name}: {key} has no value ({reason}), but the baseline has one; a missing "
                "score does not pass: repair it, or save a baseline without it"
            )


def _checks(found: Sequence[PairedScore], policy: Policy) -> tuple[Check, ...]:
    margins = [
        policy.margin(pair.after).amount(pair.before.value or 0.0, pair.difference)
        for pair in found
    ]
    losses = [pair.difference.turned(pair.after.sign) for pair in found]
    adjusted = holm([loss.above(margin) for loss, margin in zip(losses, margins)])
    checks = []
    for pair, loss, margin, p in zip(found, losses, margins, adjusted):
        verdict: GateVerdict = "undecided"
        if p <= policy.alpha:
            verdict = "worse"
        elif loss.identical or loss.below(margin) <= policy.alpha:
            verdict = "passed"
        detectable = None
        if loss.error:
            reach = loss.quantile(1 - policy.alpha / len(found)) + loss.quantile(policy.power)
            detectable = margin + reach * loss.error
        interval = pair.difference.interval(1 - 2 * policy.alpha)
        checks.append(Check(pair, margin, interval, p, detectable, verdict))
    order: dict[GateVerdict, int] = {"worse": 0, "undecided": 1, "passed": 2}
    return tuple(sorted(checks, key=lambda check: (order[check.verdict], check.p)))


def _costs(run: ScoreSet, baseline: ScoreSet, policy: Policy) -> tuple[CostCheck, ...]:
    differing = [
        name
        for name in sorted({*run.machine, *baseline.machine})
        if run.machine.get(name) != baseline.machine.get(name)
    ]
    elsewhere = f"another machine: {_differ(differing)}" if differing else ""
    if not run.machine:
        elsewhere = "the machine is not known"
    limited = [column for column in COST_COLUMNS if column.name in policy.costs]
    return tuple(
        _cost(ScoreKey(task, method, column.name), old, run, policy, elsewhere * column.measured)
        for (task, method), old in baseline.costs.items()
        if policy.methods is None or method in policy.methods
        for column in limited
    )


def _differ(names: Sequence[str]) -> str:
    return f"{names[0]} differs" if len(names) == 1 else f"{', '.join(names)} differ"


def _cost(key: ScoreKey, old: Costs, run: ScoreSet, policy: Policy, note: str) -> CostCheck:
    before, after = old.get(key.metric), run.costs.get((key.task, key.method), {}).get(key.metric)
    ratio = None
    if note:
        pass
    elif before is None:
        note = "not measured in either run" if after is None else "the baseline has none"
    elif after is None:
        note = "the run has none, but the baseline has"
    elif before == after:
        ratio = 1.0
    elif before == 0:
        note = "the baseline's is 0"
    else:
        ratio = after / before
    return CostCheck(key.task, key.method, key.metric, ratio, policy.costs[key.metric], note)
