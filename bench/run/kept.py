"""What of a shard stays when a run is taken up again: results that are still those of their edits.

Every samples table carries a `ShardRecord` in its own metadata, so that the two are written as one file:
the hashes of what its rows follow from, and of the pixels of every image that belongs to them. A shard
is done when its record is the plan's and every image is as recorded. Of one that is not, each result
stays whose method, edit and pixels are as recorded; the others are carried out, and only these.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import masks
from bench.core.documents import parse_json, refuse_endless
from bench.core.errors import BadInput
from bench.core.identity import array_hash, record_hash
from bench.edit import EditName
from bench.metrics import Metric, full_definition, made_elsewhere
from bench.plugins.origin import said_by, setting_of, source_of
from bench.run.canaries.checks import Checks, read_checks
from bench.run.layout import EditImage, RunFolder, ShardTable
from bench.run.methods import Method
from bench.run.plan import Shard
from bench.run.table_files import read_columns
from bench.run.tables import (
    CANARY_SAMPLES,
    OUTPUTS,
    REFERENCES,
    SAMPLES,
    TIMES,
    UNMADE,
    StoredTable,
)
from bench.scene import UInt8

__all__ = [
    "MARK",
    "Again",
    "Former",
    "ShardRecord",
    "Standing",
    "damage",
    "recorded",
    "standing",
]

MARK = "siebench"
"""The key of the record in a table's metadata."""


@dataclass(frozen=True)
class Again:
    """What is carried out again although it is there.

    Attributes:
        failed: whether failed edits are.
        methods: names of methods of which everything is.
    """

    failed: bool = False
    methods: frozenset[str] = frozenset()


@dataclass
class ShardRecord:
    """What the rows of a shard follow from, and the pixels that belong to them.

    Attributes:
        pairs: the hash of its (scene, sample) pairs.
        methods: method hashes by name.
        metrics: hashes of the metrics' definitions by name, with the code of what is from elsewhere.
        edits: by edit, the hash of each of its images, and its `references`.
        results: by method and edit, the hash of the result.
        sources: by method and edit, the hash of what it was made from; of methods that read files.
        makers: the code of a dataset and a protocol from elsewhere, with the files that parameters name.
            Where that is another, the edits are made again, and the results of those that are still the
            same stay.
    """

    pairs: str = ""
    methods: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=dict)
    edits: dict[str, dict[str, str]] = field(default_factory=dict)
    results: dict[str, dict[str, str]] = field(default_factory=dict)
    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    makers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, shard: Shard, methods: Sequence[Method], metrics: Sequence[Metric]) -> ShardRecord:
        """The plan's, without the images, which are known once the shard is carried out."""
        made_by = {"dataset": shard.task.dataset, "protocol": shard.task.protocol}
        return cls(
            record_hash({"pairs": [list(pair) for pair in shard.pairs]}),
            {m.name: m.hash for m in methods if m.editor is not None and m.edits(shard.task)},
            {m.name: record_hash({**full_definition(m), **made_elsewhere(m)}) for m in metrics},
            makers={name: maker for name, one in made_by.items() if (maker := _maker(one))},
        )

    def follows_from(self, other: ShardRecord) -> bool:
        """Whether both say the same of where the rows come from."""
        mine = (self.pairs, self.methods, self.metrics, self.makers)
        return mine == (other.pairs, other.methods, other.metrics, other.makers)

    def metadata(self) -> dict[str, str]:
        """As the table keeps it."""
        fields = asdict(self)
        for name in ("sources", "makers"):
            if not fields[name]:
                del fields[name]
        return {MARK: json.dumps(fields, sort_keys=True, separators=(",", ":"))}


def _maker(one: object) -> str:
    """The code of what is from elsewhere, with what the files hold that its parameters name; "" of ours."""
    code: str = source_of(one).get("source", "")
    parameters = one.parameters() if code and isinstance(one, masks.Protocol) else {}
    said = {name: said_by(value) for name, value in parameters.items()}
    files = {name: what for name, what in said.items() if what != setting_of(parameters[name])}
    return record_hash({"source": code, "files": files}) if files else code


@dataclass(frozen=True)
class Standing:
    """What a run finds of a shard before it goes on.

    Attributes:
        done: whether nothing of it is to be carried out or written.
        kept: how many results stay, by method; failed ones that are not tried again count.
        damaged: what was there and is not what the tables say, a sentence each.
    """

    done: bool
    kept: Mapping[str, int] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()


