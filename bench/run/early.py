"""Ending a run early: who decides that a task needs no more edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bench.run.store import RunFolder

__all__ = ["Stopping"]


class Stopping(Protocol):
    """Decides, after every shard, whether a task has edits enough."""

    def begin(self, folder: RunFolder, record: Mapping[str, Any]) -> None:
        """Looks at the run before its first shard.

        Args:
            folder: the run directory, whose samples grow shard by shard.
            record: what `run.json` says of the run: tasks, methods, metrics, protocols.

        Raises:
            BadInput: where nothing can be decided about this run.
        """
        ...

    def enough(self, task: str) -> bool:
        """Whether the task's verdict is sure; reads the shards that were written since."""
        ...
