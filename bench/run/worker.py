"""A worker carries out shards: prepare, edit, composite, measure, write.

It makes its datasets, editors and metrics once, in its own process, and does not know where it runs or
who else works on the same run. A shard's rows are written before it counts as done, so a worker may be
killed at any moment and the run goes on where it stopped.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np

from bench.core.atomic import write_text
from bench.core.device import kind_of
from bench.core.errors import BadInput
from bench.core.identity import array_hash
from bench.core.text import writable
from bench.plugins.foreign import foreign
from bench.run.canaries.checks import CanaryShard, Checks
from bench.run.canaries.images import EDITS
from bench.run.claims import ATTEMPTS, Claims
from bench.run.edit_images import write_edit, write_image
from bench.run.editing.composite import compose
from bench.run.editing.failures import Failure, write_failures
from bench.run.editing.runner import MethodRunner, RawOutputs
from bench.run.environment import device_name, versions
from bench.run.job import Job
from bench.run.kept import Former, ShardRecord, Standing, recorded, standing
from bench.run.measure import EditGroup, PreparedGroup, make_metrics, measuring_on
from bench.run.methods import Method, check_tasks, make_methods
from bench.run.plan import Shard, Task, plan_run
from bench.run.prepare import PreparedEdit, PreparedShard, Unmade, prepare_shard
from bench.run.rows import ShardRows
from bench.run.shards import ShardRef
from bench.run.stay import Stay

__all__ = ["DIED", "Worker"]

DIED = (
    f"the worker ended {ATTEMPTS} times while it carried this out (killed, out of memory, or its machine "
    "went away); `siebench run` with --retry-failed tries again"
)
"""The reason of edits that are not tried again."""


class Worker:
    """Carries out a job's shards on one device.

    Args:
        job: the run.
        device: "cpu", "cuda", "cuda:1" ...
        kind: the kind of device that the methods are recorded with, where it is another one than
            `device`: who only plans and makes tables needs no GPU for a run that GPUs carry out.

    Attributes:
        plan: the job's tasks.
        methods: the suite's methods, in its order.
        metrics: by task name, the metrics that can be computed there and those that cannot.
        device: as given.
        told: told after every batch of a shard how many edits a method has carried out.
        claims: its claims on shards, where others work on the same run. They say what earlier workers
            died at, and whether it has its device for itself: otherwise no edit is timed.

    Raises:
        BadInput: wrong data or options; a method that can carry out none of a task's edits.
    """

    def __init__(self, job: Job, device: str, kind: str | None = None) -> None:
        self.device = device
        self.plan = plan_run(job.suite, data=job.data, shuffled=job.shuffled, trust=job.trust)
        size = job.suite.batch_size
        self.methods = make_methods(
            job.suite.methods,
            device=device,
            batch_size=size,
            trust=job.trust,
            fetch=job.fetch,
            home=job.suite.home,
            kind=kind,
        )
        check_tasks(self.plan.tasks, self.methods)
        self.metrics = {
            task.name: make_metrics(
                job.suite.metrics,
                task,
                device=device,
                fetch=job.fetch,
                trust=job.trust,
                home=job.suite.home,
            )
            for task in self.plan.tasks
        }
        self._folder = job.folder
        self._runner = MethodRunner(size, device)
        self._id = uuid.uuid4().hex[:12]
        self._threads = job.threads
        self._again = job.again
        self.told: Callable[[ShardRef, int], None] = lambda _, __: None
        self.claims: Claims | None = None

    @cached_property
    def traits(self) -> dict[str, Any]:
        """What its numbers' last digits may depend on: the device's model, threads, versions."""
        import torch

        return {
            "device": kind_of(self.device),
            "device_name": device_name(self.device),
            "threads": torch.get_num_threads(),
            "versions": versions(),
        }

    def written(self, shard: ShardRef) -> bool:
        """Whether a shard's tables are there and the plan's; its images are not looked at."""
        whole = self.shard(shard)
        found = recorded(self._folder, whole.task.slug, shard.number)
        planned = ShardRecord.of(whole, self.methods, self.metrics[shard.task].ready)
        return found is not None and found.follows_from(planned)

    def standing(self, shard: ShardRef) -> Standing:
        """What is there of a shard; may be called from threads."""
        metrics = self.metrics[shard.task].ready
        return standing(self._folder, self.shard(shard), self.methods, metrics, self._again)

    def prepare(self, shard: ShardRef) -> PreparedShard:
        """Reads and draws a shard's edits; may be called from a thread, ahead of `carry_out`."""
        return prepare_shard(self.shard(shard))

    def carry_out(self, shard: ShardRef, prepared: PreparedShard | None = None) -> None:
        """Carries out a shard and writes everything of it; it is done when this returns.

        Args:
            shard: one of the job's.
            prepared: what `prepare` gave for it, where that was called before.
        """
        whole = self.shard(shard)
        vain = Counter[str]() if self.claims is None else self.claims.vain(shard)
        if vain[""] >= ATTEMPTS:
            prepared = _given_up(whole)
        prepared = prepare_shard(whole) if prepared is None else prepared
        with ThreadPoolExecutor(max(1, self._threads)) as pool:
            self._carry_out(whole, prepared, pool, {m for m in vain if vain[m] >= ATTEMPTS})

    def close(self) -> None:
        """Lets editors go of what must not outlive the run; they can still be asked for edits."""
        for method in self.methods:
            close = getattr(method.editor, "close", None)
            if close is not None:
                with foreign(f"method {method.name!r}: close()"):
                    close()

    def shard(self, shard: ShardRef) -> Shard:
        """The shard of the plan that a name means."""
        task = next(task for task in self.plan.tasks if task.name == shard.task)
        return task.shard(shard.number)

    def _carry_out(
        self, shard: Shard, prepared: PreparedShard, pool: ThreadPoolExecutor, deadly: Set[str]
    ) -> None:
        """`deadly` are the methods that are not tried again, since workers died at them."""
        task, edits, folder = shard.task, prepared.edits, self._folder
        alone = self.claims is None or self.claims.alone()
        metrics = self.metrics[task.name].ready
        former = Former(folder, task.slug, shard.number)
        record = ShardRecord.of(shard, self.methods, metrics)
        edit_images = [pool.submit(write_edit, folder, task, one) for one in edits]
        record.edits = {one.edit.id: done.result() for one, done in zip(edits, edit_images)}
        written = []
        rows = ShardRows(shard, prepared, record)
        sides = _edit_group(task, edits) if edits else None
        with measuring_on(self.device, len(edits)):
            group = PreparedGroup.of(metrics, sides) if sides is not None else None
        canaries = CanaryShard(shard, edits[:EDITS]) if edits and shard.number == 0 else None
        checks = former.checks() if canaries is not None else Checks()
        for method in self.methods:
            if method.editor is None or sides is None or group is None or not method.edits(task):
                continue
            stay = Stay.of(former, record, method, edits, self._again)
            sources = {one.edit.id: method.source_of(one.edit.name) for one in edits}
            if any(source is not None for source in sources.values()):
                record.sources[method.name] = {
                    edit: s for edit, s in sources.items() if s is not None
                }
            raw = self._run(method, shard, stay.waiting(len(edits)), edits, deadly)
            fresh = {
                i: compose(
                    image, edits[i].original, edits[i].edit.mask, task.composite, task.quantise
                )
                for i, image in raw.images.items()
            }
            for i in raw.failures:
                folder.prediction(task.slug, method.slug, edits[i].edit.id).unlink(missing_ok=True)
            for i, result in fresh.items():
                path = folder.prediction(task.slug, method.slug, edits[i].edit.id)
                written.append(pool.submit(write_image, path, result))
            self._write_texts(shard, method, raw)
            results = dict(sorted({**stay.results, **fresh}.items()))
            record.results[method.name] = {
                edits[i].edit.id: array_hash(result) for i, result in results.items()
            }
            with measuring_on(self.device, len(edits)):
                columns = stay.measure(metrics, group, results, raw.images)
            if method.keeps_known:
                columns |= stay.belonging(sides, fresh, raw.images)
            rows.add(method, raw, stay, columns)
            rows.add_aside(method, raw, stay, former)
            if canaries is not None:
                known = set(stay.rows) >= set(range(len(canaries.edits)))
                if known or method.name in deadly:
                    canaries.take_over(method.name, results, checks)
                else:
                    canaries.check(self._runner, method, results, raw.images)
        if canaries is not None and group is not None:
            with measuring_on(self.device, len(canaries.edits)):
                canaries.write(folder, metrics, group.first(metrics, len(canaries.edits)))
        for future in written:
            future.result()
        alone = alone and (self.claims is None or self.claims.alone())
        rows.write(folder, group, {**self.traits, "worker": self._id, "alone": alone})

    def _run(
        self,
        method: Method,
        shard: Shard,
        waiting: Sequence[int],
        edits: Sequence[PreparedEdit],
        deadly: Set[str],
    ) -> RawOutputs:
        """What the method gives for the edits that are waiting, by their indices in the shard."""
        reference = ShardRef(shard.task.name, shard.number)
        if method.name in deadly:
            return RawOutputs(failures=dict.fromkeys(waiting, Failure(DIED)))
        if self.claims is not None:
            self.claims.at(reference, method.name)
        raw = self._runner.run(
            method,
            [edits[i] for i in waiting],
            shard.task.dataset.space,
            lambda count: self.told(reference, count),
        )
        return RawOutputs(
            {waiting[k]: image for k, image in raw.images.items()},
            {waiting[k]: failure for k, failure in raw.failures.items()},
            {waiting[k]: ms for k, ms in raw.milliseconds.items()},
            raw.footprints,
            raw.printed,
        )

    def _write_texts(self, shard: Shard, method: Method, raw: RawOutputs) -> None:
        task = shard.task.slug
        write_failures(self._folder, task, method.slug, list(raw.failures.values()))
        if raw.printed:
            path = self._folder.printed(task, method.slug, shard.number)
            write_text(path, writable("".join(raw.printed)))