class Former:
    """A shard as an earlier call left it; empty where there is none.

    Args:
        folder: the run.
        task: the task's slug.
        number: counts the task's shards from 0.

    Attributes:
        record: what it says of itself; empty where it says nothing.
        there: whether it has a samples table.
        damaged: why nothing of it can be used, or "".
    """

    def __init__(self, folder: RunFolder, task: str, number: int) -> None:
        self._folder, self._task, self._number = folder, task, number
        self.record = ShardRecord()
        self.damaged = ""
        self.samples: dict[str, list[Any]] = {}
        file = folder.shard("samples", task, number)
        self.there = file.exists()
        try:
            self.samples, metadata = read_columns(file, SAMPLES) if self.there else ({}, {})
            if MARK in metadata:
                self.record = ShardRecord(**parse_json(metadata[MARK], file.name))
        except (BadInput, ValueError, TypeError) as error:
            self.samples, self.damaged = {}, f"{folder.relative(file)}: {_cause(error)}"
        self._rows = {
            pair: at
            for at, pair in enumerate(
                zip(self.samples.get("method", ()), self.samples.get("edit", ()))
            )
        }

    def edits_of(self, method: str) -> list[str]:
        """The edits of which a method has a row."""
        return [edit for name, edit in self._rows if name == method]

    def row(self, method: str, edit: str) -> dict[str, Any] | None:
        """A method's row of an edit, or None."""
        at = self._rows.get((method, edit))
        return None if at is None else {name: column[at] for name, column in self.samples.items()}

    def stays(self, method: Method, name: EditName, again: Again) -> bool:
        """Whether the row of an edit that is still the same stays; its image is looked at apart."""
        edit = name.edit
        row = self.row(method.name, edit)
        if row is None or method.name in again.methods:
            return False
        if self.record.methods.get(method.name) != method.hash:
            return False
        source = method.source_of(name)
        if (
            source is not None
            and self.record.sources.get(method.name, {}).get(edit, source) != source
        ):
            return False
        return row["status"] == "ok" or not again.failed

    def result(self, method: str, slug: str, edit: str) -> UInt8 | None:
        """The result, uint8 [H,W,3], or None where its file is not what the record says."""
        try:
            image = _pixels(self._folder.prediction(self._task, slug, edit))
        except OSError:
            return None
        known = self.record.results.get(method, {}).get(edit)
        return image if known is not None and array_hash(image) == known else None

    def rows(self, name: ShardTable, table: StoredTable, method: str) -> list[dict[str, Any]]:
        """A method's rows of a table beside the samples; none where it is missing or damaged."""
        try:
            columns, _ = read_columns(self._folder.shard(name, self._task, self._number))
        except BadInput:
            return []
        nothing = [None] * max(map(len, columns.values()), default=0)
        rows = [
            dict(zip(table.names, values))
            for values in zip(*(columns.get(one, nothing) for one in table.names))
        ]
        return [row for row in rows if row["method"] == method]

    def checks(self) -> Checks:
        """What was found out about the task's methods on its first edits."""
        try:
            return read_checks(self._folder, self._task)
        except (BadInput, KeyError, TypeError, ValueError):
            return Checks()


def standing(
    folder: RunFolder,
    shard: Shard,
    methods: Sequence[Method],
    metrics: Sequence[Metric],
    again: Again,
) -> Standing:
    """What is there of a shard, every image of it read.

    Args:
        folder: the run.
        shard: of the plan.
        methods: the run's.
        metrics: those of the task that can be computed.
        again: what is carried out again.
    """
    task, number = shard.task.slug, shard.number
    former = Former(folder, task, number)
    if not former.there:
        return Standing(False)
    if former.damaged:
        return Standing(False, {}, (former.damaged,))
    if not former.record.pairs:
        where = folder.relative(folder.shard("samples", task, number))
        return Standing(False, {}, (f"{where}: holds no record of its images",))
    damaged = damage(folder, task, number, {m.name: m.slug for m in methods}, former)
    bad = {path for path, _ in damaged}
    names = {name.edit: name for name in shard.names()}
    moved = {
        edit
        for edit, known in former.record.edits.items()
        if edit in names
        and known.get("references")
        != " ".join(shard.task.references_of(names[edit].scene, names[edit].sample))
    }
    planned = ShardRecord.of(shard, methods, metrics)
    # Which edits other code moves is only seen when they are made.
    same_code = former.record.makers == planned.makers
    kept, whole = {}, former.record.follows_from(planned) and not (damaged or moved)
    for method in methods:
        if method.name not in planned.methods:
            continue
        mine = [edit for edit in former.edits_of(method.name) if edit in names]
        stay = [
            edit
            for edit in mine
            if edit not in moved
            and same_code
            and former.stays(method, names[edit], again)
            and folder.relative(folder.prediction(task, method.slug, edit)) not in bad
        ]
        kept[method.name] = len(stay)
        whole = whole and len(stay) == len(mine)
    if again.failed and whole:
        unmade, _ = read_columns(folder.shard("unmade", task, number))
        whole = "failed" not in unmade["status"]
    return Standing(whole, kept, tuple(f"{path}: {why}" for path, why in damaged))


