"""Whether every file of a run is what its tables say, and its scores what its samples say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import get_args

from bench.core.errors import BadInput
from bench.run.kept import Former, damage
from bench.run.layout import RunFolder, RunTable
from bench.run.reader import Run, read_run
from bench.run.schema import REAL, Header, TaskRow
from bench.run.table_files import read_columns

__all__ = ["unlike_samples", "verify_run"]


def verify_run(path: Path | str, threads: int = 4) -> list[str]:
    """Reads every file of a run; gives what is wrong, a sentence each that begins with the file.

    Images are compared with the hashes of pixels that a run records. Of a run that has none, from an
    older siebench, every image must be there and readable. Scores that are means of the samples are
    worked out again; `siebench reduce` makes those of whole sets from their features.

    Args:
        path: the run directory.
        threads: how many shards are read at once.

    Raises:
        BadInput: no run, or a `run.json` that cannot be read.
    """
    run = read_run(path)
    folder, header = run.layout, run.header
    found = list(_tables(folder, header))
    for task in header.tasks:
        numbers = [int(file.stem) for file in folder.shards("samples", task.slug)]
        with ThreadPoolExecutor(threads) as pool:
            shards = pool.map(
                lambda number, task=task: _shard(folder, header, task, number), numbers
            )
            checked = list(shards)
        found += [line for lines, _, _ in checked for line in lines]
        if header.state == "done":
            edits = sum(count or 0 for _, count, _ in checked)
            if edits != task.planned and all(count is not None for _, count, _ in checked):
                found.append(
                    f"samples/{task.slug}: tables for {edits} edits, but {task.planned} were planned"
                )
        named = {file for _, _, files in checked for file in files}
        found += _strays(folder, header, task, named)
    return found + list(unlike_samples(run))


def unlike_samples(run: Run) -> Iterator[str]:
    """The scores of an ended run that are means over edits, and not the means of its samples.

    Tables that cannot be read, and scores without a value, are left out.
    """
    if run.header.state == "running":
        return  # its samples may be newer than its scores
    means = [metric.name for metric in run.header.metrics if metric.summary == "mean"]
    try:
        scores = run.scores
        scores = scores[(scores["of"] == "all") & scores["value"].notna()]
        scores = scores[scores["metric"].isin(means) & (scores["method"] != REAL)]
        samples = {task.name: run.samples(task.name) for task in run.header.tasks}
    except BadInput:
        return  # `verify_run` names the table
    where = run.layout.relative(run.layout.table("scores"))
    for task, method, metric, value, n in zip(
        *(scores[name] for name in ("task", "method", "metric", "value", "n"))
    ):
        rows = samples.get(task)
        if rows is None or metric not in rows:
            yield f"{where}: {metric} of {method!r} at {task!r}, of which there are no samples"
            continue
        own = rows[(rows["method"] == method) & (rows["status"] == "ok")][metric]
        own = own.dropna().to_numpy(float)
        mean = float(own.mean()) if len(own) else math.nan
        if n != len(own) or not math.isclose(value, mean, rel_tol=1e-9, abs_tol=1e-12):
            yield (
                f"{where}: {metric} of {method!r} at {task!r} is {value:.6g} (n = {n}), but the mean of "
                f"its samples is {mean:.6g} (n = {len(own)})"
            )


def _tables(folder: RunFolder, header: Header) -> Iterator[str]:
    """The tables of the whole run."""
    names: tuple[RunTable, ...] = get_args(RunTable)
    for name in names:
        file = folder.table(name)
        needed = header.state != "running" and name in ("scores", "costs")
        if file.is_file():
            try:
                read_columns(file)
            except BadInput:
                yield f"{folder.relative(file)}: cannot be read"
        elif needed:
            yield f"{folder.relative(file)}: is missing"


def _shard(
    folder: RunFolder, header: Header, task: TaskRow, number: int
) -> tuple[list[str], int | None, set[str]]:
    """What is wrong in a shard, how many edits it accounts for if known, and the images it names."""
    former = Former(folder, task.slug, number)
    if former.damaged:
        return [former.damaged], None, set()
    slugs = {method.name: method.slug for method in header.methods}
    lines = [f"{file}: {why}" for file, why in damage(folder, task.slug, number, slugs, former)]
    named: set[str] = set()
    columns = (former.samples.get(name, ()) for name in ("method", "edit", "status"))
    failures = former.samples.get("failure") or repeat("")  # former runs have none
    for method, edit, status, failure in zip(*columns, failures):
        if method not in slugs:
            lines.append(f"samples/{task.slug}: a row of {method!r}, which is no method of the run")
            continue
        if status == "ok":
            named.add(folder.relative(folder.prediction(task.slug, slugs[method], edit)))
        elif failure:
            file = folder.failure(task.slug, slugs[method], failure)
            if not file.is_file():
                lines.append(f"{folder.relative(file)}: is missing")
    count = 0
    for file in (
        folder.shard("references", task.slug, number),
        folder.shard("unmade", task.slug, number),
    ):
        try:
            rows = len(read_columns(file)[0]["scene"])
        except (BadInput, KeyError):
            return lines, None, named  # it is named already
        count += rows
    return lines, count, named


def _strays(folder: RunFolder, header: Header, task: TaskRow, named: set[str]) -> Iterator[str]:
    """Results that no table names, where the run has ended."""
    if header.state == "running":
        return
    for method in header.methods:
        for file in sorted(folder.predictions(task.slug, method.slug).glob("[!.]*.png")):
            if folder.relative(file) not in named:
                yield f"{folder.relative(file)}: no table names it"
