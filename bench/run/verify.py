"""Whether every file of a run is what its tables say, and its scores what its samples say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import get_args

import numpy as np

from bench.core.errors import BadInput
from bench.core.identity import record_hash
from bench.metrics.intervals import jackknife_interval
from bench.run.kept import Former, damage
from bench.run.layout import RunFolder, RunTable
from bench.run.portable import CUT
from bench.run.reader import Run, read_run
from bench.run.schema import REAL, Header, TaskRow
from bench.run.table_files import read_columns

__all__ = ["unlike_samples", "verify_run"]


def verify_run(path: Path | str, threads: int = 4) -> list[str]:
    """Reads every file of a run; gives what is wrong, a sentence each that begins with the file.

    Images are compared with the hashes of pixels that a run records. Of a run that has none, from an
    older siebench, every image must be there and readable. Scores are held against the samples and
    replicates: see `unlike_samples`.

    Args:
        path: the run directory.
        threads: how many shards are read at once.

    Raises:
        BadInput: no run, or a `run.json` that cannot be read.
    """
    run = read_run(path)
    folder, header = run.layout, run.header
    found = [*_records(folder, header), *_tables(folder, header)]
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
    """The scores of an ended run that its samples and replicates contradict, a sentence each.

    A mean over edits is worked out again. The interval of a score of a whole set follows from the value and
    its replicates, so that neither was changed alone. Tables that cannot be read, and scores without a
    value, are left out.
    """
    if run.header.state == "running":
        return  # its samples may be newer than its scores
    try:
        scores, replicates = run.scores, run.replicates
        samples = {task.name: run.samples(task.name) for task in run.header.tasks}
    except BadInput:
        return  # `verify_run` names the table
    scores = scores[(scores["of"] == "all") & scores["value"].notna() & (scores["method"] != REAL)]
    means = {metric.name for metric in run.header.metrics if metric.summary == "mean"}
    where = run.layout.relative(run.layout.table("scores"))
    for row in scores[scores["metric"].isin(means)].itertuples():
        rows = samples.get(row.task)
        values = np.empty(0)
        if rows is not None and row.metric in rows:
            own = rows[(rows["method"] == row.method) & (rows["status"] == "ok")]
            values = own[row.metric].dropna().to_numpy(float)
        mean = float(values.mean()) if len(values) else math.nan
        if row.n != len(values) or not math.isclose(row.value, mean, rel_tol=1e-9, abs_tol=1e-12):
            yield (
                f"{where}: {row.metric} of {row.method!r} at {row.task!r} is {row.value:.6g} (n = {row.n}), "
                f"but the mean of its samples is {mean:.6g} (n = {len(values)})"
            )
    keys = ["task", "method", "metric", "of"]
    for row in scores.merge(replicates[[*keys, "values"]], on=keys).itertuples():
        made = jackknife_interval(row.value, np.asarray(row.values, float), row.level)
        slack = 1e-9 * abs(row.value) + 1e-12
        # Bounds of the score (0, 1) may have cut off one end: the rest lies within what was made.
        whole = row.clusters == len(row.values)  # and not of some scenes alone
        if made and whole and not (made[0] - slack <= row.low and row.high <= made[1] + slack):
            yield (
                f"{where}: {row.metric} of {row.method!r} at {row.task!r} is {row.value:.6g} "
                f"[{row.low:.6g}, {row.high:.6g}], but with its replicates the interval of such a value is "
                f"[{made[0]:.6g}, {made[1]:.6g}]"
            )


def _records(folder: RunFolder, header: Header) -> Iterator[str]:
    """The records of protocols and methods that are not those of their hashes."""
    where = folder.relative(folder.record)
    for known, record in header.protocols.items():
        if record_hash(record) != known:
            yield f"{where}: the record of protocol {known[:12]} is not what was hashed"
    for method in header.methods:
        cut = CUT in json.dumps(method.record, ensure_ascii=False)  # paths that were hashed whole
        if method.record and not cut and record_hash(method.record) != method.hash:
            yield f"{where}: the record of method {method.name!r} is not what was hashed"


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
