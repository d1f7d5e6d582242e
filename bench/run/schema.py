"""What `run.json` holds, typed: the tasks, methods and metrics of a run and where it came from.

The file is written from a `Header` and read into one. Format 2 is written; format 1 is read, and what
it does not say has the defaults here. Each table's columns are declared in `bench.run.tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from bench.core.atomic import write_json
from bench.core.documents import read_json
from bench.core.errors import BadInput, first_fault
from bench.metrics.facts import (
    FORMER_SCORES,
    Against,
    Better,
    MarginKind,
    Region,
    ScoreInfo,
    Summary,
)
from bench.suite.table import REAL

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
    "UnmadeRow",
    "WorkersRow",
    "all_noticed",
    "read_header",
    "write_header",
]

FORMAT = 2
"""The version of the run directory that is written."""

READ = (1, 2)
"""The versions that can be read."""

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


class UnmadeRow(_Part):
    """An edit that there is none of, with its reason in one sentence."""

    scene: str
    sample: int
    reason: str


class TaskRow(_Part):
    """A dataset under a protocol, and what came of its edits.

    Attributes:
        planned: how many edits the suite asks for.
        n: how many were drawn.
        size: (height, width) in pixels, None where each edit has its own.
        impossible: what the protocol could not draw.
        unreadable: what could not be read at all.
        record: the readable side of the protocol hash, without metrics.
    """

    name: str
    slug: Slug
    title: str
    dataset: str
    protocol: str
    operation: str
    planned: NonNegativeInt = 0
    n: NonNegativeInt
    size: tuple[int, int] | None
    space: Space
    impossible: tuple[UnmadeRow, ...] = ()
    unreadable: tuple[UnmadeRow, ...] = ()
    record: dict[str, Any] = Field(default_factory=dict)


class MethodRow(_Part):
    """An editor with its options: a row of a table.

    Attributes:
        record: the readable side of the method hash.
        recipe: how its network was trained, as `Editor.training_recipe` says it; empty where it does not.
        problem: why it could not run.
    """

    name: str
    slug: Slug
    title: str
    editor: str
    options: dict[str, Any] = Field(default_factory=dict)
    needs: tuple[str, ...] = ()
    hash: str | None = None
    record: dict[str, Any] = Field(default_factory=dict)
    recipe: dict[str, Any] = Field(default_factory=dict)
    problem: str | None = None

    @property
    def sees_hidden(self) -> bool:
        """Whether the method is shown the pixels that it is to fill in."""
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
    zero_is_best: bool = False
    floor: float | None = None
    ceiling: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _facts_of_former_runs(cls, value: Any) -> Any:
        """A run of format 1 says no more than name, metric, title, unit and direction.

        The first ones of format 2 do not say floor and ceiling.
        """
        if not isinstance(value, Mapping) or "floor" in value:
            return value
        known = FORMER_SCORES.get(str(value.get("name")))
        if "family" in value:
            return value if known is None else {**value, **_bounds(known)}
        facts = {"family": value.get("metric")} if known is None else asdict(known)
        # The title in the words of today.
        return {**facts, **value, **({} if known is None else {"title": known.title})}


def _bounds(score: ScoreInfo) -> dict[str, float | None]:
    return {"floor": score.floor, "ceiling": score.ceiling}


class Git(_Part):
    """The commit that ran, and whether the working tree had changes on top of it."""

    commit: str
    dirty: bool


class WorkersRow(_Part):
    """Workers of a run that are alike.

    Attributes:
        workers: how many processes.
        shards: how many shards they wrote, or wrote results of that stayed.
        alone: how many of those while no other worker used the device; only these have times.
        device: its kind, "cpu" or "cuda"; `device_name` its model.
        threads: with which PyTorch computed on the processor.
        versions: of packages that may move a number.
    """

    workers: NonNegativeInt
    shards: NonNegativeInt
    alone: NonNegativeInt
    device: str
    device_name: str = ""
    threads: NonNegativeInt = 0
    versions: dict[str, str] = Field(default_factory=dict)


class RunNotice(_Part):
    """What the harness found out about a metric or a method, which `name` names, in a task.

    "bad" makes the run suspect; "note" is good to know. `text` is one sentence without its stop.
    `declared`: the method says so itself, so that it is no news.
    """

    kind: Literal["bad", "note"]
    task: str
    what: Literal["metric", "method"]
    name: str
    text: str
    declared: bool = False


def all_noticed(notices: Iterable[RunNotice], kind: Literal["bad", "note"]) -> tuple[str, ...]:
    """The notices that make a run suspect ("bad") or are good to know, each once with its tasks."""
    tasks: dict[str, list[str]] = {}
    for notice in notices:
        if notice.kind == kind:
            tasks.setdefault(notice.text, []).append(notice.task)
    return tuple(f"{text} ({', '.join(names)})" for text, names in tasks.items())


class Header(_Part):
    """The whole of `run.json`; times are ISO 8601 in UTC.

    Attributes:
        key: the hash of everything that the numbers follow from; a run goes on where it is equal.
        state: "decided" where `--until-decided` ended the run before all its edits were made.
        order: how scenes come; "shuffled" by a keyed random order with `--until-decided`.
        suite: the suite as it was carried out, the seed and limits of the command among it.
        executor: who decided where the shards were carried out.
        versions: of packages that may move a number, where the tables were made.
        workers: who carried out the shards.
        git: the user's repository: that of the suite's file, or of the working folder.
        harness: the checkout that siebench ran from, None where it was installed.
        protocols: the readable record behind every protocol hash of the scores.
    """

    format: Literal[1, 2]
    key: str = ""
    name: str
    title: str
    description: str = ""
    state: Literal["running", "decided", "done"] = "running"
    started: str | None = None
    finished: str | None = None
    seconds: NonNegativeFloat | None = None
    executor: str = "local"
    order: Literal["dataset", "shuffled"] = "dataset"
    suite: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    git: Git | None = None
    harness: Git | None = None
    hardware: dict[str, Any] = Field(default_factory=dict)
    workers: tuple[WorkersRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    methods: tuple[MethodRow, ...] = ()
    metrics: tuple[MetricColumn, ...] = ()
    protocols: dict[str, dict[str, Any]] = Field(default_factory=dict)
    notices: tuple[RunNotice, ...] = ()

    @property
    def news(self) -> tuple[RunNotice, ...]:
        """The notices without those that only repeat what a method says of itself."""
        return tuple(notice for notice in self.notices if not notice.declared)

    @model_validator(mode="before")
    @classmethod
    def _repository_of_former_runs(cls, value: Any) -> Any:
        """Format 1 called the checkout that siebench ran from `git`, and knew no other."""
        if not isinstance(value, Mapping) or value.get("format") != 1:
            return value
        return {**value, "git": None, "harness": value.get("git")}


def write_header(file: Path, header: Header) -> None:
    """Writes `run.json` whole or not at all, without the folders of this machine."""
    from bench.run.portable import portable_header

    write_json(file, portable_header(header).model_dump(mode="json"))


def read_header(file: Path) -> Header:
    """Reads `run.json`.

    Raises:
        BadInput: a file that is damaged, no run, or of a format that is not known here.
    """
    if not file.exists():
        raise BadInput(f"{file.parent}: no run (there is no {file.name}); `siebench run` makes one")
    try:
        content = read_json(file)
    except BadInput as error:
        raise BadInput(f"{error}; run the suite again with another --out") from error
    if not isinstance(content, dict) or "format" not in content:
        raise BadInput(f"{file}: not a run of siebench (no field 'format')")
    if content["format"] not in READ:
        raise BadInput(
            f"{file}: run format {content['format']!r}, but this siebench reads formats "
            f"{' and '.join(map(str, READ))}; use the version that made the run"
        )
    try:
        return Header.model_validate(content)
    except ValidationError as error:
        field, why = first_fault(error)
        raise BadInput(
            f"{file}: field {field}: {why}, found {error.errors()[0]['input']!r}; run the suite again "
            "with another --out"
        ) from error
