"""The seam between a run and where it is carried out: jobs and executors.

    plan -> shards -> worker -> reduce

A run is a `Job`, which says in plain values what is to be done and so can be sent anywhere. Its work
is cut into shards, each of which can be carried out on its own, in any order, by any process that makes
itself a `Worker` from the job. What a shard leaves in the run directory follows from the job and the
shard alone. An `Executor` decides where that happens, in one of two ways:

- It carries out shards itself, here: it takes them and calls `worker.carry_out`.
- It starts other processes, each of which calls `take_part(job, shards.stamps, device=...)`
  (`bench.run.take_part`). They share the shards out among themselves by claims in the run's folder, take
  over those of processes that die, and end when none is left. The executor follows:
  `for shard in shards.follow(pause): done(shard)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from bench.run.kept import Again
from bench.run.layout import RunFolder
from bench.run.shards import ShardRef, Shards
from bench.suite.schema import Suite

if TYPE_CHECKING:
    from bench.run.schema import Header
    from bench.run.worker import Worker

__all__ = ["Executor", "Job", "Stopping"]


@dataclass(frozen=True, eq=False)
class Job:
    """A run as plain values: it can be pickled, and means the same in another process.

    Attributes:
        suite: the suite as it is carried out, its limits, seed and batch size among it.
        out: the run directory, on a disk that every worker sees.
        data: folders by the suite's dataset names.
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1" ...; some executors take
            several, "cuda:0,cuda:1", "cpu:4".
        shuffled: whether scenes come in a keyed random order.
        threads: threads of one worker that read and draw ahead.
        fetch: whether missing weights may be fetched from their official address.
        trust: whether foreign code may be run and imported.
        home: the folder whose repository is recorded as the user's; changes no number.
        again: what is carried out again although it is there.
        key: the hash of everything that the numbers follow from, once the run is begun; workers with
            another one do not work on it.
        until: who ends tasks early.
    """

    suite: Suite
    out: Path
    data: Mapping[str, Path] = field(default_factory=dict)
    device: str = "auto"
    shuffled: bool = False
    threads: int = 1
    fetch: bool = False
    trust: bool = False
    home: Path = field(default_factory=Path.cwd)
    again: Again = field(default_factory=Again)
    key: str = ""
    until: Stopping | None = None
    _workers: dict[tuple[str, str | None], Worker] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> RunFolder:
        """The paths of the run."""
        return RunFolder(self.out)

    def worker(self, device: str, kind: str | None = None) -> Worker:
        """This process's worker on a device, made at the first call.

        Args:
            device: "cpu", "cuda", "cuda:1" ...
            kind: as `Worker` takes it.

        Raises:
            BadInput: as `Worker`.
        """
        from bench.run.worker import Worker

        if (device, kind) not in self._workers:
            self._workers[device, kind] = Worker(self, device, kind)
        return self._workers[device, kind]

    def anywhere(self) -> Job:
        """The same job with absolute paths, for processes that work in another folder."""
        home = self.suite.home or Path()  # of a suite without a file, paths count from here
        return replace(
            self,
            suite=self.suite.read_from(home.absolute()),
            out=self.out.absolute(),
            data={name: path.absolute() for name, path in self.data.items()},
        )

    def close(self) -> None:
        """Lets this process's workers go of what must not outlive the run."""
        for worker in self._workers.values():
            worker.close()

    def __getstate__(self) -> dict[str, Any]:
        # Workers hold networks and stay in their own process.
        return {**self.__dict__, "_workers": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


class Stopping(Protocol):
    """Decides, shard by shard in plan order, whether a task has edits enough.

    It can be pickled where other processes are to carry out the run. It decides by the run's folder
    alone and only on shards before which none is missing, so that every process decides alike, however
    many shards are done beyond.
    """

    def begin(self, folder: RunFolder, header: Header) -> None:
        """Looks at the run before its first shard.

        Args:
            folder: the run directory, whose samples grow shard by shard.
            header: what `run.json` says of the run: tasks, methods, metrics, protocols.

        Raises:
            BadInput: where nothing can be decided about this run.
        """
        ...

    def enough(self, task: str) -> bool:
        """Whether the task's verdict is certain; reads the shards that were written since."""
        ...

    def used(self, task: str) -> int | None:
        """How many of the task's shards the verdict is made of; None where it is not certain."""
        ...


@runtime_checkable
class Executor(Protocol):
    """Decides where a job's shards are carried out.

    An executor is registered as a class that is called with its settings as keyword arguments.

    Attributes:
        here: whether it carries out shards in the process that calls it. Only there can objects that
            were handed to the Python API be used.

    Optional: a method `device(asked)` that gives what its workers compute on ("cuda"), for one that knows
    what "auto" will be elsewhere. The kind of device is part of every method's hash.
    """

    here: ClassVar[bool]

    def run(self, job: Job, shards: Shards, done: Callable[[ShardRef], None]) -> None:
        """Carries out shards until there are none left.

        Each shard is carried out by a worker (`job.worker(device).carry_out(shard)`) in any process
        that sees the run directory, and any worker may carry it out. `shards` is an iterator: take
        no more shards than are under way, since a run that stops early stops handing them out, and
        others may take them meanwhile. Call `done` in this thread, once for every shard that was
        taken or followed, when its files are written. Workers elsewhere have ended when this returns
        or raises.

        Args:
            job: what is carried out; it can be pickled.
            shards: the shards to carry out.
            done: told of each shard.
        """
        ...
