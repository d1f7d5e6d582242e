"""A job carried out: looked at, handed to its executor, and its tables made by whoever comes last."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from bench.core.device import choose_device, kind_of
from bench.core.errors import BadInput
from bench.core.identity import record_hash
from bench.run.claims import Claims, forget, refuse_other_runs
from bench.run.environment import device_key
from bench.run.finish import finish_run, lacking, refuse_unfinished
from bench.run.job import Executor, Job
from bench.run.kept import Standing
from bench.run.outcome import Outcome
from bench.run.plan import Plan, Task, plan_run
from bench.run.presence import living
from bench.run.record import RunRecord, go_on, refuse_unlike, take_up
from bench.run.schema import read_header
from bench.run.shards import ShardRef, Shards, Stamp, stamp
from bench.run.surplus import remove_shard, throw_away
from bench.run.take_part import needed_by, place_of
from bench.run.worker import Worker
from bench.suite.schema import Suite

__all__ = ["Part", "Watch", "carry_out", "parse_part"]

_PART = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)")
_WAIT = 0.5  # seconds between two looks at whether others have ended


@dataclass(frozen=True)
class Watch:
    """Who is told how far a run is, in results: an edit counts once for every method.

    `start(results)` once, `advance(results)` whenever some more are there, at least after each shard,
    whoever carried them out; `workers(count)` every second or so: how many are at work.
    """

    start: Callable[[int], None] = lambda _: None
    advance: Callable[[int], None] = lambda _: None
    workers: Callable[[int], None] = lambda _: None


@dataclass(frozen=True)
class Part:
    """Every shard of a run, in plan order, whose place modulo `of` is `number` - 1; 1/1 is any shard."""

    number: int
    of: int


def parse_part(text: str) -> Part:
    """The part that "3/16" names.

    Raises:
        BadInput: for anything else, and a number beyond the count.
    """
    found = _PART.fullmatch(text.strip())
    if found is None or int(found[1]) > int(found[2]):
        raise BadInput(f"--part {text}: write K/N with K from 1 to N, as in 3/16")
    return Part(int(found[1]), int(found[2]))


def carry_out(
    job: Job, executor: Executor, name: str, watch: Watch, part: Part | None = None
) -> Outcome | None:
    """Carries out a job's shards and makes the run's tables.

    Args:
        job: the run.
        executor: who decides where.
        name: what `run.json` calls it.
        watch: who is told how far the run is.
        part: this worker's part in a run that others work on too, which is taken as it is found: images
            of finished shards are not looked at. None for whoever answers for the whole run.

    Returns:
        what came of it; None where the tables are left to others.

    Raises:
        BadInput: as `run_suite` and `run_part`.
    """
    began = time.perf_counter()
    elsewhere = getattr(executor, "device", None)
    if elsewhere is not None:
        job = replace(job, device=elsewhere(job.device))
    # Who only starts workers needs no device of theirs.
    device, kind = (
        (choose_device(job.device), None) if executor.here else ("cpu", kind_of(job.device))
    )
    worker = job.worker(device, kind)
    record = RunRecord(worker.plan, worker.methods, worker.metrics, name)
    if job.until is not None:
        job.until.begin(job.anywhere().folder, record.header())
    fresh = job.again.methods | {one.name for one in worker.methods if not one.recognised}
    started = take_up(job.folder, record, fresh, lambda suite: _replan(job, suite))
    job = replace(job, key=record_hash(record.key()))
    run = _Run(job, worker, record, started, began, watch, part)
    run.carry_out(executor)
    return run.finish()


@dataclass(eq=False)
class _Run:
    """One call's view of a run."""

    job: Job
    worker: Worker
    record: RunRecord
    started: str
    began: float
    watch: Watch
    part: Part | None
    found: dict[ShardRef, Standing] = field(default_factory=dict)
    told: Counter[ShardRef] = field(default_factory=Counter)
    sizes: dict[ShardRef, int] = field(default_factory=dict)

    def carry_out(self, executor: Executor) -> None:
        """Has every shard carried out that is not done yet."""
        self.sizes = {
            ShardRef(task.name, shard.number): len(shard.pairs) * _methods_of(self.worker, task)
            for task in self.worker.plan.tasks
            for shard in task.shards()
        }
        self.watch.start(sum(self.sizes.values()))
        stamps = self._waiting()
        if not executor.here:
            shards = Shards(
                stamps,
                needed_by(self.job),
                folder=self.job.folder,
                stamps=stamps,
                elsewhere=self._done,
                observe=lambda: self._observe(None),
            )
            executor.run(self.job.anywhere(), shards, self._done)
            return
        with self._claims() as claims:
            self.worker.claims = claims
            self.worker.told = lambda shard, results: self._carried_out(shard, results, claims)
            shards = Shards(
                stamps,
                needed_by(self.job),
                folder=self.job.folder,
                claims=claims,
                stamps=stamps,
                elsewhere=self._done,
                observe=lambda: self._observe(claims),
                place=0.0 if self.part is None else place_of(self.job),
            )

            def done(shard: ShardRef) -> None:
                shards.release(shard)
                self._done(shard)

            executor.run(self.job, shards, done)
            self.worker.claims = None

    def finish(self) -> Outcome | None:
        """Makes the tables, unless others are to do so or have done so.

        Raises:
            BadInput: where shards lack that nobody else is asked for: they vanished meanwhile.
        """
        if self.part is None:
            refuse_unfinished(self.job.folder, self.worker, needed_by(self.job))
        elif any(lacking(self.worker, needed_by(self.job))):
            return None
        with self._claims(device="") as claims:
            while not claims.take_tables():
                if self.part is not None:
                    return None
                time.sleep(_WAIT)
            if self.part is not None and self._reduced():
                claims.remove()
                return None
            surplus = self._surplus(claims)
            outcome = finish_run(
                self.job, self.worker, self.record, self.started, self.began, self.found.values()
            )
            claims.remove()
        return replace(outcome, surplus=surplus)

    def _waiting(self) -> dict[ShardRef, Stamp]:
        """The shards to carry out, after the folder has been made ready for them."""
        folder = self.job.folder
        # Before they are looked at, which takes time: what others finish meanwhile is done.
        stamps = {shard: stamp(folder, shard) for shard in self.sizes}
        if self.part is None:
            forget(folder)
            refuse_other_runs(folder, self.job.key)
            self.found = _survey(self.worker, list(self.sizes), self.job.threads)
        else:
            self._join()
            self.found = {shard: Standing(self.worker.written(shard)) for shard in self.sizes}
        if self.job.until is not None:
            self._drop_former(stamps)
        mine = [
            shard
            for place, shard in enumerate(self.sizes)
            if self.part is None or place % self.part.of == self.part.number - 1
        ]
        waiting = {shard: stamps[shard] for shard in mine if not self.found[shard].done}
        for shard in self.sizes:
            if self.found[shard].done:
                self._done(shard)
        if waiting and (self.part is None or read_header(folder.record).state != "running"):
            go_on(folder, self.record, self.started)
        return waiting

    def _drop_former(self, stamps: Mapping[ShardRef, Stamp]) -> None:
        """Removes shards that are there and not as they are to be: a verdict counts what it finds."""
        for shard, standing in self.found.items():
            former = stamps[shard] is not None and stamp(self.job.folder, shard) == stamps[shard]
            if former and not standing.done:
                remove_shard(self.job.folder, self.worker.shard(shard), self.worker.methods)
                self.found[shard] = replace(standing, kept={})

    def _join(self) -> None:
        """Joins a run that others may be at work on; where nobody is, it may grow."""
        folder = self.job.folder
        if read_header(folder.record).key != self.job.key and not living(folder):
            go_on(folder, self.record, self.started)
        refuse_unlike(folder, self.record)

    def _claims(self, device: str | None = None) -> Claims:
        key = device_key(self.worker.device) if device is None else device
        return Claims(self.job.folder, device=key, key=self.job.key)

    def _reduced(self) -> bool:
        """Whether somebody has made the tables of this very run."""
        header = read_header(self.job.folder.record)
        return header.state != "running" and header.key == self.job.key

    def _surplus(self, claims: Claims) -> int:
        """Throws away what was done beyond the verdict, once nobody carries out edits any more."""
        if self.job.until is None:
            return 0
        while any(one.device for one in claims.others()):  # without one it waits for the tables
            time.sleep(_WAIT)
        count = 0
        for task in self.worker.plan.tasks:
            used = self.job.until.used(task.name)
            if used is not None:
                count += throw_away(self.job.folder, task, self.worker.methods, used)
        return count

    def _carried_out(self, shard: ShardRef, results: int, claims: Claims | None = None) -> None:
        if claims is not None:
            claims.told(shard, results)
        self.told[shard] += results
        self.watch.advance(results)

    def _done(self, shard: ShardRef) -> None:
        self.watch.advance(self.sizes[shard] - self.told[shard])
        self.told[shard] = self.sizes[shard]

    def _observe(self, claims: Claims | None) -> None:
        """Tells the watch of the workers, and of what those elsewhere have in hand."""
        others = living(self.job.folder)
        mine = None if claims is None else claims.me.id
        self.watch.workers(sum(one.device != "" for one in others))
        for one in others:
            if one.id == mine or one.shard is None:
                continue
            shard = ShardRef(*one.shard)
            more = min(one.results, self.sizes.get(shard, 0)) - self.told[shard]
            if more > 0:
                self._carried_out(shard, more)


def _replan(job: Job, suite: Suite) -> Plan:
    known = {*suite.datasets, *(entry.dataset for entry in suite.datasets.values())}
    data = {name: path for name, path in job.data.items() if name in known}
    moved = suite.read_from(job.suite.home)
    return plan_run(moved, data=data, shuffled=job.shuffled, trust=job.trust)


def _methods_of(worker: Worker, task: Task) -> int:
    return sum(one.editor is not None and one.edits(task) for one in worker.methods)


def _survey(worker: Worker, shards: list[ShardRef], threads: int) -> dict[ShardRef, Standing]:
    """What is there of every shard, its images read in threads."""
    with ThreadPoolExecutor(max(1, threads)) as pool:
        return dict(zip(shards, pool.map(worker.standing, shards)))
