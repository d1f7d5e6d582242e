"""What came of a run: how many edits, what failed or could not be made, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.run.header import RunNotice
from bench.run.methods import Method
from bench.run.plan import Task
from bench.run.reduce import TaskMetrics
from bench.run.store import RunFolder
from bench.run.tables import read_shards

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcome", "Outcomes", "all_missing", "all_reasons", "all_suspect", "outcomes_of"]


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes:
        folder: the run directory.
        edits: edits that were made.
        failed: failed results, over all methods, and edits whose scene could not be read.
        impossible: edits that their protocol could not make.
        missing: metrics and methods which were not there, with their reasons.
        reasons: why edits failed or could not be made, each once, with how often.
        idle: tasks without any edit, and methods that carried out none of a task's edits.
        suspect: what the canaries found wrong with the run's numbers, each once with its tasks.
    """

    folder: Path
    edits: int
    failed: int
    impossible: int
    missing: tuple[str, ...]
    reasons: tuple[tuple[str, int], ...] = ()
    idle: tuple[str, ...] = ()
    suspect: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcomes:
    """What became of a task's edits."""

    made: tuple[str, ...]
    failed: int
    impossible: tuple[dict[str, Any], ...]
    unreadable: tuple[dict[str, Any], ...]
    reasons: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()


def outcomes_of(folder: RunFolder, task: Task) -> Outcomes:
    """Counts what the task's tables say of its edits."""
    samples = read_shards(folder.root / "samples" / task.slug)
    failed = samples[samples["status"] == "failed"]
    references = read_shards(folder.root / "references" / task.slug)
    unmade = read_shards(folder.root / "unmade" / task.slug)
    where = ["scene", "sample", "reason"]

    def listed(status: str) -> tuple[dict[str, Any], ...]:
        rows = unmade.loc[unmade["status"] == status, where].to_dict("records")
        return tuple({**row, "sample": int(row["sample"])} for row in rows)

    return Outcomes(
        made=tuple(references["edit"]),
        failed=int(len(failed) + (unmade["status"] == "failed").sum()),
        impossible=listed("impossible"),
        unreadable=listed("failed"),
        reasons=(
            # Without the edit's name equal reasons are counted together.
            *(
                f"{row.method}: {row.reason}".replace(f"edit {row.edit}", "the edit")
                for row in failed.itertuples()
            ),
            *unmade["reason"],
        ),
        idle=tuple(_idle(samples, len(references), len(unmade))),
    )


def _idle(samples: pd.DataFrame, made: int, unmade: int) -> Iterator[str]:
    if made == 0 and unmade > 0:
        yield f"none of its {unmade} edits could be made"
    for method, rows in samples.groupby("method", sort=False):
        if (rows["status"] == "failed").all():
            yield f"{method} carried out none of its {len(rows)} edits"


def all_reasons(counts: Mapping[str, Outcomes]) -> tuple[tuple[str, int], ...]:
    """Why edits failed or could not be made, by task, each once with its count, most frequent first."""
    found = Counter(
        f"{task}: {reason}" for task, outcomes in counts.items() for reason in outcomes.reasons
    )
    return tuple(found.most_common())


def all_suspect(notices: Iterable[RunNotice]) -> tuple[str, ...]:
    """The notices that make a run suspect, each once with the tasks that share it."""
    tasks: dict[str, list[str]] = {}
    for notice in notices:
        if notice.kind == "bad":
            tasks.setdefault(notice.text, []).append(notice.task)
    return tuple(f"{text} ({', '.join(names)})" for text, names in tasks.items())


def all_missing(methods: tuple[Method, ...], metrics: Iterable[TaskMetrics]) -> tuple[str, ...]:
    """The methods and metrics that are not here, each once with its reason, sorted."""
    found = {f"method {m.name}: {m.problem}" for m in methods if m.problem is not None}
    for both in metrics:
        found |= {f"metric {name}: {one.reason}" for name, one in both.missing.items()}
    return tuple(sorted(found))
