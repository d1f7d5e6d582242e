"""`reduce_run`: the tables of a run whose shards were carried out elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bench.core.errors import BadInput
from bench.core.text import now
from bench.run.claims import Claims
from bench.run.finish import finish_run, refuse_unfinished
from bench.run.job import Job
from bench.run.layout import RunFolder
from bench.run.outcome import Outcome
from bench.run.portable import whole_suite
from bench.run.record import RunRecord, refuse_unlike
from bench.run.schema import Header, read_header

__all__ = ["reduce_run"]


def reduce_run(
    out: Path | str,
    *,
    data: Mapping[str, Path] | None = None,
    fetch: bool = False,
    trust: bool = False,
    suite: Path | str | None = None,
) -> Outcome:
    """Makes the tables of a run from those of its shards, on the processor, whatever carried them out.

    The last worker does so by itself; this is for a run whose last worker could not, and for another
    machine.

    Args:
        out: the run directory, every shard of which is done.
        data: folders by the suite's dataset names.
        fetch: whether missing weights may be fetched from their official address.
        trust: whether foreign code may be run and imported.
        suite: the suite's file, for its paths, as `certify` takes it.

    Raises:
        BadInput: no run, shards that are not done or are being carried out, a run that ends when its
            verdict is sure, or data and weights that are other ones here.
    """
    began = time.perf_counter()
    folder = RunFolder(Path(out))
    header = read_header(folder.record)
    if header.order == "shuffled":
        raise BadInput(
            f"{out}: this run ends when its verdict is sure (--until-decided); give its `siebench run` "
            "again, which makes the tables"
        )
    job = Job(
        suite=whole_suite(folder.root, header.suite, suite, data or {}),
        out=folder.root,
        data=dict(data or {}),
        fetch=fetch,
        trust=trust,
    )
    with closing(job):
        worker = job.worker("cpu", _kind(header))
        record = RunRecord(worker.plan, worker.methods, worker.metrics, header.executor)
        refuse_unlike(folder, record, versions_too=False)
        refuse_unfinished(folder, worker)
        with Claims(folder, device="", key=header.key) as claims:
            if not claims.take_tables():
                raise BadInput(f"{out}: somebody else is making its tables just now; wait for them")
            outcome = finish_run(job, worker, record, header.started or now(), began, ())
            claims.remove()
    return replace(outcome, carried_out=0)


def _kind(header: Header) -> str:
    """The kind of device that carried the run out, which is part of its methods' hashes."""
    kinds = (method.record.get("device") for method in header.methods)
    return next((str(kind) for kind in kinds if kind), "cpu")
