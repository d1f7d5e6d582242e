"""The executor `processes`: workers on this machine, each on a device or a core of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import ClassVar

from bench.core.children import end_with_parent, fit_for_children
from bench.core.device import choose_devices, cores
from bench.core.errors import BadInput
from bench.run.claims import ATTEMPTS
from bench.run.job import Job
from bench.run.shards import ShardRef, Shards, Stamp
from bench.run.take_part import WorkerFault, take_part

__all__ = ["Processes"]

_LOOK = 0.2  # seconds between two looks at what workers have done
_GRACE = 10.0  # seconds in which a worker that is to stop may finish its batch
_READY = "ready"


class Processes:
    """Starts one worker for each device; they share the shards out among themselves.

    A worker that dies is started again: what it had in hand is taken once more, at most as often as
    claims allow. One that dies three times before it is ready is given up, and the others go on.
    """

    here: ClassVar[bool] = False

    def run(self, job: Job, shards: Shards, done: Callable[[ShardRef], None]) -> None:
        """Carries out all shards; ends when every worker has.

        Raises:
            BadInput: as `choose_devices` and `take_part`, and where no worker can be started.
        """
        devices = choose_devices(job.device)
        waiting = shards.stamps
        if not waiting:
            return
        crew = _Crew(job, waiting, devices[: len(waiting)])
        try:
            crew.start()
            for shard in shards.follow(crew.look):
                done(shard)
            crew.end()
        finally:
            crew.stop()


@dataclass
class _Member:
    """A worker's process, and the pipe on which it says that it is ready, or what went wrong."""

    device: str
    process: BaseProcess
    pipe: Connection
    place: int
    lost: int
    ready: bool = False


class _Crew:
    """The workers' processes.

    Args:
        job: what they carry out.
        waiting: its shards.
        devices: one for each worker.
    """

    def __init__(self, job: Job, waiting: Mapping[ShardRef, Stamp], devices: list[str]) -> None:
        self._job = replace(job, threads=max(1, job.threads // len(devices)))
        self._waiting, self._devices = waiting, devices
        self._members: list[_Member] = []
        self._given_up: dict[str, str] = {}

    def start(self) -> None:
        """Starts a worker on each device."""
        self._members += [
            self._started(device, place, 0) for place, device in enumerate(self._devices)
        ]

    def look(self) -> bool:
        """Waits a moment, and starts workers anew that have died; whether any is at work.

        Raises:
            BadInput: what a worker raised, or that no worker is left.
        """
        if not self._members:
            time.sleep(_LOOK)  # they have ended in order; the disk is about to show it
            return False
        wait([one.process.sentinel for one in self._members], _LOOK)
        for member in list(self._members):
            # Whether it has ended comes first: what it said before that is then all there.
            ended = member.process.exitcode is not None
            _hear(member)
            if ended:
                self._members.remove(member)
                self._replace(member)
        return True

    def end(self) -> None:
        """Waits until every worker has ended: all shards are done or needed no more."""
        for member in self._members:
            member.process.join()
            _hear(member)

    def stop(self) -> None:
        """Ends every worker that is still there: first asked to give its shard back, then killed."""
        for member in self._members:
            if member.process.is_alive():
                member.process.terminate()
        until = time.monotonic() + _GRACE
        for member in self._members:
            member.process.join(max(0.0, until - time.monotonic()))
            if member.process.is_alive():
                member.process.kill()
                member.process.join()
            member.pipe.close()

    def _replace(self, member: _Member) -> None:
        """Starts a worker in place of one that has ended, unless that found nothing left to do."""
        code = member.process.exitcode
        member.pipe.close()
        if code == 0:
            return
        lost = 0 if member.ready else member.lost + 1
        if lost < ATTEMPTS:
            self._members.append(self._started(member.device, member.place, lost))
            return
        self._given_up[member.device] = _how(code)
        if not self._members:
            ended = ", ".join(f"{how} on {device}" for device, how in self._given_up.items())
            raise BadInput(
                f"no worker can be started: {ended}, {ATTEMPTS} times before it was ready; give fewer "
                "workers, or see what --executor local says"
            )

    def _started(self, device: str, place: int, lost: int) -> _Member:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        many = len(self._devices)
        threads = 1 if device == "cpu" else max(1, cores() // many)
        process = context.Process(
            target=_work,
            args=(
                self._job,
                self._waiting,
                device,
                threads,
                device == "cpu" and many > 1,
                place / many,
                theirs,
            ),
            name=f"siebench worker on {device}",
        )
        with fit_for_children(threads):
            process.start()
        theirs.close()
        return _Member(device, process, ours, place, lost)


def _hear(member: _Member) -> None:
    """Takes in what a worker said.

    Raises:
        BadInput: what the worker raised, with its traceback behind it; another fault of it as RuntimeError.
    """
    with contextlib.suppress(EOFError, OSError):
        while member.pipe.poll():
            said = member.pipe.recv()
            if said == _READY:
                member.ready = True
                continue
            raise said.error()


def _work(
    job: Job,
    waiting: Mapping[ShardRef, Stamp],
    device: str,
    threads: int,
    shared: bool,
    place: float,
    pipe: Connection,
) -> None:
    """What a worker's process does."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    import torch

    torch.set_num_threads(threads)
    try:
        take_part(
            job,
            waiting,
            device=device,
            shared=shared,
            place=place,
            ready=lambda: pipe.send(_READY),
        )
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        pipe.send(WorkerFault.of(error, device))
        sys.exit(1)


def _how(code: int | None) -> str:
    """How a process ended, in words."""
    if code is not None and code < 0:
        return f"a worker was killed by {signal.Signals(-code).name}"
    return f"a worker ended with exit code {code}"
