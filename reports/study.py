"""A study as tables of text and sentences: what its HTML, Markdown and LaTeX share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.core.text import counted
from bench.study.findings import (
    Estimate,
    Findings,
    HeadToHead,
    MetricAgainstPeople,
    RaterRow,
    StudyReading,
)
from reports.numbers import MINUS

if TYPE_CHECKING:
    from bench.study.form import Form

__all__ = ["StudyTable", "StudyView", "study_view"]

WHAT: dict[Form, str] = {
    "pair": "Preferred",
    "pick": "Chosen",
    "timed": "Taken for real",
    "opinion": "Mean grade",
}
"""What a method's figure says, by the study's form."""


@dataclass(frozen=True)
class StudyTable:
    """A table.

    Attributes:
        name: of its kind: "methods", "pairs", "metrics" or "raters".
        title: above it.
        headings: of its columns; the first `words` of them are of words, the others of numbers.
        rows: as many cells each.
        note: below it.
        words: columns of words.
    """

    name: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    words: int = 1


@dataclass(frozen=True)
class StudyView:
    """Everything to show of a study.

    Attributes:
        id: the study's.
        question: as raters read it.
        facts: sentences, what matters most first.
        tables: in order.
        comments: (rater, words) of those who said something.
    """

    id: str
    question: str
    facts: tuple[str, ...]
    tables: tuple[StudyTable, ...]
    comments: tuple[tuple[str, str], ...]


def study_view(found: StudyReading) -> StudyView:
    """The view of a study."""
    tables = [_methods(found), _pairs(found), *_metrics(found), _raters(found)]
    return StudyView(
        found.study,
        found.asked,
        tuple(_facts(found)),
        tuple(table for table in tables if table.rows),
        tuple((row.rater, _printable(row.comment)) for row in found.raters if row.comment.strip()),
    )


def _facts(found: StudyReading) -> Iterator[str]:
    counts = found.counted
    yield f"{counted(counts.answers, 'answer')} of {counted(counts.raters, 'rater')} on {found.run}."
    failed = [row for row in found.raters if row.careless]
    if failed:
        left = (
            "They are left out below" if found.attentive else "Nobody else is left, so they count"
        )
        changes = " ".join(f"{change}." for change in found.changes)
        no_change = "no verdict changes" if found.attentive and not found.changes else ""
        yield (
            f"{counted(len(failed), 'rater')} of {len(found.raters)} failed the controls. {left}"
            f"{f'; {no_change}' if no_change else ''}. {changes}".strip()
        )
    if counts.side is not None and counts.side.estimate.value is not None:
        side = counts.side
        yield (
            f"The left image was chosen in {_share(side.estimate)} of the answers ({_ends(side.estimate)}), "
            f"p {_p(side.p)}: {'a bias' if side.p <= 0.05 else 'no sign of a bias'}. Sides are balanced, "
            "so a bias moves no share."
        )
    yield _agreement(counts)
    if counts.real is not None and counts.real.value is not None:
        yield f"Real images were called real in {_share(counts.real)} of the answers ({_ends(counts.real)})."
    if counts.strengths_reason and found.form in ("pair", "pick"):
        yield f"No strengths: {counts.strengths_reason}."
    if found.metrics_reason:
        yield f"No metrics: {found.metrics_reason}."
    for one in found.refused:
        yield _printable(f"Not counted: {one.file}: {one.reason}.")


def _agreement(counts: Findings) -> str:
    found = counts.agreement
    if found.alpha is None:
        return "No two raters answered the same question, so agreement is not known."
    ends = "" if found.low is None else f" ({_bracket(found.low, found.high, 2)})"
    said = f"Agreement between raters: Krippendorff's alpha {_number(found.alpha, 2)}{ends}"
    others = found.with_others
    if others.value is None:
        return f"{said}."
    return f"{said}; a rater agrees with most of the others in {_share(others)} ({_ends(others)})."


def _methods(found: StudyReading) -> StudyTable:
    counts, whole = found.counted, found.everyone
    shares = found.form != "opinion"
    strengths = {one.method: one for one in counts.strengths}
    headings = ["Method", WHAT[found.form], "95 %"]
    headings += ["Wilson"] if shares else []
    headings += ["n"]
    headings += ["Strength", "95 %"] if strengths else []
    headings += ["All raters"] if found.attentive else []
    rows = []
    for at, one in enumerate(counts.methods):
        estimate = one.estimate
        row = [one.title, _value(estimate, shares), _ends(estimate, shares)]
        row += [_plain(estimate)] if shares else []
        row += [str(estimate.n)]
        if strengths:
            strength = strengths[one.method]
            ends = strength.low, strength.high
            row += [_number(strength.value, 2), _bracket(*ends, 2)]
        row += [_value(whole.methods[at].estimate, shares)] if found.attentive else []
        rows.append(tuple(row))
    note = "Intervals are clustered by rater and scene" + (
        "; Wilson's takes every answer for independent, as papers do" if shares else ""
    )
    if strengths:
        note += ". Strengths are Bradley and Terry's log-odds, their mean 0"
        note += "" if counts.tie is None else f"; Davidson's tie parameter {_number(counts.tie, 2)}"
    return StudyTable("methods", WHAT[found.form], tuple(headings), tuple(rows), f"{note}.")


def _pairs(found: StudyReading) -> StudyTable:
    sided = found.form in ("pair", "pick")
    headings = ["First", "Second"]
    headings += (
        ["Wins", *(["Ties"] if found.ties else []), "Losses", "Share"] if sided else ["Difference"]
    )
    headings += ["95 %", "p", "p, Holm", "Verdict", "Answers missing"]
    rows = [tuple(_pair(one, found, sided)) for one in found.counted.pairs]
    note = (
        "Verdicts hold together at 5 % (Holm). Answers missing: of further raters like these, for a verdict "
        "at 80 % power if the figures stay; ∞: raters alone are not enough, more scenes are needed."
    )
    return StudyTable("pairs", "Two by two", tuple(headings), tuple(rows), note, words=2)


def _pair(one: HeadToHead, found: StudyReading, sided: bool) -> Iterator[str]:
    titles = found.titles
    yield titles[one.first]
    yield titles[one.second]
    if sided:
        yield str(one.wins)
        if found.ties:
            yield str(one.ties)
        yield str(one.losses)
    shares = found.form != "opinion"
    yield _value(one.estimate, shares)
    yield _ends(one.estimate, shares)
    yield _p(one.p)
    yield _p(one.holm)
    better = {"first": one.first, "second": one.second}.get(one.verdict)
    yield "undecided" if better is None else titles[better]
    yield "∞" if one.more is None else str(one.more) if one.verdict == "undecided" else ""


def _metrics(found: StudyReading) -> Iterator[StudyTable]:
    if not found.metrics:
        return
    rows = [
        _metric(one)
        for one in found.metrics
        if not one.reason and (one.agree or one.rank is not None)
    ]
    others = found.counted.agreement.with_others
    if others.value is not None:
        share = (_share(others), _ends(others), str(others.n), "", "")
        rows.append(("one rater with the others", *share))
    headings = ("Score", "Agrees", "95 %", "n", "Rank correlation", "95 %")
    without = [f"{one.title}: {one.reason}" for one in found.metrics if one.reason]
    note = (
        "Agrees: how often the score and most raters prefer the same method on an edit; a coin agrees in "
        "half. Rank correlation: Spearman's."
    )
    note += f" No value: {'; '.join(without)}." if without else ""
    yield StudyTable("metrics", "Metrics against people", headings, tuple(rows), note)
    sets = tuple(
        (one.title, f"{one.pairs_agree} of {one.pairs}") for one in found.metrics if one.pairs
    )
    yield StudyTable(
        "sets",
        "Scores of whole sets against people",
        ("Score", "Pairs of methods in people's order"),
        sets,
    )


def _metric(one: MetricAgainstPeople) -> tuple[str, ...]:
    agree = one.agree or Estimate(value=None, n=0)
    rank = "—" if one.rank is None else _number(one.rank, 2)
    ends = _bracket(one.rank_low, one.rank_high, 2)
    return (one.title, _share(agree), _ends(agree), str(agree.n), rank, ends)


def _raters(found: StudyReading) -> StudyTable:
    headings = ("Rater", "Answers", "Controls right", "Same again", "Median s", "Left", "Remark")
    note = "Careless is who answers the controls no better than guesses would, at 5 %."
    return StudyTable("raters", "Raters", headings, tuple(map(_rater, found.raters)), note)


def _rater(row: RaterRow) -> tuple[str, ...]:
    seconds = "—" if row.median_ms is None else f"{row.median_ms / 1000:.1f}"
    left = "—" if row.left is None else f"{100 * row.left:.0f} %"
    remarks = [row.why and f"careless: {row.why}", "" if row.finished else "not finished"]
    return (
        row.rater,
        str(row.answers),
        f"{row.controls_right} of {row.controls}",
        f"{row.repeats_same} of {row.repeats}",
        seconds,
        left,
        "; ".join(remark for remark in remarks if remark),
    )


def _value(estimate: Estimate, shares: bool) -> str:
    return _share(estimate) if shares else _number(estimate.value, 2)


def _share(estimate: Estimate) -> str:
    return "—" if estimate.value is None else f"{_number(100 * estimate.value, 1)} %"


def _ends(estimate: Estimate, shares: bool = True) -> str:
    scale, decimals = (100, 1) if shares else (1, 2)
    return _bracket(estimate.low, estimate.high, decimals, scale)


def _plain(estimate: Estimate) -> str:
    return _bracket(estimate.plain_low, estimate.plain_high, 1, 100)


def _bracket(low: float | None, high: float | None, decimals: int, scale: float = 1) -> str:
    if low is None or high is None:
        return "—"
    return f"{_number(scale * low, decimals)} \N{EN DASH} {_number(scale * high, decimals)}"


def _number(value: float | None, decimals: int) -> str:
    if value is None:
        return "—"
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def _printable(text: str) -> str:
    """The text on one line, without what would steer a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