def _given_up(shard: Shard) -> PreparedShard:
    """A shard at which workers died before they came to a method: none of its edits can be made."""
    return PreparedShard((), tuple(Unmade(*pair, DIED, broken=True) for pair in shard.pairs))


def _edit_group(task: Task, edits: Sequence[PreparedEdit]) -> EditGroup:
    """The edits of a shard together.

    Raises:
        BadInput: where they differ in size, as images that nothing brings to one may.
    """
    first = edits[0]
    for one in edits:
        if one.edit.mask.shape != first.edit.mask.shape:
            sizes = ["x".join(map(str, e.edit.mask.shape[::-1])) for e in (one, first)]
            raise BadInput(
                f"task {task.name!r}: scene {one.edit.scene!r} is {sizes[0]} pixels and "
                f"{first.edit.scene!r} {sizes[1]}, but scenes of a run have one size; give the dataset a "
                "size, with fit: crop or resize"
            )
    return EditGroup(
        ground_truth=[one.ground_truth.image for one in edits],
        original=[one.original for one in edits],
        mask=np.stack([one.edit.mask for one in edits]),
        labels=np.stack([one.edit.labels for one in edits]),
        space=task.dataset.space,
        scenes=tuple(one.edit.scene for one in edits),
        edits=tuple(one.edit.id for one in edits),
        regions=tuple(one.edit.region for one in edits),
        styles=tuple(one.ground_truth.style for one in edits),
    )
