"""What came of a run: how many edits, what failed or could not be made, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.run.layout import RunFolder
from bench.run.measure import TaskMetrics
from bench.run.methods import Method
from bench.run.plan import Task
from bench.run.reader import Run
from bench.run.schema import UnmadeRow
from bench.run.table_files import read_tables
from bench.run.tables import REFERENCES, SAMPLES, UNMADE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcome", "TaskOutcome", "all_missing", "all_reasons", "task_outcome"]


@dataclass(frozen=True)
class Outcome(Run):
    """A run that has just been carried out, and what came of it.

    It is read like any run: `outcome.scores`, `outcome.samples(task)`. Scores and costs are here at
    once, and stay if the folder is moved; samples and images are read from the folder.

    Attributes:
        edits: edits that were made.
        failed: failed results, over all methods, and edits whose scene could not be read.
        impossible: edits that their protocol could not make.
        missing: metrics and methods which were not there, with their reasons.
        reasons: why edits failed or could not be made, each kind once, with how often.
        idle: tasks without any edit, and methods that carried out none of a task's edits.
        suspect: what the canaries found wrong with the run's numbers, each once with its tasks.
        first_failure: the file with the first failed edit's traceback, in the run's order, or None.
        kept: how many results an earlier call had left that stayed, by method.
        carried_out: how many results this call carried out, over all methods, failed ones among them.
        damaged: files of the run that were not what its tables say and were made again.
        surplus: how many shards were done beyond the verdict of `--until-decided` and thrown away.
        notes: what else the harness found out about metrics and methods, each once with its tasks.
    """

    edits: int
    failed: int
    impossible: int
    missing: tuple[str, ...]
    reasons: tuple[tuple[str, int], ...] = ()
    idle: tuple[str, ...] = ()
    suspect: tuple[str, ...] = ()
    first_failure: Path | None = None
    kept: Mapping[str, int] = field(default_factory=dict)
    carried_out: int = 0
    damaged: tuple[str, ...] = ()
    surplus: int = 0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Reads the small tables."""
        _ = self.scores, self.costs


@dataclass(frozen=True)
class TaskOutcome:
    """What became of a task's edits.

    Attributes:
        made: the ids of those that were made.
        results: how many rows all methods have of them.
        failed: failed results, over all methods, and edits whose scene could not be read.
        impossible, unreadable: those that were not made, with their reasons.
        reasons: why edits failed or could not be made, a method ("" where there was no edit to carry
            out) and a sentence for each.
        idle: what there is nothing of to score.
        first_failure: the file with the first failed edit's traceback, or None.
    """

    made: tuple[str, ...]
    results: int
    failed: int
    impossible: tuple[UnmadeRow, ...]
    unreadable: tuple[UnmadeRow, ...]
    reasons: tuple[tuple[str, str], ...] = ()
    idle: tuple[str, ...] = ()
    first_failure: Path | None = None


def task_outcome(folder: RunFolder, task: Task, methods: Sequence[Method]) -> TaskOutcome:
    """Counts what the task's tables say of its edits."""
    samples = read_tables(folder.shards("samples", task.slug), SAMPLES)
    failed = samples[samples["status"] == "failed"]
    references = read_tables(folder.shards("references", task.slug), REFERENCES)
    unmade = read_tables(folder.shards("unmade", task.slug), UNMADE)

    def listed(status: str) -> tuple[UnmadeRow, ...]:
        rows = unmade[unmade["status"] == status]
        return tuple(
            UnmadeRow(scene=scene, sample=int(sample), reason=reason)
            for scene, sample, reason in zip(rows["scene"], rows["sample"], rows["reason"])
        )

    traced = failed[failed["failure"] != ""]
    first = None
    if len(traced):
        row = traced.iloc[0]
        slugs = {method.name: method.slug for method in methods}
        first = folder.failure(task.slug, slugs[row["method"]], row["failure"])
    return TaskOutcome(
        made=tuple(references["edit"]),
        results=len(samples),
        failed=int(len(failed) + (unmade["status"] == "failed").sum()),
        impossible=listed("impossible"),
        unreadable=listed("failed"),
        reasons=(
            # Without the edit's name equal reasons are counted together.
            *(
                (str(row.method), str(row.reason).replace(f"edit {row.edit}", "the edit"))
                for row in failed.itertuples()
            ),
            *(("", reason) for reason in unmade["reason"]),
        ),
        idle=tuple(_idle(samples, len(references), len(unmade))),
        first_failure=first,
    )


def _idle(samples: pd.DataFrame, made: int, unmade: int) -> Iterator[str]:
    if made == 0 and unmade > 0:
        yield f"none of its {unmade} edits could be made"
    for method, rows in samples.groupby("method", sort=False):
        if (rows["status"] == "failed").all():
            yield f"{method} carried out none of its {len(rows)} edits"


def all_reasons(tasks: Mapping[str, TaskOutcome]) -> tuple[tuple[str, int], ...]:
    """Why edits failed or could not be made, by task, each once with its count, most frequent first.

    Reasons that differ in names of files and numbers alone are one, in the words of the first.
    """
    found: Counter[tuple[str, str, str]] = Counter()
    words: dict[tuple[str, str, str], str] = {}
    for task, one in tasks.items():
        for method, reason in one.reasons:
            kind = task, method, _NUMBERED.sub("#", reason)
            words.setdefault(kind, ": ".join(filter(None, (task, method, reason))))
            found[kind] += 1
    return tuple((words[kind], count) for kind, count in found.most_common())


_NUMBERED = re.compile(r"\S*\d\S*")


def all_missing(methods: tuple[Method, ...], metrics: Iterable[TaskMetrics]) -> tuple[str, ...]:
    """The methods and metrics that are not here, each once with its reason, sorted."""
    found = {f"method {m.name}: {m.problem}": "" for m in methods if m.problem is not None}
    for both in metrics:
        for name, one in both.missing.items():
            # Of several tasks the first one's traceback will do.
            found.setdefault(f"metric {name}: {one.reason}", f"metric {name}: {one.text}")
    return tuple(found[line] or line for line in sorted(found))
