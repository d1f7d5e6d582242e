"""What `run.json` holds, typed: the tasks, methods and metrics of a run and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    StringConstraints,
    model_validator,
)

from bench.metrics.facts import FORMER_SCORES, Against, Better, MarginKind, Region, Summary

__all__ = [
    "FORMAT",
    "REAL",
    "Git",
    "Header",
    "MethodRow",
    "MetricColumn",
    "RunNotice",
    "Space",
    "TaskRow",
    "Unmade",
]

FORMAT = 1
"""The version of the run directory that this reader understands."""

REAL = "(real)"
"""The method name under which the real pictures' own scores stand."""

Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_@+=-][A-Za-z0-9_.@+=-]*$")]
"""A name that is safe as one part of a path: no separator, no leading dot."""


class _Part(BaseModel):
    """Frozen; fields that a later writer adds are let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Space(_Part):
    """A label space: K class names and K colours, RGB in 0..255."""

    name: str
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]


class Unmade(_Part):
    """An edit that there is none of, with its reason in one sentence."""

    scene: str
    sample: int
    reason: str


class TaskRow(_Part):
    """A dataset under a protocol; `n` edits were drawn, `size` is (height, width) in pixels.

    `impossible` lists what the protocol could not draw, `unreadable` what could not be read at all.
    """

    name: str
    slug: Slug
    title: str
    dataset: str
    protocol: str
    operation: str
    n: NonNegativeInt
    size: tuple[int, int] | None
    space: Space
    impossible: tuple[Unmade, ...] = ()
    unreadable: tuple[Unmade, ...] = ()
    record: dict[str, Any] = Field(default_factory=dict)


class MethodRow(_Part):
    """An editor with its options: a row of a table. `problem` says why it could not run."""

    name: str
    slug: Slug
    title: str
    editor: str
    options: dict[str, Any] = Field(default_factory=dict)
    needs: tuple[str, ...] = ()
    hash: str | None = None
    record: dict[str, Any] = Field(default_factory=dict)
    problem: str | None = None

    @property
    def sees_hidden(self) -> bool:
        """Whether the method is shown the pixels that it is to paint."""
        return "original" in self.needs


class MetricColumn(_Part):
    """A score and how to read it, the fields of `bench.metrics.ScoreInfo`.

    `metric` is the Metric that it belongs to.
    """

    name: str
    metric: str
    title: str
    family: str
    region: Region = "image"
    unit: str = ""
    better: Better
    against: Against = "ground-truth"
    summary: Summary = "mean"
    margin: NonNegativeFloat = 0.03
    margin_kind: MarginKind = "relative"
    by_class: bool = False

    @model_validator(mode="before")
    @classmethod
    def _facts_of_former_runs(cls, value: Any) -> Any:
        """A run of format 1 says no more than name, metric, title, unit and direction."""
        if not isinstance(value, Mapping) or "family" in value:
            return value
        known = FORMER_SCORES.get(str(value.get("name")))
        facts = {"family": value.get("metric")} if known is None else asdict(known)
        return {**facts, **value}


class Git(_Part):
    """The commit that ran, and whether the working tree had changes on top of it."""

    commit: str
    dirty: bool


class RunNotice(_Part):
    """What the harness found out about a metric or a method, which `name` names, in a task.

    "bad" makes the run suspect; "note" is good to know. `text` is one sentence without its stop.
    """

    kind: Literal["bad", "note"]
    task: str
    what: Literal["metric", "method"]
    name: str
    text: str


class Header(_Part):
    """The whole of `run.json`; times are ISO 8601 in UTC.

    `state` is "decided" where `--until-decided` ended the run before all its edits were made;
    `protocols` holds the readable record behind every protocol hash of the scores.
    """

    format: Literal[1]
    name: str
    title: str
    description: str = ""
    state: Literal["running", "decided", "done"]
    started: str | None = None
    finished: str | None = None
    seconds: NonNegativeFloat | None = None
    suite: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    git: Git | None = None
    hardware: dict[str, Any] = Field(default_factory=dict)
    tasks: tuple[TaskRow, ...] = ()
    methods: tuple[MethodRow, ...] = ()
    metrics: tuple[MetricColumn, ...] = ()
    protocols: dict[str, dict[str, Any]] = Field(default_factory=dict)
    notices: tuple[RunNotice, ...] = ()
    table: dict[str, Any] | None = None
