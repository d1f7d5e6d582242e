"""What is wrong with a task's edits, by reason: failures with tracebacks, no ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import BadInput
from bench.core.text import without_folders

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.reader import Run
    from bench.run.schema import TaskRow

__all__ = ["FailureGroup", "WithoutGroundTruth", "failures", "without_ground_truth"]

LONGEST = 20_000
"""Characters of a traceback inside a page; its end says most."""


@dataclass(frozen=True)
class FailureGroup:
    """The edits of a task that a method failed at in one way.

    Attributes:
        method: its title.
        reason: one sentence.
        edits: their ids.
        log: the file with the traceback and what the editor printed, or None.
        link: that file's path from the run's folder, with forward slashes.
    """

    method: str
    reason: str
    edits: tuple[str, ...]
    log: Path | None = None
    link: str = ""

    @property
    def text(self) -> str:
        """What the file says, of a long one its end."""
        text = self.whole
        return text if len(text) <= LONGEST else f"…{text[-LONGEST:]}"

    @property
    def whole(self) -> str:
        """All that the file says, without the folders of the machine."""
        if self.log is None:
            return ""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise BadInput(
                f"{self.log}: cannot be read ({error.strerror}); write the report again"
            ) from error
        return without_folders(text)


@dataclass(frozen=True)
class WithoutGroundTruth:
    """The edits of a task that have no ground truth for one reason."""

    reason: str
    edits: tuple[str, ...]


def failures(run: Run, task: TaskRow, samples: pd.DataFrame) -> list[FailureGroup]:
    """The failed edits of a task, grouped by method, reason and traceback."""
    bad = samples[samples["status"] != "ok"].fillna({"reason": "", "failure": ""})
    titles = {method.name: method.title for method in run.header.methods}
    found = []
    for (method, reason, name), group in bad.groupby(["method", "reason", "failure"], sort=False):
        log = run.failure(task.name, str(method), str(name)) if name else None
        there = log is not None and log.is_file()
        found.append(
            FailureGroup(
                method=titles.get(str(method), str(method)),
                reason=without_folders(str(reason or "no reason given")),
                edits=tuple(map(str, group["edit"])),
                log=log if there else None,
                link=run.layout.relative(log) if log is not None and there else "",
            )
        )
    return found


def without_ground_truth(samples: pd.DataFrame) -> list[WithoutGroundTruth]:
    """The edits of a task that have no ground truth, by the reason."""
    edits = samples.drop_duplicates("edit")
    lacking = edits[edits["no_ground_truth"].fillna("") != ""]
    return [
        WithoutGroundTruth(without_folders(str(reason)), tuple(map(str, group)))
        for reason, group in lacking.groupby("no_ground_truth", sort=False)["edit"]
    ]
