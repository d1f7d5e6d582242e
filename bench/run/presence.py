"""Who is at work on a run: the file in which each worker says where it is and how far.

A worker lives while its file is younger than `LEASE` by the folder's own clock, and, on this machine, only
as long as its process is there.
"""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.core.documents import parse_json
from bench.core.errors import BadInput
from bench.core.identity import record_hash
from bench.run.layout import RunFolder

__all__ = ["LEASE", "Presence", "began", "living", "this_machine"]

LEASE = 120.0
"""Seconds after which a worker that gave no sign counts as dead. NFS shows a change within 60."""


@dataclass(frozen=True)
class Presence:
    """What a worker says of itself.

    Attributes:
        id: random.
        host: its machine, for people.
        machine: its machine since it was started, for comparing; process numbers mean something
            only there.
        pid, born: its process, and when that began, "" where the system does not say.
        device: what it computes on, told apart from every other device of its machine.
        key: the hash of everything that the run's numbers follow from.
        shard: the task and number in hand, or None.
        results: how many results of the shard in hand are there.
        carried_out: how many results it has made, those among them.
        seconds: how long it has been at work.
    """

    id: str
    host: str
    machine: str
    pid: int
    born: str
    device: str = ""
    key: str = ""
    shard: tuple[str, int] | None = None
    results: int = 0
    carried_out: int = 0
    seconds: float = 0.0

    def beside(self, other: Presence) -> bool:
        """Whether both use the same device of the same machine."""
        return (self.machine, self.device) == (other.machine, other.device)


def living(
    folder: RunFolder,
    lease: float = LEASE,
    clock: float | None = None,
    known: dict[str, Presence] | None = None,
) -> list[Presence]:
    """The workers that are at work on a run.

    Args:
        folder: the run.
        lease: seconds after which a worker that gave no sign counts as dead.
        clock: the folder's own time; found out where None.
        known: filled with every worker that was found, dead or alive, by id. One that is there is not
            read again, so that what it says of itself is old.
    """
    found = []
    clock = _clock_of(folder.workers) if clock is None else clock
    for file in sorted(folder.workers.glob("[!.]*.json")):
        try:
            age = clock - file.stat().st_mtime
            one = (known or {}).get(file.stem) or _presence(file)
        except (OSError, BadInput, TypeError, ValueError):
            continue  # it has just left
        if known is not None:
            known[one.id] = one
        if age < lease and _runs(one):
            found.append(one)
    return found


def _presence(file: Path) -> Presence:
    said = parse_json(file.read_text(encoding="utf-8"), str(file))
    shard = said.pop("shard")
    return Presence(shard=None if shard is None else (shard[0], int(shard[1])), **said)


def _clock_of(folder: Path) -> float:
    """The time that a folder's disk gives to a new file; this machine's where it cannot be written."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".part") as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()


def _runs(one: Presence) -> bool:
    """Whether a worker's process is there, as far as this machine can tell."""
    return one.machine != this_machine() or not one.born or began(one.pid) == one.born


def this_machine() -> str:
    """This machine since its start, and the space of process numbers that this process sees."""
    facts = [platform.node()]
    with contextlib.suppress(OSError):
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with contextlib.suppress(OSError):
        facts.append(str(Path("/proc/self/ns/pid").readlink()))
    return record_hash({"machine": facts})[:16]


def began(pid: int) -> str:
    """When a process began, as the system counts; "" for one that is gone, or where nothing says so."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
