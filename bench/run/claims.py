"""Who carries out which shard of a run: claims, told to everybody by files in the run's folder.

Any number of workers, on any machines that see the folder, carry out one run together without a
server and without locks.

    claims/workers/ID.json              a worker: where it is and how far; renewed while it lives
    claims/shards/TASK/NUMBER.ATTEMPT   a claim: its worker's id, then the methods that it came to
    claims/tables.ATTEMPT               the claim of making the run's tables

A claim is taken by creating its file, which fails where the file is there (`create_file`). It holds
while its worker lives. A worker lives while its file is younger than `LEASE` by the folder's own clock,
which is the time that the disk gives to a file touched just now: the clocks of machines may differ. A
worker of this machine also lives only as long as its process, so that a killed one is known at once.

The claim of a dead worker is neither removed nor handed over. Who takes the shard next creates the
file of the next attempt: of many takers exactly one wins, and the files left behind say how often the
shard was begun in vain, and at which method. A worker that was only suspended finds its shard taken,
and writes the same bytes once more, which harms nothing. Whoever gives a claim back removes its file.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType

from bench.core.atomic import create_file
from bench.core.documents import parse_json
from bench.core.errors import BadInput
from bench.core.text import slug
from bench.run.layout import RunFolder
from bench.run.presence import LEASE, Presence, began, living, this_machine
from bench.run.shards import ShardRef

__all__ = ["ATTEMPTS", "Claims", "forget", "refuse_other_runs"]

ATTEMPTS = 3
"""Dead workers after which what they were at counts as failed."""

_BEAT = 10.0  # seconds between two signs of life
_TOLD = 1.0  # seconds between two looks at the others, and between two words of progress


class Claims:
    """One worker's claims on the shards of a run, and its view of the other workers.

    A context: the worker is there for the others when the block begins, and leaves, with every claim
    that it still has, when the block ends. Its calls may come from several threads.

    Args:
        folder: the run.
        device: what the worker computes on, as `Presence.device`.
        key: the run's.
        lease: in place of `LEASE`.
        shared: whether other workers of the same start use the same device, there already or not.

    Raises:
        BadInput: on entering, where the folder cannot be written, its disk does not create files
            atomically, or workers of another suite are at work in it.
    """

    def __init__(
        self,
        folder: RunFolder,
        *,
        device: str = "cpu",
        key: str = "",
        lease: float = LEASE,
        shared: bool = False,
    ) -> None:
        self._folder, self._lease, self._shared = folder, lease, shared
        self.me = Presence(
            uuid.uuid4().hex[:12], platform.node(), this_machine(), os.getpid(), began(os.getpid())
        )
        self.me = replace(self.me, device=device, key=key)
        self._began = time.monotonic()
        self._file = folder.workers / f"{self.me.id}.json"
        self._mine: dict[Path, Path] = {}  # the claim's file by its name without the attempt
        self._owners: dict[Path, str] = {}
        self._alive: dict[str, Presence] = {}
        self._known: dict[str, Presence] = {}
        self._looked = self._said = 0.0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._beats = threading.Thread(target=self._beat, daemon=True, name="signs of life")

    def __enter__(self) -> Claims:
        self._refuse_unshared()
        self._say()
        try:
            refuse_other_runs(self._folder, self.me.key, self._lease)
        except BadInput:
            self.close()
            raise
        self._beats.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives back every claim and takes the worker's file away."""
        with self._lock:
            self._ended.set()
            for file in [*self._mine.values(), self._file]:
                file.unlink(missing_ok=True)
            self._mine.clear()

    def take(self, shard: ShardRef) -> bool:
        """Claims a shard; False where a living worker has it."""
        taken = self._take(self._claim(shard))
        if taken:
            self._tell(shard=(shard.task, shard.number), results=0, soon=True)
        return taken

    def take_tables(self) -> bool:
        """Claims the making of the run's tables; False where a living worker has it."""
        return self._take(self._folder.tables_claim)

    def release(self, shard: ShardRef) -> None:
        """Gives a shard's claim back, done or not; it was not begun in vain."""
        file = self._mine.pop(self._claim(shard), None)
        if file is not None:
            file.unlink(missing_ok=True)
        if self.me.shard == (shard.task, shard.number):
            self._tell(shard=None, results=0)

    def at(self, shard: ShardRef, method: str) -> None:
        """Notes that a shard has come to a method, for those who may have to take it over."""
        file = self._mine.get(self._claim(shard))
        if file is not None:
            with contextlib.suppress(OSError), file.open("a", encoding="utf-8") as text:
                text.write(json.dumps(method) + "\n")

    def told(self, shard: ShardRef, results: int) -> None:
        """Some more results of the shard in hand are there."""
        del shard
        self._tell(
            results=self.me.results + results, carried_out=self.me.carried_out + results, soon=True
        )

    def vain(self, shard: ShardRef) -> Counter[str]:
        """How many workers died at each method of a shard; "" before they came to the first."""
        found: Counter[str] = Counter()
        for file in self._attempts(self._claim(shard)):
            owner, *methods = _lines(file)
            if owner != self.me.id and not self._lives(owner, file):
                found[methods[-1] if methods else ""] += 1
        return found

    def others(self, *, now: bool = True) -> list[Presence]:
        """The other workers that live.

        Args:
            now: look at once; otherwise a view of the last second will do.
        """
        if now or time.monotonic() - self._looked > _TOLD:
            found = living(self._folder, self._lease, self._clock(), self._known)
            self._alive = {one.id: one for one in found if one.id != self.me.id}
            self._looked = time.monotonic()
        return list(self._alive.values())

    def alone(self) -> bool:
        """Whether no other worker uses this one's device."""
        return not self._shared and not any(self.me.beside(one) for one in self.others())

    def remove(self) -> None:
        """Removes the whole folder of claims, once nobody else is at work."""
        if not self.others():
            self.close()
            shutil.rmtree(self._folder.claims, ignore_errors=True)

    def _claim(self, shard: ShardRef) -> Path:
        return self._folder.claim(slug(shard.task), shard.number)

    def _take(self, claim: Path) -> bool:
        if claim in self._mine:
            return True
        attempt = 0
        while True:
            attempt += 1
            file = claim.with_name(f"{claim.name}.{attempt}")
            if file in self._owners and file.exists():
                if self._lives(self._owners[file], file):
                    return False
                continue
            if create_file(file, f"{self.me.id}\n".encode()):
                self._mine[claim] = file
                return True
            self._owners[file] = owner = _lines(file)[0]
            if not owner:
                del self._owners[file]
            if self._lives(owner, file):
                return False

    def _lives(self, owner: str, claim: Path) -> bool:
        """Whether a claim's worker does; one that is not to be seen, by the age of the claim."""
        if owner == self.me.id:
            return True
        self.others(now=False)
        if owner in self._alive:
            return True
        if owner in self._known:
            return False
        try:
            return self._clock() - claim.stat().st_mtime < self._lease
        except OSError:
            return False

    def _attempts(self, claim: Path) -> Iterator[Path]:
        attempt = 1
        while (file := claim.with_name(f"{claim.name}.{attempt}")).exists():
            yield file
            attempt += 1

    def _refuse_unshared(self) -> None:
        probe = self._folder.workers / f".{self.me.id}.probe"
        try:
            if not create_file(probe) or create_file(probe):
                raise BadInput(
                    f"{self._folder.root}: this disk lets two workers create one file, so no run can be "
                    "shared on it; choose an --out on a local disk, NFS or a cluster's file system"
                )
        finally:
            probe.unlink(missing_ok=True)

    def _clock(self) -> float:
        """The folder's own time, in seconds."""
        if not self._file.exists():
            self._say()  # whoever came last before has just removed the folder
        try:
            os.utime(self._file)
            return self._file.stat().st_mtime
        except OSError:
            return time.time()

    def _tell(self, *, soon: bool = False, **changes: object) -> None:
        self.me = replace(self.me, **changes)  # type: ignore[arg-type]
        if not soon:
            return
        if time.monotonic() - self._said > _TOLD:
            self._say()

    def _say(self) -> None:
        """Writes the worker's own file; whole, but in no need to outlive a power cut."""
        self._said = time.monotonic()
        said = replace(self.me, seconds=round(self._said - self._began, 1))
        part = self._file.with_name(f".{self.me.id}.part")
        with self._lock, contextlib.suppress(OSError):
            if not self._ended.is_set():
                self._file.parent.mkdir(parents=True, exist_ok=True)
                part.write_text(json.dumps(asdict(said)), encoding="utf-8")
                part.replace(self._file)

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT):
            self._say()


def refuse_other_runs(folder: RunFolder, key: str, lease: float = LEASE) -> None:
    """Refuses a folder in which workers of another run are at work; to be asked before it is written to.

    Args:
        folder: the run's.
        key: the run's, as `Presence.key`.
        lease: in place of `LEASE`.

    Raises:
        BadInput: where somebody with another key is.
    """
    for other in living(folder, lease):
        if other.key != key:
            raise BadInput(
                f"{folder.root}: workers of another suite, or of other weights or options, are at work "
                f"here (on {other.host}); wait for them, or choose another --out"
            )


def forget(folder: RunFolder) -> None:
    """Removes what dead workers left, where none lives: somebody takes the run up anew."""
    if folder.claims.is_dir() and not living(folder):
        shutil.rmtree(folder.claims, ignore_errors=True)


def _lines(claim: Path) -> list[str]:
    """A claim's worker, "" where it cannot be read, and the methods that it came to."""
    try:
        owner, *methods = claim.read_text(encoding="utf-8").splitlines() or [""]
        return [owner, *(str(parse_json(method, str(claim))) for method in methods)]
    except (OSError, ValueError, BadInput):
        return [""]
