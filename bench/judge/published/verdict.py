"""Is a measured value the published one again? Judged only where the two can be compared at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bench.core.identity import said
from bench.judge.published.results import Published
from bench.metrics import Score
from bench.suite.table import Tolerance

__all__ = ["VERDICTS", "Reproduction", "ReproductionKind", "protocol_differences", "verdict"]

ReproductionKind = Literal[
    "reproduced", "not reproduced", "not comparable", "not measured", "nothing published"
]

VERDICTS: Mapping[ReproductionKind, str] = {
    "reproduced": "the difference is within the table's tolerance",
    "not reproduced": "the difference is beyond the table's tolerance",
    "not comparable": "the two were not measured in the same way",
    "not measured": "this run has no value",
    "nothing published": "no source gives a value",
}
"""What each verdict means."""

_ABSENT = object()


@dataclass(frozen=True)
class Reproduction:
    """A judgement.

    Attributes:
        kind: one of `VERDICTS`.
        difference: measured minus published in the published unit, or None where one is missing or
            the two cannot be compared.
        words: the judgement as one sentence, with the reason.
    """

    kind: ReproductionKind
    difference: float | None
    words: str


def verdict(
    published: Published | None,
    measured: Score,
    tolerance: Tolerance | None = None,
    differences: Sequence[str] = (),
    *,
    scale: float = 1.0,
) -> Reproduction:
    """Judges a measured value against a published one.

    Args:
        published: the published value, or None where no source has one.
        measured: this run's value with interval and n, or its reason.
        tolerance: how far they may lie apart.
        differences: the protocol fields in which the two differ, in words; any makes the two
            incomparable, however close the numbers are.
        scale: a measured value times this is in the published unit (100 for percentages).
    """
    ours = None if measured.value is None else measured.value * scale
    if ours is None:
        return Reproduction("not measured", None, measured.reason or "this run has no value")
    if published is None:
        return Reproduction("nothing published", None, "no source gives a value")
    if differences:
        return Reproduction("not comparable", None, "; ".join(differences))
    difference = ours - published.value
    allowed = (tolerance or Tolerance()).around(published.value)
    words = (
        f"{difference:+.4g} with ±{allowed:.3g} allowed{_inside(published.value, measured, scale)}"
    )
    if abs(difference) <= allowed:
        return Reproduction("reproduced", difference, words)
    return Reproduction("not reproduced", difference, words)


def _inside(value: float, measured: Score, scale: float) -> str:
    if measured.low is None or measured.high is None:
        return ""
    within = measured.low * scale <= value <= measured.high * scale
    return f"; the published value lies {'inside' if within else 'outside'} our interval"


def protocol_differences(record: Mapping[str, Any], expects: Mapping[str, Any]) -> list[str]:
    """The fields of `record` that are not what the paper's protocol says, one sentence part each.

    Args:
        record: the readable record behind a protocol hash.
        expects: what is known of the paper's, by dotted field ("n_scenes", "metric.channels"). A
            list stands for itself; a field that the record lacks differs.
    """
    return [
        f"{field} is {said(None if found is _ABSENT else found)} here and {said(value)} there"
        for field, value in expects.items()
        if (found := _at(record, field)) != value
    ]


def _at(record: Mapping[str, Any], field: str) -> Any:
    value: Any = record
    for part in field.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _ABSENT
        value = value[part]
    return value
