"""What each method cost: time per edit, memory, parameters and multiply-adds, ready to print."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.numbers import large

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["CostRow", "cost_rows"]


@dataclass(frozen=True)
class CostRow:
    """One method on one task; times in milliseconds per edit after warm-up, memory in MiB."""

    task: str
    method: str
    ms: float | None
    ms_p90: float | None
    peak_mib: float | None
    parameters: float | None
    macs: float | None
    device: str
    batch: str

    @property
    def printed_parameters(self) -> str:
        """As in "1.05 M"; empty where the method has no network."""
        return large(self.parameters) if self.parameters else ""

    @property
    def printed_macs(self) -> str:
        """As in "3.4 G"; empty where the method has no network."""
        return large(self.macs) if self.macs else ""


def cost_rows(run: Run) -> list[CostRow]:
    """The costs table in the order of the run's tasks and methods."""
    tasks = {task.name: task.title for task in run.header.tasks}
    methods = {method.name: method.title for method in run.header.methods}
    found = {(row["task"], row["method"]): row for row in run.costs.to_dict("records")}
    return [
        _row(tasks[task], methods[method], found[task, method])
        for task in tasks
        for method in methods
        if (task, method) in found
    ]


def _row(task: str, method: str, record: dict[Any, Any]) -> CostRow:
    return CostRow(
        task=task,
        method=method,
        ms=_number(record.get("ms")),
        ms_p90=_number(record.get("ms_p90")),
        peak_mib=_number(record.get("peak_mib")),
        parameters=_number(record.get("parameters")),
        macs=_number(record.get("macs")),
        device=str(record.get("device", "")),
        batch=str(record.get("batch", "")),
    )


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
