"""The executor `slurm`: workers as an array of jobs, submitted through submitit.

    executor: {slurm: {partition: gpu, workers: 8, gpus: 1, time: 240}}

The run's folder must be on a disk that every node sees. Jobs that begin late find what is left; the run
does not wait for all of them.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from bench.core.device import refuse_numbers
from bench.core.errors import BadInput, Unavailable
from bench.run.job import Job
from bench.run.shards import ShardRef, Shards, Stamp
from bench.run.take_part import cluster_worker

__all__ = ["Slurm"]

_LOOK = 1.0  # seconds between two looks at what jobs have done
_PAUSE = 15.0  # seconds between two questions to the cluster


class Slurm:
    """One job of an array for each worker.

    Args:
        workers: how many jobs.
        partition: Slurm's; the cluster's default where None.
        time: minutes that a job may take; a job whose time is over gives its shard back.
        gpus: of one job.
        cpus: cores of one job, and the threads that it computes on.
        memory: GiB of one job; the partition's default where None.
        parameters: further parameters as submitit spells them (`slurm_account`, `slurm_constraint`, ...).
        cluster: "slurm"; "local" for processes on this machine under submitit's own supervision.
        wait: whether to stay until the run is done. Otherwise the jobs are left alone: `siebench status`
            says how far they are, and the last one makes the tables.

    Raises:
        BadInput: for numbers that no job can have.
        Unavailable: where submitit is not installed.
    """

    here: ClassVar[bool] = False

    def __init__(
        self,
        workers: int = 4,
        partition: str | None = None,
        time: int = 60,
        gpus: int = 0,
        cpus: int = 1,
        memory: float | None = None,
        parameters: dict[str, Any] | None = None,
        cluster: str = "slurm",
        wait: bool = True,
    ) -> None:
        if min(workers, time, cpus) < 1 or gpus < 0 or (memory is not None and memory <= 0):
            raise BadInput(
                "executor 'slurm': workers, time and cpus begin at 1, gpus at 0, memory above 0"
            )
        if cluster not in ("slurm", "local"):
            raise BadInput(f"executor 'slurm': cluster is {cluster!r}; give slurm or local")
        try:
            import submitit  # noqa: F401
        except ImportError as error:
            raise Unavailable(
                "executor 'slurm': submitit is not installed: `pip install submitit`"
            ) from error
        self._workers, self._cpus, self._gpus, self._wait = workers, cpus, gpus, wait
        self._cluster = cluster
        self._asked = {
            "timeout_min": time,
            "cpus_per_task": cpus,
            "gpus_per_node": gpus,
            "mem_gb": memory,
            "slurm_partition": partition,
            **(parameters or {}),
        }

    def device(self, asked: str) -> str:
        """What jobs compute on: with `gpus` that is a GPU, though the machine that submits has none."""
        return "cuda" if asked == "auto" and self._gpus else asked

    def run(self, job: Job, shards: Shards, done: Callable[[ShardRef], None]) -> None:
        """Submits the array, and follows it unless told not to wait.

        Raises:
            BadInput: no Slurm here, or one that refuses the jobs; what a job found wrong; jobs that all
                ended before the run was done.
            RuntimeError: another fault of a job, with its traceback behind it.
        """
        refuse_numbers(job.device, "Slurm gives every job its own")
        waiting = shards.stamps
        if not waiting:
            return
        jobs = self._submit(job, waiting)
        if not self._wait:
            return
        array = _Array(jobs, str(job.folder.jobs))
        try:
            for shard in shards.follow(array.look):
                done(shard)
        finally:
            array.cancel()

    def _submit(self, job: Job, waiting: Mapping[ShardRef, Stamp]) -> list[Any]:
        import submitit

        count = min(self._workers, len(waiting))
        work = cluster_worker if self._wait else _finish
        try:
            executor = submitit.AutoExecutor(folder=job.folder.jobs, cluster=self._cluster)
            given = {name: value for name, value in self._asked.items() if value is not None}
            executor.update_parameters(name=f"siebench-{job.suite.name}", **given)
            # Several processes of the local executor share this machine's device.
            shared = self._cluster == "local" and count > 1
            with executor.batch():
                return [
                    executor.submit(work, job, waiting, job.device, self._cpus, shared)
                    for _ in range(count)
                ]
        except Exception as error:  # submitit and sbatch have many for one thing
            lines = [line for line in str(error).splitlines() if line.strip()] or [""]
            raise BadInput(
                f"executor 'slurm': the jobs cannot be submitted ({lines[-1].strip()}); see `sinfo` for "
                "partitions, and the suite's partition, time and gpus"
            ) from error


class _Array:
    """The jobs of a run that is followed.

    Args:
        jobs: submitit's.
        logs: where their logs are.
    """

    def __init__(self, jobs: list[Any], logs: str) -> None:
        self._jobs, self._logs = list(jobs), logs
        self._asked = clock.monotonic()
        self._last = ""

    def look(self) -> bool:
        """Waits a moment, and hears jobs that have ended; whether any is there still.

        Raises:
            Exception: as `WorkerFault.error`, what one of them raised.
            BadInput: all have ended and the run is not done.
        """
        clock.sleep(_LOOK)
        for job in list(self._jobs):
            if not job.done(force_check=clock.monotonic() - self._asked > _PAUSE):
                continue
            self._jobs.remove(job)
            failure = job.exception()
            wrong = job.result() if failure is None else None
            if wrong is not None:
                raise wrong.error()
            self._last = "" if failure is None else (str(failure).strip().splitlines() or [""])[-1]
        if clock.monotonic() - self._asked > _PAUSE:
            self._asked = clock.monotonic()
        if not self._jobs and self._last:
            raise BadInput(
                f"executor 'slurm': all jobs have ended and the run is not done (the last: {self._last}); "
                f"their logs are in {self._logs}; `siebench run` with the same --out goes on"
            )
        return bool(self._jobs)

    def cancel(self) -> None:
        """Ends the jobs that are still there: the run is done, or given up."""
        for job in self._jobs:
            job.cancel(check=False)


def _finish(
    job: Job, waiting: Mapping[ShardRef, Stamp], device: str, threads: int, shared: bool
) -> None:
    """A job of a run that is left alone: the last one makes the tables.

    Raises:
        Exception: what is wrong with the run; its log has it, since nobody waits for the job.
    """
    from bench.run.carry_out import Part, Watch, carry_out
    from bench.run.executors.local import Local

    found = cluster_worker(job, waiting, device, threads, shared)
    if found is not None:
        raise found.error()
    carry_out(job, Local(), "slurm", Watch(), Part(1, 1))
