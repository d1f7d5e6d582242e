"""A worker's part in a run that is under way: what every process of every executor does.

    take_part(job, shards.stamps, device="cuda:1")

It takes a shard that nobody has, carries it out, takes the next one, and ends when all are done. Any
number of processes may do so on any machines that see the run's folder, at any time, and any of them
may die: see `bench.run.claims`.
"""

from __future__ import annotations

import contextlib
import random
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.core.device import choose_device
from bench.core.errors import BadInput, PluginFailed
from bench.run.claims import Claims
from bench.run.environment import device_key
from bench.run.job import Job
from bench.run.prepare import PreparedShard
from bench.run.record import RunRecord, refuse_unlike
from bench.run.shards import ShardRef, Shards, Stamp
from bench.run.worker import Worker

__all__ = [
    "WorkerFault",
    "carry_out_shards",
    "cluster_worker",
    "needed_by",
    "place_of",
    "refuse_unpicklable",
    "stopping_in_order",
    "take_part",
]


def take_part(
    job: Job,
    waiting: Mapping[ShardRef, Stamp],
    *,
    device: str = "auto",
    shared: bool = False,
    place: float | None = None,
    ready: Callable[[], None] = lambda: None,
    leaving: Callable[[], bool] = lambda: False,
) -> int:
    """Carries out shards of a run until none is left; gives how many this worker carried out.

    Shards that others have in hand are waited for, since they may die. SIGTERM, by which batch systems
    announce the end of a job's time, ends it in order: its shard is given back.

    Args:
        job: the run, begun: its `run.json` is there and its key is known.
        waiting: the shards to carry out, as `Shards.stamps` gives them.
        device: "auto", "cpu", "cuda", "cuda:1" ...
        shared: whether other workers are started on the same device, so that no time means anything.
        place: where among the shards it begins, 0..1; anywhere where None. Where a verdict ends the run
            it is the first, since the verdict is made on the first shards.
        ready: called once when the worker is made and the others can see it.
        leaving: whether to end after the shard in hand; asked when a shard is taken.

    Raises:
        BadInput: this process would carry out another run (another suite, other data, options, weights
            or versions), with the fields that differ; what `Worker` raises; a folder that cannot be
            shared.
    """
    carried_out = 0
    with stopping_in_order(), contextlib.closing(job):
        worker = job.worker(choose_device(device))
        refuse_unlike(job.folder, RunRecord(worker.plan, worker.methods, worker.metrics))
        key = device_key(worker.device)
        with Claims(job.folder, device=key, key=job.key, shared=shared) as claims:
            worker.claims, worker.told = claims, claims.told
            ready()
            needed = needed_by(job)
            shards = Shards(
                waiting,
                lambda shard: not leaving() and needed(shard),
                folder=job.folder,
                claims=claims,
                stamps=waiting,
                place=place_of(job, place),
            )

            def done(shard: ShardRef) -> None:
                nonlocal carried_out
                carried_out += 1
                shards.release(shard)

            carry_out_shards(worker, shards, done, job.threads)
    return carried_out


@dataclass(frozen=True)
class WorkerFault:
    """What a worker raised, as it travels to the process that waits for it.

    Attributes:
        kind: `PluginFailed`, `BadInput`, or RuntimeError for anything else.
        text: its sentence.
        trace: its traceback.
    """

    kind: type[Exception]
    text: str
    trace: str

    @classmethod
    def of(cls, error: Exception, device: str) -> WorkerFault:
        """What is told of an exception that a worker on this device raised."""
        kinds = (PluginFailed, BadInput)
        kind = next((kind for kind in kinds if isinstance(error, kind)), RuntimeError)
        text = str(error)
        if kind is RuntimeError:
            text = f"worker on {device}: {type(error).__name__}: {text}"
        return cls(kind, text, "".join(traceback.format_exception(error)))

    def error(self) -> Exception:
        """The exception to raise here, with the worker's traceback behind it."""
        made = self.kind(self.text)
        made.__cause__ = _Elsewhere(self.trace)
        return made


class _Elsewhere(Exception):  # noqa: N818 - carries a text, as in multiprocessing's own pools
    """The traceback of another process."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def cluster_worker(
    job: Job,
    waiting: Mapping[ShardRef, Stamp],
    device: str,
    threads: int,
    shared: bool,
    leaving: Callable[[], bool] = lambda: False,
) -> WorkerFault | None:
    """What a worker's process does on a cluster: `take_part` on the cores that it was given.

    Args:
        job, waiting, device, shared, leaving: as in `take_part`.
        threads: cores of this worker.

    Returns:
        What it raised, which clusters do not carry over as the exception that it is; None where that was
        nothing.
    """
    import torch

    torch.set_num_threads(threads)
    try:
        take_part(job, waiting, device=device, shared=shared, leaving=leaving)
    except Exception as error:
        return WorkerFault.of(error, device)
    return None


def carry_out_shards(
    worker: Worker, shards: Shards, done: Callable[[ShardRef], None], threads: int
) -> None:
    """Takes shards until none is left, and carries out one after the other.

    Args:
        worker: who carries them out.
        shards: where they are taken from.
        done: told of each shard.
        threads: how many shards are read and drawn ahead. They are not claimed for that, so what
            others take is read in vain.
    """
    ahead: dict[ShardRef, Future[PreparedShard]] = {}
    with ThreadPoolExecutor(max(1, threads)) as pool:
        for shard in shards:
            prepared = ahead.pop(shard, None)
            if shards.suspect(shard):
                # A worker died at it: whatever it does must hurt nothing but itself.
                worker.carry_out(shard)
                done(shard)
                continue
            prepared = pool.submit(worker.prepare, shard) if prepared is None else prepared
            coming = shards.coming(max(1, threads))
            ahead = {one: future for one, future in ahead.items() if one in coming}
            for one in coming:
                if one not in ahead:
                    ahead[one] = pool.submit(worker.prepare, one)
            worker.carry_out(shard, prepared.result())
            done(shard)


def place_of(job: Job, place: float | None = None) -> float:
    """Where among the shards a worker begins that shares them with others."""
    if job.until is not None:
        return 0.0
    return random.random() if place is None else place


def needed_by(job: Job) -> Callable[[ShardRef], bool]:
    """Whether a shard's task still needs edits, by whoever ends tasks early."""
    until = job.until
    return lambda shard: until is None or not until.enough(shard.task)


@contextlib.contextmanager
def stopping_in_order() -> Iterator[None]:
    """Inside this block SIGTERM ends the process as Ctrl-C does: claims and workers are let go of.

    Only a process's main thread can be told; elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt("ended by SIGTERM")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def refuse_unpicklable(job: Job) -> None:
    """Refuses a job that holds what cannot travel to another process.

    Raises:
        BadInput: naming the option.
    """
    import pickle

    for method in job.suite.methods:
        for name, value in method.options.items():
            kind = type(value)
            try:
                pickle.dumps(value)
                why = (
                    "it is of the script that was started" if kind.__module__ == "__main__" else ""
                )
            except Exception as error:
                why = str(error)
            if why:
                raise BadInput(
                    f"method {method.name!r}, option {name!r}: this {kind.__name__} cannot travel to "
                    f"another process ({why}); give plain values, or use the executor local"
                )
    try:
        pickle.dumps(job)
    except Exception as error:
        raise BadInput(
            f"this run cannot travel to another process ({error}); use the executor local"
        ) from None
