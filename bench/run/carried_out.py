"""By whom a run was carried out, as the shards tell: devices, threads, versions, who was timed.

Every times table carries in its own metadata what its worker says of itself. Samples do not: their bytes
are the same whoever carries them out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench.core.documents import parse_json, refuse_endless
from bench.core.errors import BadInput
from bench.run.kept import MARK
from bench.run.layout import RunFolder
from bench.run.schema import WorkersRow

__all__ = ["former_workers", "timed_on", "unlike", "worker_mark", "workers_of"]

_TRAITS = ("device", "device_name", "threads", "versions")


def worker_mark(
    worker: Mapping[str, Any], former: Sequence[Mapping[str, Any]] = ()
) -> dict[str, str]:
    """A worker's description as the metadata of a table.

    Args:
        worker: `Worker.traits`, its id as "worker", and "alone": whether no other worker used its
            device, so that its times say something.
        former: the `former_workers` of results that stay.
    """
    said = {"worker": dict(worker)} | ({"former": [dict(one) for one in former]} if former else {})
    return {MARK: json.dumps(said, sort_keys=True, separators=(",", ":"))}


def former_workers(times: Path, worker: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who wrote the shard of a times table before, without those who are like `worker`."""
    return [one for one in _marks([times], former=True) if _traits(one) != _traits(worker)]


def workers_of(folder: RunFolder, tasks: Iterable[str]) -> tuple[WorkersRow, ...]:
    """The workers that wrote the run's shards, those that are alike in one row; most shards first.

    A shard of which results stayed when another worker took it up counts for both.

    Args:
        folder: the run.
        tasks: the slugs of its tasks.
    """
    alike: dict[str, list[dict[str, Any]]] = {}
    files = (file for task in tasks for file in folder.shards("times", task))
    for mark in _marks(files, former=True):
        alike.setdefault(_traits(mark), []).append(mark)
    rows = []
    for traits, marks in alike.items():
        try:
            row = WorkersRow(
                workers=len({mark.get("worker") for mark in marks}),
                shards=len(marks),
                alone=sum(bool(mark.get("alone")) for mark in marks),
                **json.loads(traits),
            )
        except ValidationError:
            continue  # a later siebench says it otherwise
        rows.append(row)
    return tuple(sorted(rows, key=lambda row: (-row.shards, row.device_name)))


def unlike(rows: Iterable[WorkersRow]) -> list[str]:
    """What the workers of a run differ in, so that it may have other last digits elsewhere."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        facts = {"device": row.device_name, "threads": str(row.threads), **row.versions}
        for name, value in facts.items():
            found.setdefault(name, {})[value] = None
    return [f"{name}: {', '.join(values)}" for name, values in found.items() if len(values) > 1]


def timed_on(folder: RunFolder, task: str, device: str) -> tuple[str, str]:
    """Where a task's edits ran, and what is to follow that where workers shared the device: no times.

    Args:
        folder: the run.
        task: its slug.
        device: what runs of old say nothing else of.
    """
    marks = list(_marks(folder.shards("times", task)))
    devices = dict.fromkeys(str(mark.get("device", device)) for mark in marks) or {device: None}
    shared = sum(not mark.get("alone") for mark in marks)
    text = ", ".join(devices)
    if shared == 0:
        return text, ""
    if shared == len(marks):
        return text, ", shared by workers: not timed"
    return text, f"; {shared} of {len(marks)} shards not timed: workers shared the device"


def _traits(mark: Mapping[str, Any]) -> str:
    return json.dumps({name: mark.get(name) for name in _TRAITS}, sort_keys=True)


def _marks(files: Iterable[Path], *, former: bool = False) -> Iterator[dict[str, Any]]:
    """What the tables say of the workers that wrote them, and with `former` of those before them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in files:
        try:
            refuse_endless(file)
            text = (pq.read_schema(file).metadata or {}).get(MARK.encode(), b"").decode()
            said = parse_json(text, file.name) if text else {}
            marks = [said["worker"], *(said.get("former", ()) if former else ())]
        except (OSError, pa.ArrowException, BadInput, KeyError, TypeError, ValueError):
            continue
        yield from (mark for mark in marks if isinstance(mark, dict))
