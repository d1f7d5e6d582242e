"""The executor `local`: everything in this process, reading ahead in threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from bench.core.device import choose_device
from bench.run.job import Job
from bench.run.shards import ShardRef, Shards
from bench.run.take_part import carry_out_shards

__all__ = ["Local"]


class Local:
    """Carries out shards one after the other, here; threads prepare the next ones meanwhile."""

    here: ClassVar[bool] = True

    def run(self, job: Job, shards: Shards, done: Callable[[ShardRef], None]) -> None:
        """Carries out all shards; how far threads read ahead changes nothing in what is written.

        Raises:
            BadInput: as `Worker`, and where a file of the run cannot be written.
        """
        carry_out_shards(job.worker(choose_device(job.device)), shards, done, job.threads)
