"""The seam between a run and where it is carried out: jobs, shards, executors.

    plan -> shards -> worker -> reduce

A run is a `Job`, which says in plain values what is to be done and so can be sent anywhere. Its work
is cut into shards, each of which can be carried out on its own, in any order, by any process that makes
itself a `Worker` from the job. An `Executor` decides where: it starts workers and hands them shards.
What a shard leaves in the run directory follows from the job and the shard alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from bench.run.kept import Again
from bench.run.layout import RunFolder
from bench.suite.schema import Suite

if TYPE_CHECKING:
    from bench.run.worker import Worker

__all__ = ["Executor", "Job", "ShardRef", "Shards"]


@dataclass(frozen=True, order=True)
class ShardRef:
    """A shard by name.

    Attributes:
        task: the task's name.
        number: counts the task's shards from 0.
    """

    task: str
    number: int


@dataclass(frozen=True, eq=False)
class Job:
    """A run as plain values: it can be pickled, and means the same in another process.

    Attributes:
        suite: the suite as it is carried out, its limits, seed and batch size among it.
        out: the run directory, on a disk that every worker sees.
        data: folders by the suite's dataset names.
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1" ...
        shuffled: whether scenes come in a keyed random order.
        threads: threads of one worker that read and draw ahead.
        fetch: whether missing weights may be fetched from their official address.
        trust: whether foreign code may be run and imported.
        home: the folder whose repository is recorded as the user's; changes no number.
        again: what is carried out again although it is there.
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
    _workers: dict[str, Worker] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> RunFolder:
        """The paths of the run."""
        return RunFolder(self.out)

    def worker(self, device: str) -> Worker:
        """This process's worker on a device, made at the first call.

        Raises:
            BadInput: as `Worker`.
        """
        from bench.run.worker import Worker

        if device not in self._workers:
            self._workers[device] = Worker(self, device)
        return self._workers[device]

    def close(self) -> None:
        """Lets this process's workers go of what must not outlive the run."""
        for worker in self._workers.values():
            worker.close()

    def __getstate__(self) -> dict[str, Any]:
        # Workers hold networks and stay in their own process.
        return {**self.__dict__, "_workers": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


class Shards(Iterator[ShardRef]):
    """The shards that are to be carried out, in plan order.

    Args:
        waiting: those that are not done yet.
        needed: whether a shard's task still needs edits; asked when a shard is taken, and again by
            an executor that took it early.
    """

    def __init__(self, waiting: Iterator[ShardRef], needed: Callable[[ShardRef], bool]) -> None:
        self._waiting = waiting
        self.needed = needed

    def __iter__(self) -> Shards:
        return self

    def __next__(self) -> ShardRef:
        return next(shard for shard in self._waiting if self.needed(shard))


@runtime_checkable
class Executor(Protocol):
    """Decides where a job's shards are carried out.

    An executor is registered as a class that is called with its settings as keyword arguments.

    Attributes:
        here: whether it carries out shards in the process that calls it. Only there can objects that
            were handed to the Python API be used.
    """

    here: ClassVar[bool]

    def run(self, job: Job, shards: Shards, done: Callable[[ShardRef], None]) -> None:
        """Carries out shards until there are none left.

        Each shard is carried out by a worker (`job.worker(device).carry_out(shard)`) in any process
        that sees the run directory, and any worker may carry it out. `shards` is an iterator: take
        no more shards than are under way, since a run that stops early stops handing them out. Call
        `done` in this thread, once for every shard, when its files are written.

        Args:
            job: what is carried out; it can be pickled.
            shards: the shards to carry out.
            done: told of each shard.
        """
        ...
