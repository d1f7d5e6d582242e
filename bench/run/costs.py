"""What a method costs: time from the run's own batches, parameters and multiply-adds of its network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bench.run.methods import Method
from bench.run.plan import Plan
from bench.run.store import RunFolder
from bench.run.tables import read_shards

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cost_rows"]


def cost_rows(
    folder: RunFolder, plan: Plan, methods: Sequence[Method], device: str
) -> list[dict[str, Any]]:
    """One row per (task, method): milliseconds per edit, how many were timed, parameters.

    Times are the median and the 90th centile after warm-up; a task so short that every batch was a
    warm-up has none. Memory is a whole batch's; multiply-adds are one edit's, both of the warm-up.
    """
    rows: list[dict[str, Any]] = []
    for task in plan.tasks:
        times = read_shards(folder.root / "times" / task.slug)
        for method in methods:
            if not method.edits(task):
                continue
            mine = times[times["method"] == method.name]
            ms = mine["ms"].astype(float).dropna()
            timed = len(ms) > 0
            rows.append(
                {
                    "task": task.name,
                    "method": method.name,
                    "ms": float(ms.median()) if timed else None,
                    "ms_p90": float(ms.quantile(0.9)) if timed else None,
                    "timed": len(ms),
                    "peak_mib": _highest(mine["peak_bytes"], 2**20),
                    "macs": _highest(mine["macs"], plan.suite.batch_size),
                    "parameters": _parameters(method),
                    "batch": plan.suite.batch_size,
                    "device": device,
                }
            )
    return rows


def _highest(values: pd.Series, unit: float) -> float | None:
    known = values.astype(float).dropna()
    return float(known.max()) / unit if len(known) else None


def _parameters(method: Method) -> int | None:
    network: Any = getattr(method.editor, "network", None)
    if network is None:
        return None
    return sum(int(parameter.numel()) for parameter in network.parameters())
