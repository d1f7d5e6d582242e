"""The executor `processes`: real processes, killed and stopped, write what one process writes."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.core.children import fit_for_children
from bench.core.errors import BadInput, PluginFailed
from bench.plugins.foreign import foreign
from bench.run.carry_out import Watch
from bench.run.claims import ATTEMPTS
from bench.run.executors import processes
from bench.run.executors.processes import Processes
from bench.run.job import Job
from bench.run.suite_run import run_suite
from bench.run.take_part import WorkerFault
from bench.run.worker import DIED
from bench.suite.schema import Suite, parse_suite
from tests.bench.run.made_suite import suite_text, write_data
from tests.bench.run.test_suite_run import fingerprints

SCENES = 40  # three shards


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data") / "rooms", SCENES)


def suite(data: Path, methods: object) -> Suite:
    text = suite_text(
        data,
        tasks="[{dataset: rooms, protocol: freeform@1}]",
        methods=json.dumps(methods),
        metrics="[l1]",
        batch_size="4",
    )
    return parse_suite(text, "made.yaml")


def results(run: Path, method: str) -> dict[str, str]:
    files = (run / "predictions/rooms-freeform" / method).glob("[!.]*")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_killed_workers_cost_nothing_and_a_deadly_shard_fails_alone(
    data: Path, tmp_path: Path, one_thread: None
) -> None:
    def deadly(name: str, scene: str, times: int) -> dict[str, object]:
        folder = tmp_path / name
        folder.mkdir()
        options = {"scene": scene, "folder": str(folder), "times": times}
        return {
            "name": name,
            "editor": "tests.bench.run.executors.deadly:Deadly",
            "options": options,
        }

    once, always = deadly("once", "scene20", 1), deadly("always", "scene0", 99)
    outcome = run_suite(
        suite(data, ["diffusion", once, always]),
        out=tmp_path / "killed",
        device="cpu:2",
        workers=2,
        trust=True,
    )
    run_suite(suite(data, ["diffusion", once]), out=tmp_path / "local", device="cpu", trust=True)
    for method in ("diffusion", "once"):
        assert results(tmp_path / "killed", method) == results(tmp_path / "local", method)
    samples = outcome.samples("rooms-freeform")
    failed = samples[samples["status"] == "failed"]
    assert (set(failed["method"]), set(failed["reason"])) == ({"always"}, {DIED})
    assert (len(failed), len(list((tmp_path / "always").iterdir()))) == (16, ATTEMPTS)
    header = outcome.header
    assert (header.state, header.executor) == ("done", "processes")
    (row,) = header.workers
    assert (row.shards, row.alone, row.threads) == (3, 0, 1)
    # Two workers shared the processor, so no time is told, and why.
    assert outcome.costs["ms"].isna().all()
    assert set(outcome.costs["device"]) == {"cpu, shared by workers: not timed"}
    assert outcome.costs["macs"].notna().all()
    assert not (tmp_path / "killed/claims").exists()


def test_ctrl_c_stops_every_worker_and_any_executor_goes_on(
    data: Path, tmp_path: Path, one_thread: None
) -> None:
    made, out = suite(data, ["diffusion"]), tmp_path / "run"
    seen: list[int] = []

    def stop(count: int) -> None:
        seen.append(count)
        if sum(seen):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_suite(made, out=out, device="cpu:2", workers=2, watch=Watch(advance=stop))
    assert multiprocessing.active_children() == []
    assert [path for path in (out / "claims").rglob("*") if path.is_file()] == []
    assert not (out / "scores.parquet").exists()
    run_suite(made, out=out, device="cpu", executor="local")
    run_suite(made, out=tmp_path / "whole", device="cpu")
    assert fingerprints(out) == fingerprints(tmp_path / "whole")


def test_what_a_worker_raises_comes_out_here() -> None:
    for error, kind, text in (
        (BadInput("disk: is full"), BadInput, "^disk: is full$"),
        (PluginFailed("metric 'm': oh"), PluginFailed, "^metric 'm': oh$"),
        (KeyError("a"), RuntimeError, "^worker on cpu: KeyError"),
    ):
        ours, theirs = multiprocessing.Pipe(duplex=False)
        member = processes._Member("cpu", SimpleNamespace(), ours, 0, 0)  # type: ignore[arg-type]
        theirs.send(processes._READY)
        theirs.send(WorkerFault.of(_raised(error), "cpu"))
        with pytest.raises(kind, match=text) as raised:
            processes._hear(member)
        assert member.ready
        assert "in _raised" in str(raised.value.__cause__)


def _raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error):
        return error


def test_a_plugin_that_fails_in_a_worker_has_its_traceback_here(monkeypatch) -> None:
    def failing(*_, **__) -> None:
        with foreign("metric 'mine': measure()"):
            raise KeyError("a")

    monkeypatch.setattr(processes, "take_part", failing)
    monkeypatch.setattr(processes, "end_with_parent", lambda: None)
    ours, theirs = multiprocessing.Pipe(duplex=False)
    with pytest.raises(SystemExit):
        processes._work(None, {}, "cpu", 1, False, 0.0, theirs)  # type: ignore[arg-type]
    member = processes._Member("cpu", SimpleNamespace(), ours, 0, 0)  # type: ignore[arg-type]
    with pytest.raises(PluginFailed, match=r"metric 'mine': measure\(\) raised KeyError") as raised:
        processes._hear(member)
    assert "in failing" in str(raised.value.__cause__)


def test_workers_that_die_before_they_are_ready_are_not_started_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def dead(self, device: str, place: int, lost: int):
        started.append(lost)
        pipe, _ = multiprocessing.Pipe(duplex=False)
        return processes._Member(device, SimpleNamespace(exitcode=-9), pipe, place, lost)  # type: ignore[arg-type]

    monkeypatch.setattr(processes._Crew, "_started", dead)
    job = Job(suite=suite(tmp_path, ["copy"]), out=tmp_path / "run")
    crew = processes._Crew(job, {}, ["cuda:1"])
    crew.start()
    crew._replace(crew._members.pop())
    crew._replace(crew._members.pop())
    with pytest.raises(BadInput, match=r"no worker can be started: .*SIGKILL on cuda:1, 3 times"):
        crew._replace(crew._members.pop())
    assert started == [0, 1, 2]


def test_a_worker_does_not_run_the_users_script_again() -> None:
    main = sys.modules["__main__"]
    before = main.__spec__, getattr(main, "__file__", None)
    with fit_for_children(1):
        from multiprocessing.spawn import get_preparation_data

        assert not {"init_main_from_name", "init_main_from_path"} & set(get_preparation_data("w"))
    assert (main.__spec__, getattr(main, "__file__", None)) == before


def test_nothing_to_do_starts_nobody(data: Path, tmp_path: Path) -> None:
    made = suite(data, ["copy"])
    run_suite(made, out=tmp_path / "run", device="cpu")
    again = run_suite(made, out=tmp_path / "run", device="cpu:2", executor=Processes())
    assert again.carried_out == 0
