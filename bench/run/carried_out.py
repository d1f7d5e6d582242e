"""By whom a run was carried out, as the shards tell: devices, threads, versions, who was timed.

Every times table carries in its own metadata what its worker says of itself. Samples do not: their bytes
are the same whoever carries them out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench.core.documents import parse_json, refuse_endless
from bench.core.errors import BadInput
from bench.run.kept import MARK
from bench.run.layout import RunFolder
from bench.run.schema import WorkersRow

__all__ = ["timed_on", "unlike", "worker_mark", "workers_of"]

_TRAITS = ("device", "device_name", "threads", "versions")


def worker_mark(worker: Mapping[str, Any]) -> dict[str, str]:
    """A worker's description as the metadata of a table.

    Args:
        worker: `Worker.traits`, its id as "worker", and "alone": whether no other worker used its
            device, so that its times say something.
    """
    return {MARK: json.dumps({"worker": dict(worker)}, sort_keys=True, separators=(",", ":"))}


def workers_of(folder: RunFolder, tasks: Iterable[str]) -> tuple[WorkersRow, ...]:
    """The workers that wrote the run's shards, those that are alike in one row; most shards first.

    Args:
        folder: the run.
        tasks: the slugs of its tasks.
    """
    alike: dict[str, list[dict[str, Any]]] = {}
    for mark in _marks(file for task in tasks for file in folder.shards("times", task)):
        traits = json.dumps({name: mark.get(name) for name in _TRAITS}, sort_keys=True)
        alike.setdefault(traits, []).append(mark)
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


def _marks(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in files:
        try:
            refuse_endless(file)
            text = (pq.read_schema(file).metadata or {}).get(MARK.encode(), b"").decode()
            mark = parse_json(text, file.name)["worker"] if text else None
        except (OSError, pa.ArrowException, BadInput, KeyError, TypeError, ValueError):
            continue
        if isinstance(mark, dict):
            yield mark
