"""Carrying out a plan, shard by shard: prepare, paint, compose, measure, write.

While one shard is painted, worker threads read and draw the next ones. A shard's rows are written
before it counts as done, so a run may be killed at any moment and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from bench.core.threads import ahead
from bench.metrics import Metric, References
from bench.run.canaries import EDITS
from bench.run.canary_shard import CanaryShard
from bench.run.composite import compose
from bench.run.hidden import look_behind
from bench.run.measure import Group, measure_group
from bench.run.methods import Method
from bench.run.paint import Painter, Paintings
from bench.run.plan import Plan, Shard, Task
from bench.run.prepare import Job, Prepared, prepare_shard
from bench.run.rows import Rows
from bench.run.store import RunFolder, write_image, write_labels
from bench.scene import UInt8

__all__ = ["Execution", "execute"]


@dataclass(frozen=True, eq=False)
class Execution:
    """What carrying out needs to know.

    `metrics` are, by task name, the metrics which can be computed there. `advance` is told after
    every shard how many planned edits are done. `enough` is asked before every shard whether its
    task needs no more edits.
    """

    plan: Plan
    methods: Sequence[Method]
    metrics: Mapping[str, Sequence[Metric]]
    folder: RunFolder
    painter: Painter
    workers: int
    advance: Callable[[int], None]
    enough: Callable[[Task], bool] = lambda _: False


def execute(execution: Execution) -> None:
    """Carries out every shard that is not done yet."""
    waiting = []
    for task in execution.plan.tasks:
        for shard in task.shards():
            if execution.folder.table("samples", task.slug, shard.file_name).is_file():
                execution.advance(len(shard.pairs))
            else:
                waiting.append(shard)
    with ThreadPoolExecutor(max(1, execution.workers)) as pool:
        needed = (shard for shard in waiting if not execution.enough(shard.task))
        for shard, prepared in ahead(pool, prepare_shard, needed, max(1, execution.workers)):
            # Asked again: shards that were prepared ahead must not depend on how far ahead that is.
            if execution.enough(shard.task):
                continue
            _carry_out(execution, pool, shard, prepared)
            execution.advance(len(shard.pairs))


def _carry_out(
    execution: Execution, pool: ThreadPoolExecutor, shard: Shard, prepared: Prepared
) -> None:
    task, jobs, folder = shard.task, prepared.jobs, execution.folder
    metrics = execution.metrics[task.name]
    written = [pool.submit(_write_edit, folder, task, job) for job in jobs]
    rows = Rows(task, prepared)
    group = _group(task, metrics, jobs) if jobs else None
    canaries = CanaryShard(task, jobs[:EDITS]) if jobs and shard.index == 0 else None
    for method in execution.methods:
        if method.editor is None or group is None or not method.edits(task):
            continue
        paintings = execution.painter.paint(method, jobs, task.dataset.space)
        results = {
            i: compose(
                picture,
                jobs[i].answer.original,
                jobs[i].edit.mask,
                task.composite,
                task.quantise,
            )
            for i, picture in paintings.pictures.items()
        }
        for i, result in results.items():
            path = folder.prediction(task.slug, method.slug, jobs[i].edit.id)
            written.append(pool.submit(write_image, path, result))
        columns = measure_group(metrics, group, results, paintings.pictures)
        rows.add(method, paintings, columns)
        if canaries is not None:
            _check_method(execution, canaries, method, results, paintings)
    if canaries is not None:
        canaries.write(folder, shard.file_name, metrics, _group(task, metrics, canaries.jobs))
    for future in written:
        future.result()
    rows.write(folder, shard.file_name, group)


def _check_method(
    execution: Execution,
    canaries: CanaryShard,
    method: Method,
    results: Mapping[int, UInt8],
    paintings: Paintings,
) -> None:
    """Whether the method is a canary, and whether it sees what it must not."""
    canaries.compare(method.name, results)
    jobs = canaries.jobs[: execution.painter.batch_size]
    space = canaries.task.dataset.space
    behaviour = look_behind(execution.painter, method, jobs, space, paintings.pictures)
    if behaviour is not None:
        canaries.checks.hidden[method.name] = behaviour


def _group(task: Task, metrics: Sequence[Metric], jobs: Sequence[Job]) -> Group:
    original = [job.answer.original for job in jobs]
    rest = References(
        images=np.empty((0,), np.uint8),
        mask=np.stack([job.edit.mask for job in jobs]),
        labels=np.stack([job.edit.labels for job in jobs]),
        space=task.dataset.space,
        scenes=tuple(job.edit.scene for job in jobs),
        edits=tuple(job.edit.id for job in jobs),
    )
    return Group.of(metrics, [job.answer.truth for job in jobs], original, rest)


def _write_edit(folder: RunFolder, task: Task, job: Job) -> None:
    """The edit's own pictures, which the report shows beside the results."""
    place = folder.edit(task.slug, job.edit.id)
    mask: UInt8 = job.edit.mask.astype(np.uint8) * np.uint8(255)
    write_image(place / "original.png", job.answer.original)
    write_image(place / "mask.png", mask)
    write_labels(place / "target.png", job.edit.labels, task.dataset.space)
    truth = job.answer.truth
    if truth is not None and truth is not job.answer.original:
        write_image(place / "truth.png", truth)
