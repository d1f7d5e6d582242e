"""Variants of a network that were trained several times, told apart beyond the spread of trainings.

    compare_trainings(scores_of_run("runs/ablation"), "full")

An interval over edits says how well one network is known, not what another training of it would
have given. Here the difference of two variants is one of means over trainings, and its variance has
both parts: that of the two means over trainings, and that of the paired difference over scenes,

    s_a^2 / n_a + s_b^2 / n_b + error_scenes^2,

with the degrees of freedom of Satterthwaite ("An approximate distribution of estimates of variance
components", 1946), as in Welch's t test. What scenes and trainings do together is counted in both
parts, so the interval is rather too wide than too narrow.

Trainings of one variant are methods called NAME, NAME-seed1, NAME-seed2, ... as the zoo calls them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, variance

import numpy as np

from bench.core.errors import BadInput, unknown
from bench.core.identity import record_hash
from bench.core.text import counted, markdown_text, without_folders
from bench.judge.compare.change import Verdict
from bench.judge.compare.comparison import whole
from bench.judge.compare.outputs import difference, number
from bench.judge.paired import holm
from bench.judge.pairing import PairedScore, check_methods, difference_of
from bench.judge.scores import ScoreKey, ScoreSet, ScoreValues

__all__ = [
    "LEVEL",
    "TrainingChange",
    "TrainingTable",
    "change_line",
    "compare_trainings",
    "networks_of",
    "repeated_trainings",
    "tables_markdown",
    "training_lines",
    "training_tables",
    "trainings_of",
    "unscored_trainings",
    "verdict_of",
]

_SEED = re.compile(r"-seed\d+$")
LEVEL = "95 % intervals over trainings and scenes; verdicts corrected for all variants of a score (Holm)"
"""What the intervals and verdicts of every text below are."""


@dataclass(frozen=True, eq=False)
class TrainingChange:
    """A variant against the reference, in one score.

    Attributes:
        pair: means over the trainings of the reference and of the variant, with the difference paired
            over edits.
        before, after: the score of every training of the reference and of the variant.
        error: standard error over trainings and scenes; None where either has one training, or where
            there is no spread to see.
        freedom: its degrees of freedom.
        adjusted: the p value against "no difference", two-sided, after Holm's correction over the
            variants that have an error in this score; 1 where there is none.
        verdict: of the variant; never "same".
    """

    pair: PairedScore
    before: tuple[float, ...]
    after: tuple[float, ...]
    error: float | None
    freedom: float
    adjusted: float
    verdict: Verdict

    def interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """The difference's two-sided interval over trainings and scenes, uncorrected."""
        from scipy import special

        if self.error is None:
            return None
        reach = float(special.stdtrit(self.freedom, 0.5 + level / 2)) * self.error
        estimate = self.pair.difference.estimate
        return estimate - reach, estimate + reach


