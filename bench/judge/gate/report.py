"""A gate's judgement for people: sentences, and a Markdown summary with crops for a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench.core.atomic import write_text
from bench.core.text import counted, markdown_text, portable
from bench.judge.compare.outputs import crop_lines, difference, number, values
from bench.judge.gate.judgement import Check, CostCheck, Judgement

__all__ = ["cost_sentence", "sentence", "summary", "write_markdown"]

ORDER = ("worse", "undecided", "not judged", "passed")
"""Verdicts, the worst first."""

SHOWN = 3
"""Scores whose edits are shown as images."""


def sentence(check: Check) -> str:
    """What was found of one score, and the smallest loss that would have been seen."""
    pair = check.pair
    found = [
        f"{pair.key}: {values(pair)}",
        f"difference {difference(pair, check.interval)}",
        f"margin {number(check.margin)}",
        f"p {check.p:.2g}",
    ]
    if check.detectable:
        found.append(f"smallest loss it could see {number(check.detectable)}")
    note = f" ({pair.difference.note})" if pair.difference.note else ""
    return ", ".join(found) + note


def cost_sentence(cost: CostCheck) -> str:
    """What was found of one cost."""
    found = cost.note if cost.ratio is None else f"{cost.ratio:.3g} times the baseline's"
    return f"{cost.task} / {cost.method} / {cost.name}: {found}, limit {cost.limit:g} times"


def write_markdown(judgement: Judgement, path: Path, *, force: bool = False) -> None:
    """Writes the summary; crops of the edits that changed most lie beside it in `crops/`.

    `force` replaces images there that siebench did not write.
    """
    run, baseline = judgement.run, judgement.baseline
    names = f"{portable(run.name)} against {portable(baseline.name)}"
    text = [
        f"## siebench gate: {judgement.verdict}",
        "",
        f"{markdown_text(names)}: {summary(judgement)}",
        "",
        "| verdict | score | baseline | run | difference | margin | smallest loss seen |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_row(check) for check in judgement.checks),
        "",
    ]
    text += [f"- {cost.verdict}: {markdown_text(cost_sentence(cost))}" for cost in judgement.costs]
    text += [f"- {markdown_text(str(note))}" for note in judgement.notes]
    shown = 0
    for check in judgement.checks:
        if check.verdict == "passed" or shown == SHOWN:
            break
        crops = crop_lines(baseline, run, check.pair, path.parent, force=force)
        shown += bool(crops)
        text += ["", *crops]
    write_text(path, "\n".join(text).rstrip() + "\n")


def summary(judgement: Judgement) -> str:
    """How many scores and costs are worse, undecided or passed, and at which error rate."""
    policy = judgement.policy
    scores = counts(check.verdict for check in judgement.checks)
    costs = counts(cost.verdict for cost in judgement.costs)
    return (
        f"{counted(len(judgement.checks), 'score')} ({scores})"
        + (f", {counted(len(judgement.costs), 'cost')} ({costs})" if judgement.costs else "")
        + f"; error rate {100 * policy.alpha:g} % each way, smallest losses at "
        f"{100 * policy.power:g} % power"
    )


def counts(verdicts: Iterable[str]) -> str:
    """As in "1 worse, 3 passed"."""
    found = Counter(verdicts)
    return ", ".join(f"{found[word]} {word}" for word in ORDER if found[word])


def _row(check: Check) -> str:
    pair = check.pair
    cells = [
        check.verdict,
        markdown_text(str(pair.key)),
        number(pair.before.value),
        number(pair.after.value),
        markdown_text(difference(pair, check.interval)),
        number(check.margin),
        number(check.detectable),
    ]
    return f"| {' | '.join(cells)} |"
