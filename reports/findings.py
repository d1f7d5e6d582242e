"""What a run found, in sentences: who is best where, by how much, what is noise, and what to do.

The judgement is `bench.judge.leaders`; the report's first lines and the end of `siebench run` are
both written here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf, isfinite, isnan
from statistics import median_high
from typing import TYPE_CHECKING

from bench.core.text import counted
from bench.judge.compare.trainings import trainings_of
from bench.judge.leaders import ALPHA, Contest, Lead, leads
from bench.judge.run_scores import scores_of_run
from reports.numbers import printed

if TYPE_CHECKING:
    from bench.judge.compare.change import Change
    from bench.run.reader import Run
    from reports.table import Cell, Column, Row, Table

__all__ = [
    "LEVEL",
    "Finding",
    "Gap",
    "Standing",
    "caveat",
    "findings",
    "level_with_best",
    "levelled",
    "standings",
]

LEVEL = (
    "not told apart from the best: no paired difference over scenes that is beyond noise and the score's "
    f"margin, at {100 * ALPHA:g} % error over all pairs of methods in a column (Holm)"
)
"""What a table's mark for such values means."""

NAMED = 3
"""Tasks that a sentence names one by one."""

TOO_MANY = 50
"""Times the scenes of a run; a difference that wants more is not worth the wait."""


@dataclass(frozen=True)
class Gap:
    """How far a method is behind the best.

    `amount` is that ("3.97"), `text` has its interval too ("3.97 [2.85, 5.09]"), or why there is none, and
    `sure` says that it is beyond noise.
    """

    method: str
    amount: str
    text: str
    sure: bool


@dataclass(frozen=True)
class Standing:
    """Who is best by one score of a task, and how sure that is.

    Attributes:
        task, where: the task's name and title.
        score, title: the score's name and title.
        value: that of the best, with its unit, as it is printed.
        best: the titles of the methods that print best.
        gaps: to the other ranked methods, the closest first.
        sure: whether one method is best and every gap is beyond noise.
        p: the largest p value of the gaps, corrected.
        scenes: how many scenes are behind it.
        needed: scenes that would tell the best from the closest open method; None where nothing is
            open, or where no number would.
        noise: whether the noise of that method's gap is known.
        suspect: why the results of a method that is best are doubtful, by its title, without a stop.
    """

    task: str
    where: str
    score: str
    title: str
    value: str
    best: tuple[str, ...]
    gaps: tuple[Gap, ...]
    sure: bool
    p: float
    scenes: int
    needed: int | None
    noise: bool = True
    suspect: Mapping[str, str] = field(default_factory=dict)

    @property
    def open(self) -> tuple[Gap, ...]:
        """The gaps that may be noise."""
        return tuple(gap for gap in self.gaps if not gap.sure)

    @property
    def beaten(self) -> tuple[str, ...]:
        """The methods that are worse beyond noise."""
        return tuple(gap.method for gap in self.gaps if gap.sure)

    @property
    def sentence(self) -> str:
        """As in "SESAME is first (0.76), better than nearest; not told apart from SPMPGAN (by ...)."."""
        if self.sure:
            first, *others = self.gaps
            more = f", and more over {listed([gap.method for gap in others])}" if others else ""
            return (
                f"{self.best[0]} is best ({self.value}), by {first.text} over {first.method}{more}."
            )
        level = "are level and first" if len(self.best) > 1 else "is first"
        parts = [f", better than {listed(self.beaten)}"] if self.beaten else []
        if self.open:
            near = [f"{gap.method} (by {gap.text})" for gap in self.open]
            parts.append(f"{';' if parts else ', but'} not told apart from {listed(near)}")
        return f"{listed(self.best)} {level} ({self.value}){''.join(parts)}."


@dataclass(frozen=True)
class Finding:
    """One of the first lines of a report: what it is about, and a sentence."""

    label: str
    text: str


def standings(run: Run, tables: Sequence[Table], chosen: Collection[str]) -> list[Standing]:
    """The best of every task and chosen score, judged, in the order of the tables.

    Empty for a run that is not finished, and where no two methods can be paired.
    """
    places = {
        (table.task, column.name): (table, at)
        for table in tables
        for at, column in enumerate(table.columns)
        if column.name in chosen
    }
    if run.header.state != "done":
        return []  # one that stopped when its verdict was sure has no fair sample for others
    contests = [_contest(table, at) for table, at in places.values()]
    return [
        _standing(run, *places[lead.contest.task, lead.contest.score], lead)
        for lead in leads(scores_of_run(run), contests)
    ]


def level_with_best(run: Run, contests: Iterable[Contest]) -> frozenset[tuple[str, str, str]]:
    """(task, score, method) of every ranked method that is not shown to be worse than the best.

    Empty for a run that is not finished.
    """
    if run.header.state != "done":
        return frozenset()
    asked = [contest for contest in contests if contest.best]
    beaten = {
        (lead.contest.task, lead.contest.score, change.pair.before.key.method)
        for lead in leads(scores_of_run(run), asked)
        for change in lead.beaten
    }
    ranked = {
        (contest.task, contest.score, method)
        for contest in asked
        for method in contest.compared
        if method not in contest.best
    }
    return frozenset(ranked - beaten)


