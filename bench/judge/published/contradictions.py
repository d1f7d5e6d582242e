"""Published numbers that contradict each other: one quantity, several values.

Sources name one thing in several ways: a method's released model under its own name, a corrected value
as a metric of its own. Those are brought together here; different datasets, tasks and methods never
are. Whether a difference is a misprint, another setting or another tool is what the notes say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.judge.published.results import Published, all_published

__all__ = ["Contradiction", "contradictions"]

_RELEASED = re.compile(r" released .*$")
"""A released model, measured by somebody else, is its method's."""

_METRICS = {"accu": "accuracy"}

_TASKS = {
    "free-form": "free-form editing",
    "label-to-image synthesis, whole label map": "label-to-image synthesis",
}


@dataclass(frozen=True)
class Contradiction:
    """A quantity of which sources give different values.

    Attributes:
        dataset, task, method, metric: the quantity.
        values: what each source gives, in the order in which they were gathered; one alone is of a
            released model whose paper's value stands in its note.
    """

    dataset: str
    task: str
    method: str
    metric: str
    values: tuple[Published, ...]


def contradictions() -> tuple[Contradiction, ...]:
    """Every quantity whose sources do not agree, in the order in which they were gathered."""
    found: dict[tuple[str, str, str, str], list[Published]] = {}
    for one in all_published():
        found.setdefault(_quantity(one), []).append(one)
    return tuple(
        Contradiction(*quantity, tuple(values))
        for quantity, values in found.items()
        if len({one.value for one in values}) > 1
        or (len(values) == 1 and _RELEASED.search(values[0].method))
    )


def _quantity(one: Published) -> tuple[str, str, str, str]:
    # "SSIM_as_printed" and "SSIM_corrected" are SSIM, "accu_255_ignored" is accuracy.
    metric = one.metric.split("_")[0]
    return (
        one.dataset,
        _TASKS.get(one.task, one.task),
        _RELEASED.sub("", one.method),
        _METRICS.get(metric, metric),
    )
