"""The executor `local`: everything in this process, reading ahead in threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from bench.core.device import choose_device
from bench.core.threads import ahead
from bench.run.job import Job, ShardRef, Shards

__all__ = ["Local"]


class Local:
    """Carries out shards one after the other, here; threads prepare the next ones meanwhile."""

    here: ClassVar[bool] = True

    def run(self, job: Job, shards: Shards, done: Callable[[ShardRef], None]) -> None:
        """Carries out all shards; how far threads read ahead changes nothing in what is written.

        Raises:
            BadInput: as `Worker`, and where a file of the run cannot be written.
        """
        worker = job.worker(choose_device(job.device))
        with ThreadPoolExecutor(max(1, job.threads)) as pool:
            for shard, prepared in ahead(pool, worker.prepare, shards, max(1, job.threads)):
                # Asked again: a run that ends early must not depend on how far ahead that was.
                if shards.needed(shard):
                    worker.carry_out(shard, prepared)
                    done(shard)
