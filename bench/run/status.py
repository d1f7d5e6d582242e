"""How far a run is, and who is at work on it, told by its folder alone.

Anybody who sees the folder may ask, on any machine, while others carry the run out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from bench.core.errors import BadInput
from bench.run.kept import recorded
from bench.run.layout import RunFolder
from bench.run.plan import scenes_a_shard
from bench.run.presence import Presence, living
from bench.run.schema import Header, TaskRow, read_header
from bench.suite.schema import Suite

__all__ = ["Status", "run_status"]


@dataclass(frozen=True)
class Status:
    """How far a run is; an edit counts as one result for every method.

    Attributes:
        folder: the run.
        name: the suite's.
        state: "stopped" where there is work left and nobody at it; "waiting" where every shard is done
            and only the tables are not.
        shards, shards_done: how many it has, and how many of them are done.
        results, results_done: the same in results; those of shards in hand count.
        workers: who is at work.
        each_second: how many results the workers make in a second, all together; None where nothing is
            known yet.
        seconds_left: how long that still takes, or None.
        tried_again: how many shards were begun in vain by workers that died.
    """

    folder: Path
    name: str
    state: Literal["running", "stopped", "waiting", "decided", "done"]
    shards: int
    shards_done: int
    results: int
    results_done: int
    workers: tuple[Presence, ...] = ()
    each_second: float | None = None
    seconds_left: float | None = None
    tried_again: int = 0


def run_status(path: Path | str) -> Status:
    """How far a run is.

    Raises:
        BadInput: no run, or a `run.json` that cannot be read.
    """
    folder = RunFolder(Path(path))
    header = read_header(folder.record)
    methods = _methods(header)
    sizes = {
        (task.slug, number): pairs * len(methods[task.name])
        for task in header.tasks
        for number, pairs in enumerate(_pairs(task))
    }
    done = {
        (task.slug, number)
        for task in header.tasks
        for number in _done(folder, header, task, methods[task.name])
        if (task.slug, number) in sizes
    }
    workers = tuple(one for one in living(folder) if one.device)
    in_hand = sum(one.results for one in workers if one.shard is not None)
    results, results_done = sum(sizes.values()), sum(sizes[one] for one in done) + in_hand
    speed = sum(one.carried_out / one.seconds for one in workers if one.seconds > 0)
    return Status(
        folder=folder.root,
        name=header.name,
        state=_state(header, len(done) == len(sizes), bool(workers)),
        shards=len(sizes),
        shards_done=len(done),
        results=results,
        results_done=min(results, results_done),
        workers=workers,
        each_second=speed or None,
        seconds_left=max(0, results - results_done) / speed if speed else None,
        tried_again=len({file.with_suffix("") for file in folder.claims.glob("shards/*/*.[2-9]")}),
    )


def _state(
    header: Header, whole: bool, at_work: bool
) -> Literal["running", "stopped", "waiting", "decided", "done"]:
    if header.state != "running":
        return header.state
    if at_work:
        return "running"
    return "waiting" if whole else "stopped"


def _methods(header: Header) -> dict[str, Mapping[str, str]]:
    """By task, the hashes of the methods that carry it out, by name."""
    try:
        suite = Suite.model_validate(header.suite)
    except ValidationError:
        raise BadInput(
            f"the suite in the run {header.name!r} is not one that this siebench knows; use the version that "
            "made the run"
        ) from None
    hashes = {row.name: row.hash for row in header.methods if row.problem is None and row.hash}
    data = {str(task.name): str(task.dataset) for task in suite.single_tasks()}
    return {
        task.name: {
            entry.name: hashes[entry.name]
            for entry in suite.methods
            if entry.name in hashes
            and (entry.datasets is None or data.get(task.name) in entry.datasets)
        }
        for task in header.tasks
    }


def _pairs(task: TaskRow) -> Iterator[int]:
    """How many edits each shard of a task has."""
    scenes, samples = int(task.record["n_scenes"]), int(task.record["samples"])
    each = scenes_a_shard(samples)
    for start in range(0, scenes, each):
        yield min(each, scenes - start) * samples


def _done(
    folder: RunFolder, header: Header, task: TaskRow, methods: Mapping[str, str]
) -> Iterator[int]:
    """The shards whose tables are those of the run's methods; former versions' do not say whose they are."""
    for file in folder.shards("samples", task.slug):
        record = recorded(folder, task.slug, int(file.stem))
        theirs = record is not None and methods.items() <= record.methods.items()
        if theirs or (record is None and header.state == "done"):
            yield int(file.stem)
