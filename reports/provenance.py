"""Where the numbers come from: the facts at the foot of every report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.core.text import counted
from bench.run.carried_out import unlike
from reports.numbers import duration

if TYPE_CHECKING:
    from bench.run.reader import Run
    from bench.run.schema import Git, Header

__all__ = ["HashedRecord", "Provenance", "provenance"]


@dataclass(frozen=True)
class HashedRecord:
    """A title, the hashes under which scores carry it, and the readable record behind them."""

    title: str
    hashes: tuple[tuple[str, str], ...]
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Provenance:
    """Facts as (name, value) pairs, and the records of tasks and methods."""

    facts: tuple[tuple[str, str], ...]
    protocols: tuple[HashedRecord, ...]
    methods: tuple[HashedRecord, ...]
    suite: Mapping[str, Any]


def provenance(run: Run) -> Provenance:
    """Collects what a reader needs to make the run again, or to tell it from another."""
    header = run.header
    methods = tuple(
        HashedRecord(method.title, (("method", method.hash),) if method.hash else (), method.record)
        for method in header.methods
    )
    return Provenance(_facts(header), _protocols(run), methods, header.suite)


def _facts(header: Header) -> tuple[tuple[str, str], ...]:
    hardware = header.hardware
    pairs = [
        ("Run", header.name),
        ("Started", header.started or ""),
        ("Finished", header.finished or "not yet"),
        ("Took", duration(header.seconds)),
        ("Seeds", ", ".join(_seeds(header))),
        ("Repository", _commit(header.git)),
        ("siebench", _harness(header)),
        ("Processor", f"{hardware.get('cpu', '')}, {hardware.get('cores', '?')} cores"),
        ("Device", str(hardware.get("device", ""))),
        ("Carried out by", "; ".join(_workers(header))),
        ("Memory", f"{hardware['memory_gib']:.1f} GiB" if hardware.get("memory_gib") else ""),
        ("System", f"{hardware.get('platform', '')}, Python {hardware.get('python', '?')}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in header.versions.items())),
    ]
    return tuple((name, value) for name, value in pairs if value)


def _workers(header: Header) -> Iterator[str]:
    """The workers that wrote the shards, those that are alike together, and how many were timed."""
    for row in header.workers:
        threads = f", {counted(row.threads, 'thread')} each" if row.device == "cpu" else ""
        timed = (
            "" if row.alone == row.shards else f", {row.alone} of them timed (alone on the device)"
        )
        yield (
            f"{header.executor}: {counted(row.workers, 'worker')} on {row.device} ({row.device_name})"
            f"{threads}, {counted(row.shards, 'shard')}{timed}"
        )
    for line in unlike(header.workers):
        yield f"workers differ, so last digits may: {line}"


def _seeds(header: Header) -> list[str]:
    found = [task.record["seed"] for task in header.tasks if "seed" in task.record]
    return [str(seed) for seed in dict.fromkeys(found)]


def _commit(git: Git | None) -> str:
    if git is None:
        return ""
    return f"{git.commit[:12]}{' with uncommitted changes' if git.dirty else ''}"


def _harness(header: Header) -> str:
    """The version, and the commit where it ran from a checkout."""
    version = header.versions.get("siebench") or header.versions.get("sebench", "")
    parts = [version, _commit(header.harness) or "installed"]
    return ", ".join(part for part in parts if part)


def _protocols(run: Run) -> tuple[HashedRecord, ...]:
    scores = run.scores[["task", "metric", "protocol"]].drop_duplicates()
    found = []
    for task in run.header.tasks:
        own = scores[scores["task"] == task.name]
        hashes = tuple(
            (str(metric), str(value)) for metric, value in zip(own["metric"], own["protocol"])
        )
        found.append(HashedRecord(task.title, hashes, task.record))
    return tuple(found)
