"""The suite: datasets x protocols x methods x metrics, written by hand as YAML.

    name: example
    datasets:
      rooms: {dataset: procedural-rooms, size: 128, limit: 8}
    tasks:
      - {dataset: rooms, protocol: [freeform@1, object-remove@1]}
    methods: [copy, mean-colour, {name: mine, editor: folder, options: {path: results}}]
    metrics: [psnr, ssim, lpips-alex]

`dataset` and `protocol` of a task may be lists: the task then stands for every pair of them. The
schema is checked once, here; inside, plain arguments are passed. Field by field in
docs/reference/suite.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from bench.core.documents import parse_yaml, read_text
from bench.core.errors import BadInput, first_fault, unknown
from bench.plugins.kinds import METRICS
from bench.suite.explain import explain
from bench.suite.table import TableLayout
from bench.suite.titles import task_title

__all__ = [
    "Composite",
    "DatasetEntry",
    "MethodEntry",
    "MetricEntry",
    "Quantise",
    "Suite",
    "TaskEntry",
    "load_suite",
    "metric_entries",
    "parse_suite",
    "read_suite",
    "suite_names",
]

Composite = Literal["known-bytes", "published", "none"]
"""How a raw output becomes a result: known pixels copied byte for byte; the papers' float blend; or
not at all (synthesis, restyle)."""

Quantise = Literal["round", "truncate"]

_SHIPPED = Path(__file__).parent / "shipped"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _two_sides(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else value


Side = Annotated[int, Field(ge=8, le=8192)]
Size = Annotated[
    tuple[Side, Side],
    BeforeValidator(_two_sides, json_schema_input_type=Side | tuple[Side, Side]),
]


def _both_words(schema: dict[str, Any]) -> None:
    """Files may say `subset` for `split`."""
    fields = schema["properties"]
    fields["subset"] = {**fields["split"], "title": "Subset", "deprecated": True}


class DatasetEntry(_Entry):
    """One dataset as the suite uses it.

    Attributes:
        dataset: a registered dataset (`siebench datasets list`).
        path: its folder, from the suite's file. Where it is left out, `--data NAME=PATH` gives it, or a
            folder of the dataset's name in SIEBENCH_DATA.
        split: a split of it; its default one where left out. `subset`, the word that records
            keep, is read too.
        size: pixels a side, or [height, width]; left out exactly where fit is native.
        fit: how an image is brought to the size. crop scales until the size is covered and cuts the
            centre out, resize scales both sides, native changes nothing.
        limit: at most this many scenes, from the first.
        segmenter: KIND:ARGUMENT or the path of an ONNX file, for miou and accuracy; files count from
            the suite's file.
    """

    model_config = ConfigDict(json_schema_extra=_both_words)

    dataset: str
    path: str | None = None
    split: Annotated[str | None, Field(validation_alias=AliasChoices("split", "subset"))] = None
    size: Size | None = (256, 256)
    fit: Literal["resize", "crop", "native"] = "crop"
    limit: Annotated[int, Field(ge=1)] | None = None
    segmenter: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        if isinstance(given, dict) and {"split", "subset"} <= set(given):
            raise ValueError("split and subset are one field; write split")
        if isinstance(given, dict) and given.get("fit") == "native":
            return {"size": None, **given}
        return given

    @model_validator(mode="after")
    def _size_and_fit_agree(self) -> DatasetEntry:
        if (self.size is None) != (self.fit == "native"):
            raise ValueError("size is left out exactly when fit is native")
        return self

    @model_serializer(mode="wrap")
    def _as_recorded(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"subset" if name == "split" else name: v for name, v in plain(self).items()}


class TaskEntry(_Entry):
    """Edits of one protocol (or one pack) over one dataset, or over every pair of two lists.

    Attributes:
        name: names the task's files and rows; DATASET-PROTOCOL where it is left out.
        title: for the reader; made from dataset and protocol where it is left out.
        dataset: one of the suite's datasets, or a list of them.
        protocol: a protocol (`siebench masks list`), or a list of them. Give protocol or pack.
        pack: the folder of a pack of edits, from the suite's file, in place of a protocol.
        parameters: of the protocol.
        samples: how many edits a scene gets.
        references: how many other scenes an editor may take a style from.
        prompts: a JSON file of texts by scene or edit id, from the suite's file, for editors that read
            words: {"0001": "a red sofa"}.
        composite: in place of the suite's.
        quantise: in place of the suite's.
    """

    name: str | None = None
    title: str | None = None
    dataset: str | list[str]
    protocol: str | list[str] | None = None
    pack: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    samples: Annotated[int, Field(ge=1, le=4096)] = 1
    references: Annotated[int, Field(ge=0, le=4096)] = 0
    prompts: str | None = None
    composite: Composite | None = None
    quantise: Quantise | None = None

    @model_validator(mode="after")
    def _one_source_of_edits(self) -> TaskEntry:
        if (self.protocol is None) == (self.pack is None):
            raise ValueError("a task takes its edits from either protocol or pack")
        if [] in (self.dataset, self.protocol):
            raise ValueError("a list of datasets or protocols names one at least")
        if self.name is not None and (
            isinstance(self.dataset, list) or isinstance(self.protocol, list)
        ):
            raise ValueError("name is for a task with one dataset and one protocol")
        return self

    @model_serializer(mode="wrap")
    def _as_recorded(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Records of suites without prompts are older than the field.
        return {name: v for name, v in plain(self).items() if name != "prompts" or v is not None}


class MethodEntry(_Entry):
    """One row of the tables: an editor with its variant, weights and options.

    In a file an editor's name alone stands for a method.

    Attributes:
        name: names the method's files and rows; the editor's name where it is left out.
        editor: a registered editor (`siebench models list`), or package.module:attribute, which
            asks for `--trust`.
        title: for the reader; the name where it is left out, or its editor's title where it is named
            as that (`diffusion`: harmonic fill).
        options: of the editor (`siebench models show NAME`); files and folders among them count from
            the suite's file.
        datasets: those of the suite that it edits, for a network that knows one label space; all of
            them where it is left out. Tables of other datasets have no row of it.
        timeout: seconds that a batch may take, the first one with its loading too; a batch that takes
            longer fails, and the rest of the run goes on. It is part of no hash.
    """

    # The JSON Schema is about files.
    model_config = ConfigDict(json_schema_extra={"required": ["editor"]})

    name: str
    editor: str
    title: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    datasets: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    timeout: Annotated[float, Field(gt=0)] | None = None


class MetricEntry(_Entry):
    """One metric with its options.

    In a file a metric's name alone stands for a metric without options.

    Attributes:
        name: a registered metric.
        options: of the metric.
    """

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


def _method(value: Any) -> Any:
    if isinstance(value, str):
        return {"name": value, "editor": value}
    if isinstance(value, Mapping) and "editor" in value and "name" not in value:
        return {"name": value["editor"], **value}
    return value


def _metric(value: Any) -> Any:
    entry = {"name": value} if isinstance(value, str) else value
    if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
        # What people type ("lpips") is kept under the name that it means, so that nothing is twice.
        return {**entry, "name": METRICS.canonical(entry["name"])}
    return entry


_Method = Annotated[MethodEntry, BeforeValidator(_method, json_schema_input_type=str | MethodEntry)]
_Metric = Annotated[MetricEntry, BeforeValidator(_metric, json_schema_input_type=str | MetricEntry)]


def metric_entries(given: Sequence[str | Mapping[str, Any] | MetricEntry]) -> list[MetricEntry]:
    """Metrics as a suite writes them: a name, or `name` with `options`. Each is kept once.

    >>> metric_entries(["psnr", {"name": "fd", "options": {"network": "procedural"}}])[1].options
    {'network': 'procedural'}

    Raises:
        BadInput: what is neither, with what was expected.
    """
    found: list[MetricEntry] = []
    for one in given:
        wrong = (
            f"metric {one!r}: expected a name, or {{name: NAME, options: {{...}}}} as in a suite"
        )
        if not isinstance(one, (str, Mapping, MetricEntry)):
            raise BadInput(wrong)
        try:
            # A name stays as it was typed: it stands in the protocol record of a folder's scores.
            entry = MetricEntry.model_validate({"name": one} if isinstance(one, str) else one)
        except ValidationError as error:
            field, why = first_fault(error)
            raise BadInput(f"{wrong} (field {field}: {why})") from None
        if entry not in found:
            found.append(entry)
    return found


def _one_executor(value: Any) -> Any:
    if isinstance(value, Mapping) and len(value) == 1:
        return {name: settings or {} for name, settings in value.items()}
    if not isinstance(value, str):
        raise ValueError(
            "give one executor's name, or its settings too, as in {ray: {num_gpus: 1}}"
        )
    return value


_Executor = Annotated[str | dict[str, dict[str, Any]], BeforeValidator(_one_executor)]


class Suite(_Entry):
    """A suite, checked.

    Attributes:
        name: letters, digits, `.`, `_` and `-`; the run's folder is named for it.
        title: for the reader.
        description: for the reader.
        seed: part of every random key.
        batch_size: the one, padded batch shape that methods run in.
        composite: how a raw output becomes a result. known-bytes copies the known pixels byte for
            byte, published blends in float32 as the papers' code does, none takes the raw output
            as it is (synthesis, restyling).
        quantise: how a result becomes 8 bits. With published and truncate, known grey levels 1 to 63
            come back one lower, as in the papers' code.
        datasets: by the name that tasks use.
        tasks: what is edited, and how.
        methods: who edits.
        metrics: what is measured.
        table: the published table that the suite reproduces.
        executor: who decides where shards are carried out, a registered executor or {NAME: settings};
            `--executor` goes before it. It is part of no hash.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    title: str | None = None
    description: str = ""
    seed: Annotated[int, Field(ge=0)] = 0
    batch_size: Annotated[int, Field(ge=1, le=256)] = 4
    composite: Composite = "known-bytes"
    quantise: Quantise = "round"
    datasets: Annotated[dict[str, DatasetEntry], Field(min_length=1)]
    tasks: Annotated[list[TaskEntry], Field(min_length=1)]
    methods: Annotated[list[_Method], Field(min_length=1)]
    metrics: Annotated[list[_Metric], Field(min_length=1)]
    table: TableLayout | None = None
    # Where a run is carried out is no part of what it is: no record holds it.
    executor: Annotated[_Executor | None, Field(exclude=True)] = None

    _home: Path | None = PrivateAttr(default=None)

    @property
    def home(self) -> Path | None:
        """The folder that its paths count from; None = the working folder (no file of one's own)."""
        return self._home

    def read_from(self, home: Path | None) -> Suite:
        """The same suite, its paths counted from `home`."""
        moved = self.model_copy()
        moved._home = home
        return moved

    @model_validator(mode="after")
    def _names_fit_together(self) -> Suite:
        for i, task in enumerate(self.tasks):
            names = [task.dataset] if isinstance(task.dataset, str) else task.dataset
            for name in names:
                if name not in self.datasets:
                    raise ValueError(
                        f"tasks.{i}.dataset: {unknown('dataset', name, self.datasets)}"
                    )
        seen = [method.name for method in self.methods]
        twice = sorted({name for name in seen if seen.count(name) > 1})
        if twice:
            raise ValueError(f"methods: {twice[0]!r} is given twice; give each its own name")
        for i, method in enumerate(self.methods):
            for name in method.datasets or ():
                if name not in self.datasets:
                    raise ValueError(
                        f"methods.{i}.datasets: {unknown('dataset', name, self.datasets)}"
                    )
        if self.table is not None:
            self.table.check([str(task.name) for task in self.single_tasks()], seen)
        return self

    def single_tasks(self) -> list[TaskEntry]:
        """The tasks with every list written out, each with a name of its own and a title.

        Raises:
            BadInput: where two tasks have one name.
        """
        single: list[TaskEntry] = []
        for task in self.tasks:
            datasets = [task.dataset] if isinstance(task.dataset, str) else task.dataset
            protocols = task.protocol if isinstance(task.protocol, list) else [task.protocol]
            for dataset in datasets:
                for protocol in protocols:
                    name = task.name or _task_name(dataset, protocol, task.pack)
                    title = task.title or task.name or task_title(dataset, protocol, task.pack)
                    own = {"name": name, "title": title, "dataset": dataset, "protocol": protocol}
                    single.append(task.model_copy(update=own))
        names = [task.name for task in single]
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        if twice:
            raise BadInput(f"suite {self.name!r}: two tasks are called {twice[0]!r}; name one anew")
        return single


