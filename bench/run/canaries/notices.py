"""What a reader of a run must be told: metrics that disorder the canaries, methods that are one.

Only pairs of canaries whose order nobody doubts are asked. For a metric with one number an edit these
are the original before everything else and JPEG 90 before an image of one colour or of another
scene; for the score of a whole set, which a few edits tell only coarsely, the original and JPEG 90
before the mean colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from bench.metrics import Metric, Score, ScoreInfo, doubts
from bench.run.canaries.checks import UNSTEADY, Checks
from bench.run.canaries.images import BLURRED, JPEG, MEAN_COLOUR, ORIGINAL, SHIFTED, SHUFFLED
from bench.run.methods import Method
from bench.run.plan import Task
from bench.run.schema import RunNotice

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "belonging_notices",
    "check_notices",
    "doubt_notices",
    "order_notices",
    "unrecognised_notices",
]

_OTHER_IMAGE = 16.0
"""Grey levels on average: JPEG and a network's repainting stay below 10, another image is above 30."""

_OF_SETS = ((ORIGINAL, MEAN_COLOUR), (JPEG, MEAN_COLOUR))
_OF_EDITS = (
    (ORIGINAL, JPEG),
    (ORIGINAL, BLURRED),
    (ORIGINAL, SHIFTED),
    (ORIGINAL, SHUFFLED),
    (JPEG, SHUFFLED),
    *_OF_SETS,
)


def order_notices(
    task: str, metrics: Sequence[Metric], scores: Mapping[tuple[str, str], Score]
) -> list[RunNotice]:
    """A notice for every score that puts a worse canary before a better one, or beside it.

    Args:
        task: the task's name.
        metrics: those which were computed.
        scores: the canaries' scores over all classes, by (score's name, canary).
    """
    return [
        RunNotice(
            kind="bad",
            task=task,
            what="metric",
            name=score.name,
            text=f"{score.title} does not put {better} before {worse}: its values are suspect",
        )
        for metric in metrics
        for score in metric.scores
        for better, worse in _disordered(metric, score, scores)
    ]


def _disordered(
    metric: Metric, info: ScoreInfo, scores: Mapping[tuple[str, str], Score]
) -> Iterator[tuple[str, str]]:
    if info.better == "neither" or not metric.orders_canaries:
        return
    sign = 1.0 if info.better == "higher" else -1.0
    for better, worse in _OF_EDITS if info.summary == "mean" else _OF_SETS:
        one, two = (scores.get((info.name, canary)) for canary in (better, worse))
        if one is None or two is None or one.value is None or two.value is None:
            continue
        if one.n == two.n and not sign * one.value > sign * two.value:
            yield better, worse


def doubt_notices(
    task: str, metrics: Sequence[Metric], references: pd.DataFrame
) -> list[RunNotice]:
    """The notices about metrics that the real images speak against; several with one reason are one.

    Args:
        task: the task's name.
        metrics: those which were computed.
        references: the task's reference side, with the columns of `metrics`.
    """
    return [
        RunNotice(kind="bad", task=task, what="metric", name=name, text=text)
        for text, name in doubts(metrics, references).items()
    ]


def check_notices(
    task: str, checks: Checks, needs: Mapping[str, frozenset[str]]
) -> list[RunNotice]:
    """The notices about methods.

    Args:
        task: the task's name.
        checks: what was found out.
        needs: by method, what its editor asks for.
    """
    found = []
    for method, canary in checks.equals.items():
        # Everything but one flat colour takes knowledge of what is hidden.
        peeks = "original" in needs[method]
        text = f"{method} gives {canary}: its results are a canary, not an edit of its own"
        bad = not peeks and canary != MEAN_COLOUR
        found.append(_about("bad" if bad else "note", task, method, text, declared=peeks))
    for method, behaviour in checks.hidden.items():
        kind: Literal["bad", "note"] = "bad" if behaviour == UNSTEADY else "note"
        declared = kind == "note" and "original" in needs[method]
        found.append(_about(kind, task, method, f"{method} {behaviour}", declared=declared))
    return found


def unrecognised_notices(task: Task, methods: Sequence[Method]) -> list[RunNotice]:
    """The notices about objects whose results no later run can use."""
    return [
        _about(
            "note",
            task.name,
            method.name,
            f"{method.name} is an object that does not tell what it holds, so that another process "
            "carries it out again instead of using its results: declare its `identity`",
        )
        for method in methods
        if method.edits(task) and not method.recognised
    ]


def belonging_notices(task: str, method: str, samples: pd.DataFrame) -> list[RunNotice]:
    """The notices about results that were made elsewhere: are they results of these edits?

    Args:
        task: the task's name.
        method: one that promises the known pixels of its edits.
        samples: the task's samples.
    """
    mine = samples[(samples["method"] == method) & (samples["status"] == "ok")]
    found = []
    equal = int((mine["equals_ground_truth"] == 1).sum())
    if equal:
        text = (
            f"{method} equals the ground truth in the masked region in {equal} of {len(mine)} edits, "
            "so that its PSNR there is infinite: check that these are its own results"
        )
        found.append(_about("bad", task, method, text))
    other = int((mine["known_difference"] > _OTHER_IMAGE).sum())
    if other:
        text = (
            f"{method} has other known pixels than the edit's image in {other} of {len(mine)} edits: "
            "check that its results belong to these edits"
        )
        found.append(_about("bad", task, method, text))
    return found


def _about(
    kind: Literal["bad", "note"], task: str, method: str, text: str, *, declared: bool = False
) -> RunNotice:
    return RunNotice(kind=kind, task=task, what="method", name=method, text=text, declared=declared)
