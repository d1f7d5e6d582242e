"""What each method cost, ready to print: a row for each task and method, a column for each cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.run.tables import COST_COLUMNS, CostColumn, stored_number
from reports.numbers import decimals_for, large, printed

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["CostRow", "CostTable", "CostValue", "cost_table"]


@dataclass(frozen=True)
class CostValue:
    """One cost: the number to sort by, None where it is not known, and as it is printed."""

    value: float | None
    text: str


@dataclass(frozen=True)
class CostRow:
    """One method on one task, its costs in the order of the table's columns; `ms` is the time per edit.

    `method` is its title, which another method may have too; `name` is its own.
    """

    task: str
    slug: str
    name: str
    method: str
    costs: tuple[CostValue, ...]
    device: str
    batch: str
    ms: float | None


@dataclass(frozen=True)
class CostTable:
    """The costs that at least one method has, and a row for each task and method."""

    columns: tuple[CostColumn, ...]
    rows: tuple[CostRow, ...]


def cost_table(run: Run) -> CostTable:
    """The costs in the order of the run's tasks and methods."""
    tasks = {task.name: task for task in run.header.tasks}
    methods = {method.name: method.title for method in run.header.methods}
    found = {(row["task"], row["method"]): row for row in run.costs.to_dict("records")}
    columns = tuple(
        column
        for column in COST_COLUMNS
        if any(stored_number(row.get(column.name)) for row in found.values())
    )
    largest = {
        column.name: max(stored_number(row.get(column.name)) or 0.0 for row in found.values())
        for column in columns
    }
    rows = tuple(
        CostRow(
            task=tasks[task].title,
            slug=tasks[task].slug,
            name=method,
            method=methods[method],
            costs=tuple(
                _value(column, found[task, method].get(column.name), largest[column.name])
                for column in columns
            ),
            device=str(found[task, method].get("device", "")),
            batch=str(found[task, method].get("batch", "")),
            ms=stored_number(found[task, method].get("ms")),
        )
        for task in tasks
        for method in methods
        if (task, method) in found
    )
    return CostTable(columns, rows)


def _value(column: CostColumn, value: Any, largest: float) -> CostValue:
    """As in "12.3" or, for a count, "1.05 M"; a method without a network has no count."""
    number = stored_number(value)
    if number is None or (not column.unit and number == 0):
        return CostValue(number, "")
    if not column.unit:
        return CostValue(number, large(number))
    decimals = min(1, decimals_for([largest]))
    if number and round(number, decimals) == 0:  # what is small is not nothing
        decimals = decimals_for([number])
    return CostValue(number, printed(number, decimals))