def recorded(folder: RunFolder, task: str, number: int) -> ShardRecord | None:
    """What a shard's samples table says of itself, read from the file's end alone; None where nothing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = folder.shard("samples", task, number)
        refuse_endless(file)
        metadata = pq.read_schema(file).metadata or {}
        text = metadata.get(MARK.encode(), b"").decode()
        return ShardRecord(**parse_json(text, MARK)) if text else None
    except (OSError, pa.ArrowException, BadInput, TypeError, ValueError):
        return None


def damage(
    folder: RunFolder, task: str, number: int, slugs: Mapping[str, str], former: Former
) -> list[tuple[str, str]]:
    """The files of a shard that are not what its samples table says: paths in the run, with why.

    Args:
        folder: the run.
        task: the task's slug.
        number: counts the task's shards from 0.
        slugs: the methods' folder names by name.
        former: the shard, readable.
    """
    found: list[tuple[str, str]] = []
    tables: tuple[tuple[Any, StoredTable], ...] = (
        ("references", REFERENCES),
        ("unmade", UNMADE),
        ("times", TIMES),
        ("outputs", OUTPUTS),
        ("canaries", CANARY_SAMPLES),
    )
    for name, table in tables:
        file = folder.shard(name, task, number)
        if name in ("outputs", "canaries") and not file.exists():
            continue  # former runs have none, and canaries only a task's first shard
        try:
            columns, _ = read_columns(file)
            wanted = (one.name for one in table.columns if not one.later)
            lacking = [one for one in wanted if one not in columns]
            if lacking:
                found.append((folder.relative(file), f"lacks the column {lacking[0]}"))
        except BadInput as error:
            found.append((folder.relative(file), _cause(error)))
    record = former.record
    for edit in record.edits or dict.fromkeys(former.samples.get("edit", ())):
        known = record.edits.get(edit)
        images = ("original", "mask", "target") if known is None else _images(known)
        for image in images:
            file = folder.edit_image(task, edit, image)
            found += _compared(folder, file, None if known is None else known[image])
    for method, edit, status in zip(
        *(former.samples.get(name, ()) for name in ("method", "edit", "status"))
    ):
        if status == "ok" and method in slugs:
            file = folder.prediction(task, slugs[method], edit)
            found += _compared(folder, file, record.results.get(method, {}).get(edit))
    return found


def _images(known: Collection[str]) -> tuple[EditImage, ...]:
    names: tuple[EditImage, ...] = ("original", "mask", "target", "truth")
    return tuple(name for name in names if name in known)


def _compared(folder: RunFolder, file: Path, known: str | None) -> list[tuple[str, str]]:
    where = folder.relative(file)
    try:
        image = _pixels(file)
    except FileNotFoundError:
        return [(where, "is missing")]
    except OSError:
        return [(where, "cannot be read as an image")]
    if known is not None and array_hash(image) != known:
        return [(where, "is not the image that was written")]
    return []


def _pixels(file: Path) -> Any:
    """The stored values: RGB, grey, or a palette's indices."""
    from PIL import Image

    try:
        refuse_endless(file)
        with Image.open(file, formats=("PNG",)) as image:
            return np.asarray(image)
    except OSError:
        raise
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise OSError(str(error)) from error


def _cause(error: Exception) -> str:
    if isinstance(error.__cause__, FileNotFoundError):
        return "is missing"
    return "cannot be read" if isinstance(error, BadInput) else "holds no record of its shard"