def levelled(run: Run, tables: Sequence[Table]) -> list[Table]:
    """The tables with every cell marked that is not told apart from its column's best."""
    contests = [_contest(table, at) for table in tables for at in range(len(table.columns))]
    places = level_with_best(run, contests)

    def marked(table: Table, row: Row) -> Row:
        names = [(table.task, column.name, row.name) for column in table.columns]
        cells = [replace(cell, level=name in places) for cell, name in zip(row.cells, names)]
        return replace(row, cells=tuple(cells))

    return [replace(table, rows=tuple(marked(table, r) for r in table.rows)) for table in tables]


def findings(found: Sequence[Standing], uncounted: Sequence[str] = ()) -> list[Finding]:
    """The first lines: who leads, what is beyond noise, what is not, and what would settle it.

    Args:
        found: what was judged.
        uncounted: the titles of scores that there was no room for.
    """
    if not found:
        return []
    tasks = dict.fromkeys(one.task for one in found)
    first = _suspect(found)
    last = [*_advice(found), *_trainings(found), *_uncounted(uncounted)]
    if len(tasks) == 1:
        return [*first, *(Finding(one.title, one.sentence) for one in found), *last]
    return [*first, _leaders(found, len(tasks)), *_sure(found), *_noise(found), *last]


def caveat(found: Sequence[Standing]) -> str:
    """What "better" promises, and how many such words may be wrong; empty where nothing is judged."""
    if not found:
        return ""
    text = (
        "Better: a paired difference over scenes that is beyond noise and the score's margin, at "
        f"{100 * ALPHA:g} % error over all pairs of methods of a task's score (Holm); intervals are "
        "at 95 %, uncorrected."
    )
    if len(found) * ALPHA < 1:
        return text
    return (
        f"{text} Each of the {len(found)} is a question of its own: were all methods equal, up to "
        f"{len(found) * ALPHA:.0f} would still name one better."
    )


def _suspect(found: Sequence[Standing]) -> list[Finding]:
    """First places that nobody is to believe before the method's results have been looked at."""
    doubted: dict[str, list[str]] = {}
    for one in found:
        for method, text in one.suspect.items():
            doubted.setdefault(method, []).append(text)
    return [
        Finding(
            "Suspect",
            f"{method} is first in {counted(len(texts), 'place')} here, but its results are "
            f"doubtful: {texts[0]}.",
        )
        for method, texts in doubted.items()
    ]


def _leaders(found: Sequence[Standing], tasks: int) -> Finding:
    """Which method is first by the most scores of a task."""
    led: dict[str, list[str]] = {}
    for task in dict.fromkeys(one.task for one in found):
        own = [one for one in found if one.task == task]
        firsts = Counter(name for one in own for name in one.best)
        for name, count in firsts.items():
            if count == max(firsts.values()):
                led.setdefault(name, []).append(own[0].where)
    ordered = sorted(led.items(), key=lambda item: -len(item[1]))
    parts = [
        f"{name} on {len(where)}{'' if place else f' of {tasks} tasks'}"
        + (f" ({'; '.join(where)})" if tasks <= NAMED else "")
        for place, (name, where) in enumerate(ordered)
    ]
    shared = "; a tie counts for each" if sum(map(len, led.values())) > tasks else ""
    return Finding("Who leads", f"Most first places: {listed(parts)}{shared}.")


def _sure(found: Sequence[Standing]) -> list[Finding]:
    """How many first places are beyond noise, and the clearest."""
    sure = [one for one in found if one.sure]
    if not sure:
        text = f"None of the {counted(len(found), 'first place')} is told apart from every other method."
        return [Finding("Beyond noise", text)]
    wins = Counter(one.best[0] for one in sure).most_common()
    whose = listed([f"{name} {count}" for name, count in wins])
    clear = min(sure, key=lambda one: one.p)
    return [
        Finding(
            "Beyond noise",
            f"{len(sure)} of {counted(len(found), 'first place')} beat every other method ({whose}). "
            f"The clearest: {clear.best[0]} in {clear.title}, {clear.where}, by {clear.gaps[0].text} "
            f"over {clear.gaps[0].method}.",
        )
    ]


def _noise(found: Sequence[Standing]) -> list[Finding]:
    count = sum(not one.sure for one in found)
    if not count:
        return []
    text = (
        f"{counted(count, 'first place')} {'is' if count == 1 else 'are'} not told apart from at least "
        "one other method; do not read them as wins."
    )
    return [Finding("Noise", text)]