def _task_name(dataset: str, protocol: str | None, pack: str | None) -> str:
    edits = protocol if protocol is not None else Path(str(pack)).name
    return f"{dataset}-{edits.rpartition(':')[2].split('@')[0]}"


def parse_suite(text: str, source: str) -> Suite:
    """A suite from YAML text.

    Raises:
        BadInput: with source, line, field, value and what was expected.
    """
    value = parse_yaml(text, source)
    if not isinstance(value, dict):
        raise BadInput(
            f"{source}: a suite is a mapping with name, datasets, tasks, methods, metrics"
        )
    try:
        return Suite.model_validate(value)
    except ValidationError as error:
        raise BadInput(explain(error, Suite, text, source)) from None


def suite_names() -> list[str]:
    """The shipped suites, sorted."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def load_suite(name: str | Path) -> Suite:
    """A shipped suite by name, or a YAML file by path.

    Raises:
        BadInput: no such suite or file, or a wrong field in it.
    """
    return read_suite(name)[0]


def read_suite(name: str | Path) -> tuple[Suite, str, str]:
    """Like `load_suite`, with the file's text and its path beside the suite."""
    path = Path(name)
    shipped = _SHIPPED / f"{name}.yaml"
    if path.suffix not in {".yaml", ".yml"} and re.fullmatch(r"[\w.-]+", str(name)):
        if not shipped.is_file():
            raise unknown("suite", str(name), suite_names())
        path = shipped
    text = read_text(path)
    home = None if path == shipped else path.parent
    return parse_suite(text, str(path)).read_from(home), text, str(path)
