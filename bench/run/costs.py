"""What a method costs: time from the run's own batches, parameters and multiply-adds of its network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.run.methods import Method
from bench.run.plan import Plan
from bench.run.store import RunFolder
from bench.run.tables import read_shards

__all__ = ["cost_rows"]


def cost_rows(
    folder: RunFolder, plan: Plan, methods: Sequence[Method], device: str
) -> list[dict[str, Any]]:
    """One row per (task, method): milliseconds per edit after warm-up (median and 90th centile),
    how many edits were timed, and the network's parameter count.

    A task so short that every batch was a warm-up has no time.
    """
    rows: list[dict[str, Any]] = []
    for task in plan.tasks:
        times = read_shards(folder.root / "times" / task.slug)
        for method in methods:
            mine = times.loc[times["method"] == method.name, "ms"].astype(float)
            timed = len(mine) > 0
            rows.append(
                {
                    "task": task.name,
                    "method": method.name,
                    "ms": float(mine.median()) if timed else None,
                    "ms_p90": float(mine.quantile(0.9)) if timed else None,
                    "timed": len(mine),
                    "parameters": _parameters(method),
                    "batch": plan.suite.batch_size,
                    "device": device,
                }
            )
    return rows


def _parameters(method: Method) -> int | None:
    network: Any = getattr(method.editor, "network", None)
    if network is None:
        return None
    return sum(int(parameter.numel()) for parameter in network.parameters())