def trainings_of(methods: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The methods of every variant, in order: "full" -> ("full", "full-seed1")."""
    found: dict[str, tuple[str, ...]] = {}
    for method in methods:
        variant = _SEED.sub("", method)
        found[variant] = (*found.get(variant, ()), method)
    return found


def compare_trainings(
    known: ScoreSet, reference: str | None = None, *, alpha: float = 0.05
) -> list[TrainingChange]:
    """Every variant of a run against one of them, task by task and score by score.

    Args:
        known: the run. Methods that could not run are left out.
        reference: the variant that the others are compared with; the first one where None.
        alpha: the chance of any false "better" or "worse" in one score.

    Raises:
        BadInput: an unknown reference, fewer than two variants, or failed edits.
    """
    variants = _variants(known)
    if len(variants) < 2:
        raise BadInput(
            f"{known.name}: only {counted(len(variants), 'variant')} ran; to compare, run two or more"
        )
    chosen = next(iter(variants)) if reference is None else reference
    if chosen not in variants:
        raise unknown(f"variant in {known.name}:", chosen, variants)
    check_methods(known, [one for group in variants.values() for one in group], known.tasks)
    scores = dict.fromkeys((key.task, key.metric) for key in known.scores if whole(key))
    return [
        change
        for task, metric in scores
        for change in _of_score(known, variants, chosen, ScoreKey(task, "", metric), alpha)
    ]


def unscored_trainings(known: ScoreSet) -> list[str]:
    """Sentences about variants that are missing in a score, because one of their trainings has none.

    A score that no training of a variant has does not apply to it and is passed over.
    """
    scores = dict.fromkeys((key.task, key.metric) for key in known.scores if whole(key))
    found = []
    for variant, group in _variants(known).items():
        for task, metric in scores:
            without = [m for m in group if not _scored(known, ScoreKey(task, m, metric))]
            if 0 < len(without) < len(group):
                found.append(
                    f"{task} / {variant} / {metric}: {', '.join(without)} has no score, so "
                    f"{variant} is left out"
                )
    return found


def repeated_trainings(known: ScoreSet) -> list[str]:
    """Sentences about trainings of one variant that are the same network: no spread can be seen in them."""
    hashes = networks_of(known)
    found = []
    for group in _variants(known).values():
        first: dict[str, str] = {}
        twins = {one: first.setdefault(hashes[one], one) for one in group if one in hashes}
        found += [
            f"{method}: is the same network as {other}, so the spread of trainings comes out too small; "
            "give it weights of its own"
            for method, other in twins.items()
            if method != other
        ]
    return found


def networks_of(known: ScoreSet) -> dict[str, str]:
    """A hash of every method that ran, equal where editor and weights are; none for a baseline.

    A file's name does not count where the editor says what it read from it.
    """
    methods = () if known.run is None else known.run.header.methods
    found = {}
    for method in methods:
        if method.problem is None:
            named = ("options",) if method.record.get("identity") else ()
            kept = {name: value for name, value in method.record.items() if name not in named}
            found[method.name] = record_hash(kept)
    return found


def _of_score(
    known: ScoreSet,
    variants: Mapping[str, Sequence[str]],
    reference: str,
    key: ScoreKey,
    alpha: float,
) -> list[TrainingChange]:
    values = {name: _values_of(known, group, key) for name, group in variants.items()}
    base = values.pop(reference)
    if not base or base[0].better == "neither":
        return []
    found = [_change(reference, base, name, group) for name, group in values.items() if group]
    # A variant of which nothing can be said is no test, whatever its values.
    tested = {i: change.adjusted for i, change in enumerate(found) if change.error is not None}
    adjusted = dict(zip(tested, holm(list(tested.values()))))
    return [_judged(change, adjusted.get(i, 1.0), alpha) for i, change in enumerate(found)]


def _values_of(known: ScoreSet, methods: Sequence[str], key: ScoreKey) -> list[ScoreValues]:
    """The score of every training, all of the same units; empty where one has none."""
    keys = [key._replace(method=method) for method in methods]
    return [known.scores[one] for one in keys] if all(_scored(known, one) for one in keys) else []


def _variants(known: ScoreSet) -> dict[str, tuple[str, ...]]:
    return trainings_of(method for method in known.methods if method not in known.problems)


def _scored(known: ScoreSet, key: ScoreKey) -> bool:
    return key in known.scores and known.scores[key].value is not None


def _change(
    reference: str, base: Sequence[ScoreValues], name: str, group: Sequence[ScoreValues]
) -> TrainingChange:
    from scipy import special

    before, after = _mean(reference, base), _mean(name, group)
    pair = PairedScore(before, after, difference_of(before, after))
    left, right = _values(base), _values(group)
    error, freedom = _error(left, right, pair)
    p = 1.0
    if error is not None:
        p = 2 * float(special.stdtr(freedom, -abs(pair.difference.estimate) / error))
    return TrainingChange(pair, left, right, error, freedom, p, "undecided")


def _judged(change: TrainingChange, adjusted: float, alpha: float) -> TrainingChange:
    verdict: Verdict = "undecided"
    if adjusted <= alpha:
        worse = change.pair.difference.estimate * change.pair.after.sign > 0
        verdict = "worse" if worse else "better"
    return replace(change, adjusted=adjusted, verdict=verdict)


def _mean(name: str, group: Sequence[ScoreValues]) -> ScoreValues:
    """The mean over trainings as a score of its own, edit by edit or scene by scene."""
    first = group[0]
    order = [{unit: i for i, unit in enumerate(one.units)} for one in group]
    if any(set(places) != set(order[0]) for places in order):
        raise BadInput(f"{first.key}: the trainings of {name!r} were scored on different edits")
    aligned = [one.values[[at[unit] for unit in first.units]] for one, at in zip(group, order)]
    return replace(
        first,
        key=first.key._replace(method=name),
        value=fmean(_values(group)),
        values=np.mean(aligned, axis=0),
    )


def _values(group: Sequence[ScoreValues]) -> tuple[float, ...]:
    return tuple(one.value for one in group if one.value is not None)


def _error(
    before: Sequence[float], after: Sequence[float], pair: PairedScore
) -> tuple[float | None, float]:
    """Standard error and degrees of freedom over trainings and scenes."""
    over_scenes = pair.difference.error
    scores = (*before, *after)
    if (
        min(len(before), len(after)) < 2
        or over_scenes is None
        or not all(map(math.isfinite, scores))
    ):
        return None, math.nan
    parts = [(variance(known) / len(known), len(known) - 1) for known in (before, after)]
    parts.append((over_scenes**2, pair.difference.scenes - 1))
    total = sum(part for part, _ in parts)
    if total == 0:
        return None, math.nan
    return math.sqrt(total), total**2 / sum(part**2 / free for part, free in parts)


def training_lines(changes: Sequence[TrainingChange]) -> list[str]:
    """What intervals and verdicts are, then a line for every variant and score."""
    return [LEVEL, *map(change_line, changes)]


def change_line(change: TrainingChange) -> str:
    """A variant against the reference in one score."""
    key, old = change.pair.key, change.pair.before
    return (
        f"{verdict_of(change):<12} {key.task} / {old.key.method} -> {key.method} / {key.score}: "
        f"{_listed(change.before)} -> {_listed(change.after)}, "
        f"{difference(change.pair, change.interval())}"
    )


@dataclass(frozen=True)
class TrainingTable:
    """The comparisons of one task in words, for whatever prints them.

    Attributes:
        task: its name.
        headings: of the columns.
        rows: a variant in a score each, as many cells as there are headings.
    """

    task: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def training_tables(changes: Sequence[TrainingChange]) -> list[TrainingTable]:
    """A table for every task: scores by variant, each with its difference to the reference."""
    return [
        TrainingTable(
            task,
            ("score", "reference", "variant", "difference", "verdict"),
            tuple(_row(change) for change in changes if change.pair.key.task == task),
        )
        for task in dict.fromkeys(change.pair.key.task for change in changes)
    ]


def tables_markdown(tables: Sequence[TrainingTable], level: str, sentences: Sequence[str]) -> str:
    """What intervals and verdicts are, the tables, and what speaks against the comparison as a list."""
    text = [f"{level}.", ""]
    for table in tables:
        text += [
            f"**{markdown_text(table.task)}**",
            "",
            f"| {' | '.join(table.headings)} |",
            f"|{' --- |' * len(table.headings)}",
            *(f"| {' | '.join(map(markdown_text, row))} |" for row in table.rows),
            "",
        ]
    notes = [f"- {markdown_text(without_folders(sentence))}" for sentence in sentences]
    return "\n".join([*text, *notes, ""] if notes else text)


def _row(change: TrainingChange) -> tuple[str, ...]:
    pair = change.pair
    return (
        pair.after.title or pair.key.metric,
        f"{pair.before.key.method}: {_listed(change.before)}",
        f"{pair.key.method}: {_listed(change.after)}",
        difference(pair, change.interval()),
        verdict_of(change),
    )


def _listed(values: Sequence[float]) -> str:
    return ", ".join(number(value) for value in values)


def verdict_of(change: TrainingChange) -> str:
    """The verdict, or that one training allows none."""
    single = min(len(change.before), len(change.after)) < 2
    return "one training" if single else change.verdict
