"""Figures of a study: shares or grades, pairs, strengths, and metrics against people, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reports.figures.style import look, one_axes, save, sign
from reports.study import WHAT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bench.study.findings import Estimate, StudyReading

__all__ = ["study_figures", "write_study_figures"]


@dataclass(frozen=True)
class _Bar:
    title: str
    value: float | None
    low: float | None
    high: float | None


def write_study_figures(
    found: StudyReading,
    out: Path | str,
    *,
    formats: Sequence[Literal["svg", "pdf"]] = ("svg", "pdf"),
    force: bool = False,
) -> list[Path]:
    """Writes OUT/study-NAME.svg and .pdf and returns their paths.

    Args:
        found: the study.
        out: the folder.
        formats: the kinds of file.
        force: replace files that siebench did not write.
    """
    return [
        save(drawn, Path(out) / f"study-{name}.{suffix}", force=force)
        for name, drawn in study_figures(found)
        for suffix in formats
    ]


def study_figures(found: StudyReading) -> Iterator[tuple[str, Figure]]:
    """Every figure that the study has values for, by name."""
    counts, shares = found.counted, found.form != "opinion"
    scale = 100.0 if shares else 1.0
    unit = " (%)" if shares else ""
    bars = [_bar(one.title, one.estimate, scale) for one in counts.methods]
    yield "methods", _drawn(bars, f"{WHAT[found.form]}{unit}", None)
    pairs = [
        _bar(f"{found.titles[one.first]} / {found.titles[one.second]}", one.estimate, scale)
        for one in counts.pairs
    ]
    if pairs:
        label = (
            f"Share of the first{unit}" if found.form in ("pair", "pick") else f"Difference{unit}"
        )
        yield "pairs", _drawn(pairs, label, scale * counts.pairs[0].null)
    if counts.strengths:
        strengths = [_Bar(one.title, one.value, one.low, one.high) for one in counts.strengths]
        yield "strengths", _drawn(strengths, "Strength (log-odds)", 0.0)
    agree = [_bar(one.title, one.agree, 100) for one in found.metrics if one.agree is not None]
    agree = [bar for bar in agree if bar.value is not None]
    if agree:
        others = _bar("one rater with the others", counts.agreement.with_others, 100)
        yield "metrics", _drawn([*agree, others], "Agrees with most raters (%)", 50.0)


def _bar(title: str, estimate: Estimate, scale: float) -> _Bar:
    ends = [None if end is None else scale * end for end in (estimate.low, estimate.high)]
    value = None if estimate.value is None else scale * estimate.value
    return _Bar(title, value, ends[0], ends[1])


def _drawn(bars: Sequence[_Bar], label: str, null: float | None) -> Figure:
    with look():
        drawn, axes = one_axes(4.6, 0.9 + 0.28 * len(bars))
        if null is not None:
            axes.axvline(null, color="#5d666c", linewidth=0.8)
        for place, bar in enumerate(bars):
            if bar.low is not None and bar.high is not None:
                axes.hlines(place, bar.low, bar.high, color=sign(place)["color"], linewidth=1.6)
            if bar.value is not None:
                axes.plot(bar.value, place, linestyle="", **sign(place))
        axes.set_yticks(range(len(bars)), [bar.title for bar in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.set_xlabel(label)
    return drawn
