"""Many workers on one run: the same bytes, tables made once, and what dead workers had is done by others."""

from __future__ import annotations

import json
import os
import pickle
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.core.identity import record_hash
from bench.run import plan, record
from bench.run.claims import ATTEMPTS
from bench.run.job import Job
from bench.run.layout import RunFolder
from bench.run.presence import living
from bench.run.record import RunRecord, take_up
from bench.run.shards import ShardRef
from bench.run.suite_run import run_part, run_suite
from bench.run.take_part import refuse_unpicklable, stopping_in_order, take_part
from bench.run.worker import DIED
from bench.suite.schema import Suite, parse_suite
from tests.bench.run.made_suite import suite_text, write_data
from tests.bench.run.test_suite_run import fingerprints

TASK = "rooms-freeform"
SHARDS = [ShardRef(TASK, number) for number in range(6)]


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SHARD", 2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data") / "rooms", 11)


@pytest.fixture(scope="module")
def local(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one process alone writes."""
    out = tmp_path_factory.mktemp("local") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "SHARD", 2)
        run_suite(suite(data), out=out, device="cpu", workers=1)
    return fingerprints(out)


def suite(data: Path, **changes: str) -> Suite:
    one = {"tasks": "[{dataset: rooms, protocol: freeform@1}]", **changes}
    return parse_suite(suite_text(data, **one), "made.yaml")


def part(data: Path, out: Path, k: str = "1/1", **changes: str):
    return run_part(suite(data, **changes), out=out, part=k, device="cpu", workers=1)


def begun(data: Path, out: Path) -> Job:
    """A job whose run is begun, as executors hand it to other processes."""
    job = Job(suite=suite(data), out=out, device="cpu")
    worker = job.worker("cpu")
    made = RunRecord(worker.plan, worker.methods, worker.metrics)
    take_up(job.folder, made)
    return replace(job, key=record_hash(made.key()))


def died(folder: RunFolder, number: int, method: str | None, times: int) -> None:
    """Workers that nobody knows any more died at a shard's method, or before the first."""
    for attempt in range(1, times + 1):
        file = folder.claim(TASK, number).with_name(f"{number:05d}.{attempt}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("nobody\n" + ("" if method is None else json.dumps(method) + "\n"))
        os.utime(file, (0, 0))


def test_parts_in_any_order_write_the_bytes_of_one_process_and_the_last_makes_the_tables(
    data: Path, tmp_path: Path, local: dict[str, str]
) -> None:
    out = tmp_path / "run"
    assert part(data, out, "3/3") is None
    assert not (out / "scores.parquet").exists()
    assert part(data, out, "1/3") is None
    outcome = part(data, out, "2/3")
    assert outcome is not None
    assert outcome.header.state == "done"
    assert fingerprints(out) == local
    assert not RunFolder(out).claims.exists()
    # Whoever comes later finds nothing to do and leaves the tables alone.
    before = (out / "run.json").read_bytes()
    assert part(data, out, "2/3") is None
    assert (out / "run.json").read_bytes() == before


@pytest.mark.parametrize("count", [3, 7])
def test_workers_side_by_side_write_the_bytes_of_one_process(
    data: Path, tmp_path: Path, local: dict[str, str], count: int
) -> None:
    job = begun(data, tmp_path / "run")
    waiting = dict.fromkeys(SHARDS)
    done: list[int] = []

    def work(mine: Job) -> None:
        done.append(take_part(mine, waiting, device="cpu"))

    threads = [
        threading.Thread(target=work, args=(pickle.loads(pickle.dumps(job)),)) for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == len(SHARDS)
    outcome = part(data, tmp_path / "run")
    assert outcome is not None
    assert fingerprints(tmp_path / "run") == local
    (row,) = outcome.header.workers
    # Threads of one process share its processor, so nobody was timed.
    assert (row.shards, row.workers) == (len(SHARDS), sum(count > 0 for count in done))


def test_of_those_that_come_last_one_makes_the_tables(data: Path, tmp_path: Path) -> None:
    job = begun(data, tmp_path / "run")
    take_part(job, dict.fromkeys(SHARDS), device="cpu")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(part(data, tmp_path / "run")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one is not None for one in found) == [False, False, True]


def test_what_workers_died_at_fails_and_hurts_nothing_else(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    job = begun(data, out)
    died(job.folder, 1, "diffusion", ATTEMPTS)
    died(job.folder, 2, None, ATTEMPTS)
    died(job.folder, 3, "copy", ATTEMPTS - 1)
    outcome = part(data, out)
    assert outcome is not None
    samples = outcome.samples(TASK)
    failed = samples[samples["status"] == "failed"]
    assert set(failed["method"]) == {"diffusion"}
    assert list(failed["scene"]) == ["scene10", "scene2"]
    assert set(failed["reason"]) == {DIED}
    # Workers that never came to a method may have died at the scenes themselves.
    assert {row.reason for row in outcome.header.tasks[0].unreadable} == {DIED}
    assert [row.scene for row in outcome.header.tasks[0].unreadable] == ["scene3", "scene4"]
    assert outcome.failed == 4


def test_failed_edits_of_dead_workers_are_carried_out_when_they_are_asked_for(
    data: Path, tmp_path: Path, local: dict[str, str]
) -> None:
    out = tmp_path / "run"
    job = begun(data, out)
    died(job.folder, 1, "diffusion", ATTEMPTS)
    died(job.folder, 2, None, ATTEMPTS)
    assert part(data, out) is not None
    again = run_suite(suite(data), out=out, device="cpu", workers=1, retry_failed=True)
    assert again.failed == 0
    assert fingerprints(out) == local


def test_a_run_that_is_started_anew_forgets_how_often_workers_died(
    data: Path, tmp_path: Path, local: dict[str, str]
) -> None:
    out = tmp_path / "run"
    job = begun(data, out)
    died(job.folder, 1, "diffusion", ATTEMPTS)
    run_suite(suite(data), out=out, device="cpu", workers=1)
    assert fingerprints(out) == local


def test_a_worker_of_another_suite_or_other_versions_is_refused_with_the_field(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    job = begun(data, out)
    with pytest.raises(BadInput, match=r"metrics\.psnr is not set here"):
        part(data, out, metrics="[l1]")
    other = replace(job, suite=suite(data, methods="[copy, mean-colour]"), _workers={})
    with pytest.raises(BadInput, match=r"methods\.diffusion is not set here"):
        take_part(other, dict.fromkeys(SHARDS), device="cpu")
    here = record.versions()
    monkeypatch.setattr(record, "versions", lambda: {**here, "torch": "0.4.1"})
    with pytest.raises(BadInput, match=r"torch is 0\.4\.1 here and .* there"):
        part(data, out)
    assert living(job.folder) == []


def test_a_run_that_is_done_grows_part_by_part(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert part(data, out, methods="[copy]") is not None
    assert part(data, out, "1/2", methods="[copy, mean-colour]") is None
    assert json.loads((out / "run.json").read_text())["state"] == "running"
    grown = part(data, out, "2/2", methods="[copy, mean-colour]")
    assert grown is not None
    assert set(grown.samples(TASK)["method"]) == {"copy", "mean-colour"}


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "-1/3", "1/0"])
def test_a_part_is_a_number_of_a_number(data: Path, tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match="write K/N with K from 1 to N"):
        part(data, tmp_path / "run", text)


def test_what_cannot_travel_to_another_process_is_named(data: Path, tmp_path: Path) -> None:
    made = suite(data)
    method = made.methods[0].model_copy(update={"options": {"shade": lambda: 3}})
    job = Job(suite=made.model_copy(update={"methods": [method]}), out=tmp_path / "run")
    with pytest.raises(
        BadInput, match="method 'copy', option 'shade': this function cannot travel"
    ):
        refuse_unpicklable(job)


def test_sigterm_ends_a_worker_as_ctrl_c_does() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"), stopping_in_order():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
