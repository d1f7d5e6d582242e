"""The `table` of a suite: which published table it reproduces, and how that table is laid out.

    table:
      papers: ["SPMPGAN (ECCV 2022, arXiv 2207.06252)"]
      name: main table
      columns:
        - task: ade20k_room-freeform
          metric: fid-bgr
          group: ADE20K-Room, free-form
          title: FID
          better: lower
          published: {dataset: ADE20K-Room, task: free-form editing, metric: FID}
          expects: {n_scenes: 255, composite: published, quantise: truncate}
      rows:
        - {method: spmpgan, title: SPMPGAN, published: SPMPGAN}
        - {title: HIM, published: HIM}

Rows and columns stand in the order of the paper. A row without `method` has no counterpart here and
shows only what was published; a column without `published` shows only what is measured, and one with
nothing but `published` what no run measures (people's votes).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bench.core.errors import unknown

__all__ = ["REAL", "PublishedKey", "TableColumn", "TableLayout", "TableRow", "Tolerance"]

REAL = "(real)"
"""The method name under which a run lists its real images' own scores (mIoU, accuracy)."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, (str, Mapping)) else value


_Part = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Tolerance(_Entry):
    """How far a measured value may lie from the published one: the larger of the two allowances.

    Attributes:
        absolute: in the published value's unit.
        relative: as a part of the published value's size.
    """

    absolute: _Part = 0.0
    relative: _Part = 0.02

    def around(self, value: float) -> float:
        """The largest difference that still counts as the same value."""
        return max(self.absolute, self.relative * abs(value))


class PublishedKey(_Entry):
    """What a column is called in `bench/judge/published/results.json`."""

    dataset: str
    task: str
    metric: str


class TableColumn(_Entry):
    """One column: a score (or cost) of one task, or what was published and no run measures.

    Attributes:
        task: the suite's task; none where neither metric nor cost is given.
        metric: the score's name as in scores.parquet. Give metric or cost, or `published` alone.
        cost: a column of costs.parquet ("ms", "parameters", "macs").
        title: the heading.
        group: the heading that spans several columns.
        better: which way is better.
        published: the name, or names, under which values are published; none where none are.
        scale: a measured value times this is in the published unit (100 for percentages, 0.001
            for milliseconds beside seconds).
        tolerance: how far a reproduction may lie from the published value.
        expects: what is known of how the published values were made, by field of the task's
            protocol record (dotted, "metric." before the metric's own fields). A field that
            differs in the run makes the two incomparable; so does saying nothing.
        unstated: what no source says about the published values, in words.
    """

    task: str | None = None
    metric: str | None = None
    cost: str | None = None
    title: str
    group: str = ""
    better: Literal["lower", "higher", "neither"]
    published: Annotated[
        tuple[PublishedKey, ...],
        BeforeValidator(
            _one_or_more, json_schema_input_type=PublishedKey | tuple[PublishedKey, ...]
        ),
    ] = ()
    scale: Annotated[float, Field(gt=0)] = 1.0
    tolerance: Tolerance = Tolerance()
    expects: dict[str, Any] = Field(default_factory=dict)
    unstated: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_quantity(self) -> TableColumn:
        if self.metric is not None and self.cost is not None:
            raise ValueError("a column shows either a metric or a cost")
        if self.measured != (self.task is not None):
            raise ValueError("a column with a task shows either a metric or a cost of it")
        if not (self.measured or self.published):
            raise ValueError("a column shows a metric, a cost, or what was published")
        return self

    @property
    def measured(self) -> bool:
        """Whether a run has values for it."""
        return self.metric is not None or self.cost is not None


class TableRow(_Entry):
    """One row: a method of the suite, or one that only the papers have.

    Attributes:
        method: the suite's method; "(real)" for the real images, of which a run keeps mIoU and
            accuracy; or None.
        title: as the table prints it.
        published: the method's name, or names, in the published results; none where it is absent.
        instead: what stands in the published method's place here ("a small preset, trained on
            procedural scenes"); such a row is shown beside the published one, never judged.
    """

    method: str | None = None
    title: str
    published: Annotated[
        tuple[str, ...],
        BeforeValidator(_one_or_more, json_schema_input_type=str | tuple[str, ...]),
    ] = ()
    instead: str | None = None


class TableLayout(_Entry):
    """A published table.

    Attributes:
        papers: as `bench/judge/published/results.json` names them.
        name: the table's name in the paper.
        note: for the reader, below the table.
        columns: in the paper's order.
        rows: in the paper's order.
        context: whether values of other papers for the same columns are shown too, told apart and
            never judged: beside the rows' own, and in rows after the last.
    """

    papers: Annotated[tuple[str, ...], Field(min_length=1)]
    name: str
    note: str = ""
    columns: Annotated[tuple[TableColumn, ...], Field(min_length=1)]
    rows: Annotated[tuple[TableRow, ...], Field(min_length=1)]
    context: bool = False

    def check(self, tasks: Collection[str], methods: Collection[str]) -> None:
        """Whether the suite has what the table names.

        Raises:
            ValueError: with the field, and the nearest name that is there.
        """
        for i, column in enumerate(self.columns):
            if column.task is not None and column.task not in tasks:
                raise ValueError(f"table.columns.{i}.task: {unknown('task', column.task, tasks)}")
        for i, row in enumerate(self.rows):
            if row.method not in (None, REAL) and row.method not in methods:
                raise ValueError(f"table.rows.{i}.method: {unknown('method', row.method, methods)}")
