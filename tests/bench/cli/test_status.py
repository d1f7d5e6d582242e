"""`siebench status` and `siebench reduce`: what a run's folder says, and its tables made afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run import plan
from bench.run.claims import Claims
from bench.run.layout import RunFolder
from bench.run.reduce_run import reduce_run
from bench.run.shards import ShardRef
from bench.run.status import run_status
from bench.run.suite_run import run_part
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data
from tests.bench.run.test_suite_run import fingerprints

TASK = "rooms-freeform"


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SHARD", 2)


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """A run of five edits by two methods, of whose three shards the first and the third are done."""
    run(tmp_path, "1/2")
    return tmp_path / "run"


def made_text(data: Path) -> str:
    tasks = "[{dataset: rooms, protocol: freeform@1}]"
    return suite_text(data, tasks=tasks, methods="[copy, mean-colour]", metrics="[l1]")


def run(tmp_path: Path, part: str):
    data = tmp_path / "rooms"
    if not data.exists():
        write_data(data)
    made = parse_suite(made_text(data), "made.yaml")
    return run_part(made, out=tmp_path / "run", part=part, device="cpu", workers=1)


def test_a_run_that_nobody_carries_out_is_stopped(half: Path) -> None:
    found = run_status(half)
    assert (found.state, found.shards, found.shards_done) == ("stopped", 3, 2)
    assert (found.results, found.results_done, found.workers) == (10, 6, ())


def test_a_run_of_a_former_version_that_has_ended_is_whole(monkeypatch) -> None:
    monkeypatch.setattr(plan, "SHARD", 16)
    found = run_status(Path(__file__).parents[2] / "golden" / "run-format-1")
    assert (found.state, found.shards_done, found.results_done) == ("done", 3, 36)


def test_a_run_that_somebody_carries_out_says_by_whom_and_how_long_yet(half: Path, call) -> None:
    with Claims(RunFolder(half), device="cpu") as worker:
        shard = ShardRef(TASK, 1)
        assert worker.take(shard)
        worker.told(shard, 2)
        worker._began -= 4.0
        worker._say()
        found = run_status(half)
        assert (found.state, found.results_done) == ("running", 8)
        (one,) = found.workers
        assert (one.shard, one.results) == ((TASK, 1), 2)
        # Two results in four seconds: the other two take as long.
        assert found.each_second == pytest.approx(0.5, rel=0.05)
        assert found.seconds_left == pytest.approx(4, rel=0.05)
        code, out, _ = call("status", half)
        assert (code, out.splitlines()[0]) == (
            0,
            "made: running, 2 of 3 shards, 8 of 10 results, 30 a minute, about 1 min left",
        )
        assert f"process {one.pid}: 2 results, at {TASK} shard 1" in out
        code, out, _ = call("status", half, "--json")
        said = json.loads(out)
        assert (code, said["state"], said["workers"][0]["results"]) == (0, "running", 2)
        with pytest.raises(BadInput, match=r"1 shard not done .*1 worker at work"):
            reduce_run(half, data={"rooms": half.parent / "rooms"})
    assert run_status(half).state == "stopped"


def test_shards_of_one_number_in_two_tasks_are_two_that_were_begun_in_vain(half: Path) -> None:
    folder = RunFolder(half)
    for task in (TASK, "rooms-other"):
        for attempt in (1, 2, 3):
            claim = folder.claim(task, 1).with_name(f"00001.{attempt}")
            claim.parent.mkdir(parents=True, exist_ok=True)
            claim.touch()
    assert run_status(half).tried_again == 2


def test_a_run_that_is_done_says_so(half: Path, tmp_path: Path, call) -> None:
    assert run(tmp_path, "2/2") is not None
    assert run_status(half).state == "done"
    assert call("status", half)[1] == "made: done, 3 of 3 shards, 10 of 10 results\n"


def test_the_tables_of_finished_shards_are_made_again(half: Path, tmp_path: Path, call) -> None:
    with pytest.raises(BadInput, match=rf"1 shard not done \({TASK} 1\); `siebench run`"):
        reduce_run(half, data={"rooms": tmp_path / "rooms"})
    with pytest.raises(BadInput, match="a run does not keep the folder; give the suite's file"):
        reduce_run(half)
    run(tmp_path, "2/2")
    before = fingerprints(half)
    record = json.loads((half / "run.json").read_text())
    record["state"] = "running"  # as a last worker leaves it that dies over the tables
    (half / "run.json").write_text(json.dumps(record))
    (half / "scores.parquet").unlink()
    assert run_status(half).state == "waiting"
    suite = tmp_path / "made.yaml"
    suite.write_text(made_text(tmp_path / "rooms"))
    code, out, _ = call("reduce", half, "--suite", suite)
    assert code == 0
    assert out.splitlines()[-1] == f"report: {half / 'report/index.html'}"
    assert fingerprints(half) == before
    assert json.loads((half / "run.json").read_text())["state"] == "done"


def test_a_run_that_ends_with_its_verdict_is_not_reduced(half: Path) -> None:
    record = json.loads((half / "run.json").read_text())
    (half / "run.json").write_text(json.dumps({**record, "order": "shuffled"}))
    with pytest.raises(BadInput, match="--until-decided"):
        reduce_run(half)
