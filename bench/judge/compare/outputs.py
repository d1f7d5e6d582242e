"""A comparison written out: Markdown with crops, JSON, and the words that a terminal shares."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.core.atomic import write_json, write_text
from bench.core.text import markdown_text, portable
from bench.judge.compare.change import Change
from bench.judge.compare.comparison import Comparison
from bench.judge.compare.crops import EditChange, most_changed, write_crops
from bench.judge.pairing import PairedScore
from bench.judge.scores import ScoreSet

__all__ = [
    "comparison_record",
    "crop_lines",
    "difference",
    "edit_sentences",
    "method_name",
    "number",
    "pair_record",
    "subject",
    "values",
    "write_comparison_json",
    "write_comparison_markdown",
]

EDITS = 3
"""Edits shown of each score."""


def write_comparison_json(comparison: Comparison, path: Path) -> None:
    """Writes the comparison as JSON; see `comparison_record`."""
    write_json(path, comparison_record(comparison))


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """The comparison as strict JSON takes it; infinite numbers are null."""
    return {
        "before": portable(comparison.before.name),
        "after": portable(comparison.after.name),
        "alpha": comparison.alpha,
        "changes": [
            {
                **pair_record(change.pair),
                "margin": change.margin,
                "p": change.p,
                "p_holm": change.adjusted,
                "interval": change.interval,
                "verdict": change.verdict,
                "edits": [_finite(asdict(one)) for one in most_changed(change.pair, EDITS)],
            }
            for change in comparison.changes
        ],
        "alone": list(comparison.alone),
    }


def write_comparison_markdown(comparison: Comparison, path: Path, *, force: bool = False) -> None:
    """Writes a table and, beside the file in `crops/`, images of the edits that changed most.

    Args:
        comparison: what is written.
        path: the file.
        force: replace images in `crops/` that siebench did not write.
    """
    rows = [_row(change) for change in comparison.changes]
    text = [
        f"# {markdown_text(subject(comparison))}",
        "",
        f'The chance of any false "better" or "worse" is at most {100 * comparison.alpha:g} % (Holm); '
        f'"same" is where the {100 * (1 - comparison.alpha):g} % interval lies within the margin.',
        "",
        "| verdict | score | before | after | difference | margin | p (Holm) |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]
    for change in comparison.changes:
        if change.verdict in ("worse", "better"):
            before, after = comparison.before, comparison.after
            text += crop_lines(before, after, change.pair, path.parent, force=force)
    text += [f"- **Suspect**: {markdown_text(sentence)}" for sentence in comparison.suspect]
    text += [f"- {markdown_text(sentence)}" for sentence in comparison.alone]
    write_text(path, "\n".join(text).rstrip() + "\n")


def crop_lines(
    before: ScoreSet, after: ScoreSet, pair: PairedScore, folder: Path, *, force: bool = False
) -> list[str]:
    """Markdown with the edits of a score that changed most, cropped where there are images.

    Empty for a score of a whole set; `force` as in `write_comparison_markdown`.
    """
    changed = most_changed(pair, EDITS)
    if not changed:
        return []
    text = [f"**{markdown_text(_name(pair))}**, the edits that changed most:", ""]
    for one in changed:
        text += [markdown_text(_edit(one)), ""]
        crop = write_crops(before, after, pair, one.edit, folder / "crops", force=force)
        if crop is not None:
            path, shows = crop
            text += [f"![{shows}](crops/{path.name})", ""]
    return text


def number(value: float | None) -> str:
    """Four significant digits; an empty string for none."""
    if value is None:
        return ""
    return f"{value:.4g}" if math.isfinite(value) else str(value)


def values(pair: PairedScore) -> str:
    """The two scores: "25.13 -> 24.02 dB"."""
    unit = f" {pair.after.unit}" if pair.after.unit else ""
    return f"{number(pair.before.value)} -> {number(pair.after.value)}{unit}"


def difference(pair: PairedScore, interval: tuple[float, float] | None) -> str:
    """The difference with its interval: "-1.11 [-1.3, -0.9]"."""
    ends = f" [{interval[0]:+.3g}, {interval[1]:+.3g}]" if interval is not None else ""
    return f"{pair.difference.estimate:+.4g}{ends}"


def pair_record(pair: PairedScore) -> dict[str, Any]:
    """A pair as JSON; numbers that are not finite are null."""
    one = pair.difference
    return {
        **pair.key._asdict(),
        "method_before": pair.before.key.method,
        **_finite({"before": pair.before.value, "after": pair.after.value}),
        **_finite({"difference": one.estimate, "error": one.error}),
        "n": one.n,
        "scenes": one.scenes,
        "note": one.note,
    }


def _row(change: Change) -> str:
    pair = change.pair
    cells = [
        change.verdict,
        markdown_text(_name(pair)),
        number(pair.before.value),
        number(pair.after.value),
        markdown_text(difference(pair, change.interval)),
        number(change.margin),
        f"{change.adjusted:.2g}",
    ]
    return f"| {' | '.join(cells)} |"


def subject(comparison: Comparison) -> str:
    """The two runs, or the two methods where there is one run."""
    before, after = comparison.before, comparison.after
    if before is not after:
        return f"{portable(before.name)} -> {portable(after.name)}"
    pairs = ", ".join(f"{old} -> {new}" for old, new in comparison.methods)
    return f"{portable(before.name)}: {pairs}"


def method_name(pair: PairedScore) -> str:
    """The method, or "old -> new" where two methods are compared."""
    old, new = pair.before.key.method, pair.key.method
    return new if old == new else f"{old} -> {new}"


def edit_sentences(pair: PairedScore) -> list[str]:
    """The edits that changed most, as in "s29.0: 24.1 -> 21.1 (worse)"; none for a whole set's score."""
    return [_edit(one) for one in most_changed(pair, EDITS)]


def _name(pair: PairedScore) -> str:
    return f"{pair.key.task} / {method_name(pair)} / {pair.key.score}"


def _edit(change: EditChange) -> str:
    word = "worse" if change.loss > 0 else "better"
    return f"{change.edit}: {number(change.before)} -> {number(change.after)} ({word})"


def _finite(record: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in record.items()
    }
