"""What a run did beyond its verdict: with several workers, shards after the one that decided.

A verdict is made on a task's first shards only. The tables hold these and no others, so that they are
the same for any number of workers; what was done beyond is thrown away.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import get_args

from bench.run.layout import RunFolder, ShardTable
from bench.run.methods import Method
from bench.run.plan import Shard, Task

__all__ = ["remove_shard", "throw_away"]


def throw_away(folder: RunFolder, task: Task, methods: Sequence[Method], used: int) -> int:
    """Removes the shards of a task from number `used` on; gives how many there were.

    Args:
        folder: the run.
        task: of the plan.
        methods: the run's.
        used: how many of its first shards stay.
    """
    surplus = [
        shard
        for shard in task.shards()
        if shard.number >= used and folder.shard("samples", task.slug, shard.number).exists()
    ]
    for shard in surplus:
        remove_shard(folder, shard, methods)
    return len(surplus)


def remove_shard(folder: RunFolder, shard: Shard, methods: Sequence[Method]) -> None:
    """Removes everything of a shard but the tracebacks, which others may share."""
    task = shard.task.slug
    tables: tuple[ShardTable, ...] = get_args(ShardTable)
    # The samples first: the shard then counts as not done, whatever happens next.
    for table in tables:
        folder.shard(table, task, shard.number).unlink(missing_ok=True)
    for method in methods:
        folder.printed(task, method.slug, shard.number).unlink(missing_ok=True)
    for scene, sample in shard.pairs:
        edit = shard.task.edit_id(scene, sample)
        for method in methods:
            folder.prediction(task, method.slug, edit).unlink(missing_ok=True)
        shutil.rmtree(folder.edit(task, edit), ignore_errors=True)
