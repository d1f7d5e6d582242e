"""A gate's outcome for people: lines for a log, a Markdown summary with crops for a pull request."""

from __future__ import annotations

from pathlib import Path

from bench.core.atomic import write_text
from bench.judge.compare.outputs import crop_lines, difference, markdown_cell, number, values
from bench.judge.gate.gate import Check, CostCheck, Judgement

__all__ = ["cost_sentence", "lines", "sentence", "write_markdown"]

SHOWN = 3
"""Scores whose edits are shown as images."""


def sentence(check: Check) -> str:
    """What was found of one score, and the smallest loss that could have been."""
    pair = check.pair
    seen = f", smallest loss it could see {number(check.detectable)}" if check.detectable else ""
    note = f" ({pair.difference.note})" if pair.difference.note else ""
    return (
        f"{pair.key}: {values(pair)}, {difference(pair, check.interval)}, margin "
        f"{number(check.margin)}, p {check.p:.2g}{seen}{note}"
    )


def cost_sentence(cost: CostCheck) -> str:
    """What was found of one cost."""
    found = cost.note if cost.ratio is None else f"{cost.ratio:.3g} times the baseline's"
    return f"{cost.task} / {cost.method} / {cost.name}: {found}, limit {cost.limit:g} times"


def lines(outcome: Judgement) -> list[str]:
    """One line a score and cost, the worst first, and the verdict."""
    found = [f"{check.verdict:<10} {sentence(check)}" for check in outcome.checks]
    found += [f"{cost.verdict:<10} {cost_sentence(cost)}" for cost in outcome.costs]
    return [*found, f"{outcome.verdict}: {_summary(outcome)}"]


def write_markdown(outcome: Judgement, path: Path) -> None:
    """Writes the summary; crops of the edits that changed most lie beside it in `crops/`."""
    text = [
        f"## siebench gate: {outcome.verdict}",
        "",
        f"{markdown_cell(outcome.run.name)} against {markdown_cell(outcome.baseline.name)}: "
        f"{_summary(outcome)}",
        "",
        "| verdict | score | baseline | run | difference | margin | smallest loss seen |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_row(check) for check in outcome.checks),
        "",
    ]
    text += [f"- {cost.verdict}: {markdown_cell(cost_sentence(cost))}" for cost in outcome.costs]
    shown = 0
    for check in outcome.checks:
        if check.verdict == "passed" or shown == SHOWN:
            break
        crops = crop_lines(outcome.baseline, outcome.run, check.pair, path.parent)
        shown += bool(crops)
        text += ["", *crops]
    write_text(path, "\n".join(text).rstrip() + "\n")


def _summary(outcome: Judgement) -> str:
    counts = {
        word: sum(check.verdict == word for check in outcome.checks)
        for word in ("worse", "undecided", "passed")
    }
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    policy = outcome.policy
    return (
        f"{said} of {len(outcome.checks)} scores, at {100 * policy.alpha:g} % error each way; "
        f"smallest losses at {100 * policy.power:g} % power"
    )


def _row(check: Check) -> str:
    pair = check.pair
    cells = [
        check.verdict,
        markdown_cell(str(pair.key)),
        number(pair.before.value),
        number(pair.after.value),
        markdown_cell(difference(pair, check.interval)),
        number(check.margin),
        number(check.detectable),
    ]
    return f"| {' | '.join(cells)} |"
