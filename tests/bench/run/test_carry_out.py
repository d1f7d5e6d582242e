"""A job carried out beside others, in one run directory or on other devices than those of this machine."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import pytest

from bench.core.errors import BadInput
from bench.run import carry_out, worker
from bench.run.claims import Claims
from bench.run.executors.local import Local
from bench.run.job import Stopping
from bench.run.layout import RunFolder
from bench.run.schema import read_header
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data


def run(tmp_path: Path, metrics: str = "[l1]", until: Stopping | None = None) -> RunFolder:
    data, out = tmp_path / "rooms", tmp_path / "run"
    if not data.exists():
        write_data(data, 2)
    tasks = "[{dataset: rooms, protocol: freeform@1}]"
    text = suite_text(data, tasks=tasks, methods="[copy]", metrics=metrics)
    run_suite(parse_suite(text, "made.yaml"), out=out, device="cpu", workers=1, until=until)
    return RunFolder(out)


class Never(Stopping):
    """Nothing is ever decided."""

    def begin(self, folder, header) -> None:
        pass

    def enough(self, task: str) -> bool:
        return False

    def used(self, task: str) -> None:
        return None


def test_a_suite_that_is_refused_leaves_the_run_of_others_as_it_is(tmp_path: Path) -> None:
    folder = run(tmp_path)
    before = folder.record.read_bytes()
    with (
        Claims(folder, device="cpu", key=read_header(folder.record).key),
        pytest.raises(BadInput, match="workers of another suite"),
    ):
        run(tmp_path, "[l1, psnr]")
    assert folder.record.read_bytes() == before
    assert folder.table("scores").exists()


class OnGPUs:
    """Starts workers on GPUs, which this machine may not have; of this test nobody carries anything out."""

    here = False

    def device(self, asked: str) -> str:
        return "cuda" if asked == "auto" else asked

    def run(self, job, shards, done) -> None:
        raise KeyboardInterrupt(job.device)


def test_the_device_of_workers_elsewhere_is_theirs(tmp_path: Path) -> None:
    text = suite_text(write_data(tmp_path / "rooms", 2), methods="[mean-colour]", metrics="[l1]")
    with pytest.raises(KeyboardInterrupt, match=r"^cuda$"):
        run_suite(parse_suite(text, "made.yaml"), out=tmp_path / "run", executor=OnGPUs())
    (method,) = read_header(tmp_path / "run" / "run.json").methods
    assert method.record["device"] == "cuda"


class Losing(Local):
    """Loses a shard that was done, as where somebody clears the disk meanwhile."""

    def run(self, job, shards, done) -> None:
        super().run(job, shards, done)
        job.folder.shard("samples", "rooms-freeform", 0).unlink()


def test_a_shard_that_vanishes_before_the_end_is_no_table_of_what_is_left(tmp_path: Path) -> None:
    text = suite_text(
        write_data(tmp_path / "rooms", 18),
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        methods="[mean-colour]",
        metrics="[l1]",
    )
    suite, out = parse_suite(text, "made.yaml"), tmp_path / "run"
    with pytest.raises(BadInput, match=r"1 shard not done \(rooms-freeform 0\); `siebench run`"):
        run_suite(suite, out=out, device="cpu", executor=Losing())
    assert run_suite(suite, out=out, device="cpu").edits == 18


def test_who_waits_to_make_the_tables_is_not_waited_for(tmp_path: Path, monkeypatch) -> None:
    # Its own clock: subprocesses sleep by that of the library.
    clock = SimpleNamespace(perf_counter=perf_counter, sleep=lambda _: pytest.fail("both wait"))
    monkeypatch.setattr(carry_out, "time", clock)
    folder = run(tmp_path, until=Never())
    with Claims(folder, device="", key=read_header(folder.record).key):
        run(tmp_path, until=Never())
    assert read_header(folder.record).state == "done"


def test_what_others_finish_while_a_run_is_looked_at_is_not_done_again(
    tmp_path: Path, monkeypatch
) -> None:
    survey, prepared = carry_out._survey, []
    prepare = worker.prepare_shard

    def beside(*given):
        found = survey(*given)
        monkeypatch.setattr(carry_out, "_survey", survey)
        run(tmp_path, until=Never())
        prepared.clear()
        return found

    monkeypatch.setattr(worker, "prepare_shard", lambda one: prepared.append(one) or prepare(one))
    monkeypatch.setattr(carry_out, "_survey", beside)
    folder = run(tmp_path, until=Never())
    assert prepared == []
    assert read_header(folder.record).state == "done"
