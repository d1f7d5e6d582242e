"""The executor `ray`: workers as actors of a Ray cluster, each on what the cluster gives it.

    executor: {ray: {address: auto, num_gpus: 1, num_cpus: 4}}

The run's folder must be on a disk that every node sees, and siebench installed where the nodes' Python
finds it. Ray starts an actor anew, on this node or another, when it or its node dies.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from bench.core.device import kind_of, refuse_numbers
from bench.core.errors import BadInput, Unavailable, first_line
from bench.run.job import Job
from bench.run.shards import ShardRef, Shards, Stamp
from bench.run.take_part import WorkerFault, cluster_worker

__all__ = ["Ray"]

_LOOK = 0.2  # seconds between two looks at what workers have done
_GRACE = 10.0  # seconds in which a worker that is to stop may finish its shard
_KNOCK = 10.0  # seconds in which a cluster must answer
_RESTARTS = 20  # deaths of one actor; claims end the deaths at one shard long before


class Ray:
    """One actor for each share of the cluster's GPUs or cores.

    Args:
        address: a cluster's address; "auto" for the one of this machine; "local" for one that is started
            here and ends with the run; None = the one of RAY_ADDRESS or of this machine, or a local one.
        num_gpus: GPUs of one worker; a fraction shares one. One where the cluster has any and `--device`
            is not cpu, where None.
        num_cpus: cores of one worker, and the threads that it computes on.

    Raises:
        BadInput: for numbers that no worker can have.
        Unavailable: where Ray is not installed.
    """

    here: ClassVar[bool] = False

    def __init__(
        self, address: str | None = None, num_gpus: float | None = None, num_cpus: int = 1
    ) -> None:
        if num_cpus < 1 or (num_gpus is not None and num_gpus < 0):
            raise BadInput(
                f"executor 'ray': num_cpus {num_cpus}, num_gpus {num_gpus}; a worker takes at least one "
                "core, and no less than no GPU"
            )
        try:
            import ray  # noqa: F401
        except ImportError as error:
            raise Unavailable("executor 'ray': Ray is not installed: `pip install ray`") from error
        self._address, self._gpus, self._cpus = address, num_gpus, num_cpus

    def device(self, asked: str) -> str:
        """What actors compute on: a GPU where they have one, though the machine that starts them has none.

        Raises:
            BadInput: an address that nobody answers.
        """
        if asked != "auto":
            return asked
        if self._gpus is not None:
            return "cuda" if self._gpus else "cpu"
        if self._address == "local":  # a cluster of this machine, which is not there yet
            return kind_of(asked)
        with _cluster(self._address):
            return "cuda" if _gpus() else "cpu"

    def run(self, job: Job, shards: Shards, done: Callable[[ShardRef], None]) -> None:
        """Carries out all shards; ends when every actor has.

        Raises:
            BadInput: an address that nobody answers, a cluster without room for one worker, what a
                worker raised, or that no worker is left.
        """
        refuse_numbers(job.device, "Ray gives every worker its own")
        waiting = shards.stamps
        if not waiting:
            return
        with _cluster(self._address):
            crew = _Crew(job, waiting, self._gpus_of(job), self._cpus)
            try:
                crew.start()
                for shard in shards.follow(crew.look):
                    done(shard)
                crew.end()
            finally:
                crew.stop()

    def _gpus_of(self, job: Job) -> float:
        if kind_of(job.device) == "cpu":
            return 0.0
        if not _gpus():
            raise BadInput("device 'cuda': the Ray cluster has no GPU; give --device cpu")
        return 1.0 if self._gpus is None else self._gpus


class _Worker:
    """What an actor does."""

    def __init__(self) -> None:
        self._leaving = threading.Event()

    def work(
        self, job: Job, waiting: Mapping[ShardRef, Stamp], device: str, threads: int, shared: bool
    ) -> WorkerFault | None:
        """Takes shards until none is left; gives what it raised, where it did."""
        return cluster_worker(job, waiting, device, threads, shared, self._leaving.is_set)

    def leave(self) -> None:
        """Has `work` end after the shard in hand."""
        self._leaving.set()


class _Crew:
    """The actors.

    Args:
        job: what they carry out.
        waiting: its shards.
        gpus, cpus: of one worker.

    Raises:
        BadInput: where no node has that much.
    """

    def __init__(self, job: Job, waiting: Mapping[ShardRef, Stamp], gpus: float, cpus: int) -> None:
        import ray

        rooms = [_room(node["Resources"], gpus, cpus) for node in ray.nodes() if node["Alive"]]
        self._count = min(sum(rooms), len(waiting))
        if not self._count:
            raise BadInput(
                f"executor 'ray': no node of the cluster has {cpus} cores and {gpus:g} GPUs for a "
                "worker; lower num_cpus or num_gpus"
            )
        self._job, self._waiting = job, waiting
        self._gpus, self._cpus = gpus, cpus
        self._actors: dict[Any, Any] = {}
        self._died = 0

    def start(self) -> None:
        """Starts the actors; those that find no room yet begin when there is some."""
        import ray

        make = ray.remote(_Worker).options(
            num_cpus=self._cpus,
            num_gpus=self._gpus,
            max_concurrency=2,  # `leave` is heard beside `work`
            max_restarts=_RESTARTS,
            max_task_retries=_RESTARTS,
        )
        device = "cuda" if self._gpus else "cpu"
        shared = self._gpus < 1 and self._count > 1
        for _ in range(self._count):
            actor = make.remote()
            told = actor.work.remote(self._job, self._waiting, device, self._cpus, shared)
            self._actors[told] = actor

    def look(self) -> bool:
        """Waits a moment, and hears the actors that have ended; whether any is at work.

        Raises:
            BadInput: what one of them found wrong, or that none is left.
        """
        import ray

        if not self._actors:
            if self._died:
                raise BadInput(
                    f"executor 'ray': all {self._count} workers died more than {_RESTARTS} times each; "
                    "see the cluster's logs, or what --executor local says"
                )
            time.sleep(_LOOK)  # they have ended in order; the disk is about to show it
            return False
        ended, _ = ray.wait(list(self._actors), timeout=_LOOK)
        for told in ended:
            self._hear(told)
        return True

    def end(self) -> None:
        """Waits until every actor has ended: all shards are done or needed no more."""
        while self._actors:
            self.look()

    def stop(self) -> None:
        """Ends every actor that is still there: first asked to leave, then killed."""
        import ray

        for actor in self._actors.values():
            actor.leave.remote()
        if self._actors:
            ray.wait(list(self._actors), num_returns=len(self._actors), timeout=_GRACE)
        for actor in self._actors.values():
            ray.kill(actor)
        self._actors.clear()

    def _hear(self, told: Any) -> None:
        """Takes in what an actor said at its end."""
        import ray

        del self._actors[told]
        try:
            wrong = ray.get(told)
        except ray.exceptions.RayActorError:
            self._died += 1
            return
        except ray.exceptions.RayTaskError as error:
            raise RuntimeError(f"a worker of Ray: {error}") from error
        if wrong is not None:
            raise wrong.error()


def _gpus() -> float:
    """How many GPUs the cluster has that this process is connected with."""
    import ray

    return float(ray.cluster_resources().get("GPU", 0))


def _room(resources: Mapping[str, float], gpus: float, cpus: int) -> int:
    """How many workers a node has room for."""
    room = int(resources.get("CPU", 0) // cpus)
    return min(room, int(resources.get("GPU", 0) / gpus + 1e-9)) if gpus else room


def _knock(address: str | None) -> None:
    """Ray itself takes minutes to find that nobody is at HOST:PORT."""
    host, colon, port = (address or "").rpartition(":")
    if colon and host and "//" not in host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_KNOCK).close()


@contextlib.contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """A cluster to work on: the caller's own, a running one, or one that ends with the block.

    Raises:
        BadInput: where nobody answers.
    """
    import ray

    if ray.is_initialized():
        yield
        return
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray has many for one thing
        raise BadInput(
            f"executor 'ray': no cluster answers at {address or 'this machine'} ({first_line(error)}); "
            "start one with `ray start --head`, or give address: local"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
