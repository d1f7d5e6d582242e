"""Where the numbers come from: who carried a run out stands at the foot of its report."""

from __future__ import annotations

from pathlib import Path

from bench.run.reader import Run
from bench.run.schema import Header, WorkersRow
from reports import provenance


def facts(*workers: WorkersRow, executor: str = "processes") -> list[str]:
    header = Header(format=2, name="made", title="Made", executor=executor, workers=workers)
    return list(provenance._workers(Run(Path("run"), header).header))


def test_workers_that_are_alike_stand_together_with_how_many_were_timed() -> None:
    rooms = WorkersRow(workers=4, shards=12, alone=0, device="cpu", device_name="EPYC", threads=1)
    assert facts(rooms) == [
        "processes: 4 workers on cpu (EPYC), 1 thread each, 12 shards, 0 of them timed (alone on the device)"
    ]
    alone = WorkersRow(workers=1, shards=3, alone=3, device="cuda", device_name="H100", threads=8)
    assert facts(alone, executor="local") == ["local: 1 worker on cuda (H100), 3 shards"]


def test_workers_that_differ_are_named_with_what_they_differ_in() -> None:
    one = WorkersRow(workers=1, shards=2, alone=2, device="cuda", device_name="A100", threads=8)
    two = one.model_copy(update={"device_name": "H100", "versions": {"torch": "2.9"}})
    assert facts(one, two)[2:] == ["workers differ, so last digits may: device: A100, H100"]