def _advice(found: Sequence[Standing]) -> list[Finding]:
    """Scenes that would decide half of the open places, and which those are."""
    alone = [one for one in found if not one.sure and one.scenes == 1]
    if alone:
        where = _places(alone, len({one.task for one in found}))
        text = f"Run it on more images: in {where} there is one scene, which tells nothing of the noise."
        return [Finding("What to do", text)]
    unsure = [one for one in found if not one.sure and one.noise]
    if not unsure:
        return []
    needed = median_high([one.needed or inf for one in unsure])
    scenes = max(one.scenes for one in unsure)
    tasks = len({one.task for one in found})
    if needed > TOO_MANY * scenes:
        close = [one for one in unsure if (one.needed or inf) > TOO_MANY * scenes]
        text = (
            f"In {_places(close, tasks)} the first methods are so close that more scenes will hardly tell "
            "them apart: judge them there by cost, or by eye."
        )
        return [Finding("What to do", text)]
    which = f"half of the {len(unsure)} open places" if len(unsure) > 1 else _places(unsure, tasks)
    text = (
        f"About {needed:.0f} scenes a task (now {scenes}) would decide {which}, were the differences "
        "as they look: run it again with a higher `limit`, which keeps what is there, or on more images."
    )
    return [Finding("What to do", text)]


def _places(some: Sequence[Standing], tasks: int) -> str:
    """Some places by name, or how many they are."""
    if len(some) > NAMED:
        return f"{len(some)} open places"
    return listed([one.title if tasks == 1 else f"{one.title} ({one.where})" for one in some])


def _trainings(found: Sequence[Standing]) -> list[Finding]:
    """That rows are trainings of one variant: which training is first is no matter of the variant."""
    names = [name for one in found for name in (*one.best, *(gap.method for gap in one.gaps))]
    variants = trainings_of(dict.fromkeys(names))
    several = [variant for variant, trainings in variants.items() if len(trainings) > 1]
    if not several or len(variants) < 2:
        return []
    text = (
        f"Each training of {listed(several)} is a method of its own here. `siebench trainings RUN` "
        "compares the variants beyond the spread of their trainings."
    )
    return [Finding("Trainings", text)]


def _uncounted(titles: Sequence[str]) -> list[Finding]:
    """Whom these scores prefer is in no line before."""
    if not titles:
        return []
    alone = f"{'; '.join(titles)}: {'they stand' if len(titles) > 1 else 'it stands'}"
    return [Finding("Not counted", f"{alone} in the report's table of each task alone.")]


def _contest(table: Table, at: int) -> Contest:
    return Contest(
        table.task,
        table.columns[at].name,
        tuple(row.name for row in table.rows if row.cells[at].rank == 1),
        tuple(row.name for row in table.rows if row.cells[at].compared),
    )


def _standing(run: Run, table: Table, at: int, lead: Lead) -> Standing:
    column = table.columns[at]
    rows = {row.name: row for row in table.rows}
    first = rows[lead.contest.best[0]].cells[at]
    gaps = tuple(
        _gap(change, column, rows[change.pair.before.key.method]) for change in lead.changes
    )
    return Standing(
        task=table.task,
        where=table.title,
        score=column.name,
        title=column.title,
        value=_value(first, column),
        best=tuple(rows[name].title for name in lead.contest.best),
        gaps=gaps,
        sure=lead.sure,
        p=max((change.adjusted for change in lead.changes), default=1.0),
        scenes=max((change.pair.difference.scenes for change in lead.changes), default=0),
        needed=lead.scenes_needed(),
        noise=not lead.open or _noise_known(lead.open[0]),
        suspect={
            rows[notice.name].title: notice.text
            for notice in run.header.notices
            if (notice.kind, notice.what, notice.task) == ("bad", "method", table.task)
            if notice.name in lead.contest.best
        },
    )


def _noise_known(change: Change) -> bool:
    return change.pair.difference.error is not None or bool(change.pair.difference.agreeing)


def _value(cell: Cell, column: Column) -> str:
    """The value that is ranked: that on common edits where methods have different ones."""
    text = f"{cell.common or cell.text} {column.unit}".rstrip()
    return f"{text} on {counted(cell.common_n, 'common edit')}" if cell.common else text


def _gap(change: Change, column: Column, row: Row) -> Gap:
    """The best method's advantage: positive is better, whatever the score."""
    estimate = -change.pair.after.sign * change.pair.difference.estimate
    amount = printed(estimate, column.decimals)
    if not isfinite(estimate):
        amount = "an unknown amount" if isnan(estimate) else "an infinite amount"
    return Gap(row.title, amount, amount + _beside(change, column), change.verdict == "better")


def _beside(change: Change, column: Column) -> str:
    """What stands beside a gap's amount: its interval, or why there is none."""
    difference = change.pair.difference
    if change.interval is not None:
        low, high = sorted(-change.pair.after.sign * end for end in change.interval)
        return f" [{printed(low, column.decimals)}, {printed(high, column.decimals)}]"
    if isfinite(difference.estimate):
        return f": {difference.note}" if difference.note else ""
    # An infinite one's note speaks of two runs.
    few = difference.agreeing and change.verdict != "better"
    return f" in {counted(difference.agreeing, 'scene')} alone" if few else ""


def listed(words: Sequence[str]) -> str:
    """As in "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
