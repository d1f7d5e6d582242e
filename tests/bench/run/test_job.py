"""A job can be carried out anywhere: it is pickled, and any process writes the same bytes."""

from __future__ import annotations

import multiprocessing
import pickle
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from bench.core.errors import BadInput, PluginFailed
from bench.plugins.kinds import EXECUTORS
from bench.run.job import Job
from bench.run.plan import plan_run
from bench.run.shards import ShardRef
from bench.run.suite_run import run_suite
from bench.suite.schema import Suite, parse_suite
from tests.bench.run.made_suite import suite_text, write_data
from tests.bench.run.test_suite_run import fingerprints


def suite(data: Path, **changes: str) -> Suite:
    return parse_suite(suite_text(data, **changes), "made.yaml")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "rooms", 18)


def test_a_job_survives_pickling_and_leaves_its_worker_behind(data: Path, tmp_path: Path) -> None:
    job = Job(suite=suite(data), out=tmp_path / "run", device="cpu", trust=True)
    worker = job.worker("cpu")
    assert job.worker("cpu") is worker
    again = pickle.loads(pickle.dumps(job))
    assert (again.suite, again.out, again.device, again.trust) == (
        job.suite,
        job.out,
        "cpu",
        True,
    )
    assert again.worker("cpu") is not worker


def test_the_paths_of_a_suite_without_a_file_lead_to_the_same_place_from_another_folder(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = Job(suite=suite(Path(data.name)), out=Path("run"), device="cpu").anywhere()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(plan_run(job.suite).tasks[0].dataset.ids) == 18


def test_a_shard_is_a_value() -> None:
    assert ShardRef("a", 1) == pickle.loads(pickle.dumps(ShardRef("a", 1)))
    assert sorted([ShardRef("b", 0), ShardRef("a", 1), ShardRef("a", 0)])[0] == ShardRef("a", 0)


def carry_out(job: Job, shards: list[ShardRef]) -> None:
    """What a process of another executor does; the module's top level, so that it can be sent."""
    torch.set_num_threads(1)
    worker = job.worker("cpu")
    for shard in shards:
        worker.carry_out(shard)


class Spawned:
    """Carries out every shard in a new process, the last one first."""

    here: ClassVar[bool] = False

    def run(self, job, shards, done):
        waiting = list(shards)
        process = multiprocessing.get_context("spawn").Process(
            target=carry_out, args=(job, waiting[::-1])
        )
        process.start()
        process.join()
        assert process.exitcode == 0
        for shard in waiting:
            done(shard)


def test_a_worker_in_a_spawned_process_writes_the_same_bytes(data: Path, tmp_path: Path) -> None:
    for name, executor in (("local", "local"), ("spawned", Spawned())):
        outcome = run_suite(suite(data), out=tmp_path / name, device="cpu", executor=executor)
        assert outcome.failed == 0
    assert fingerprints(tmp_path / "spawned") == fingerprints(tmp_path / "local")


class Grey:
    needs: frozenset[str] = frozenset()

    def edit(self, batch):
        return torch.zeros_like(batch.masked)


def test_objects_run_here_under_their_names(data: Path, tmp_path: Path) -> None:
    outcome = run_suite(
        suite(data, methods="[copy, grey]", tasks="[{dataset: rooms, protocol: freeform@1}]"),
        out=tmp_path / "run",
        device="cpu",
        editors={"grey": Grey()},
    )
    assert (outcome.failed, outcome.missing) == (0, ())
    with pytest.raises(BadInput, match="unknown editor 'grey'"):
        run_suite(suite(data, methods="[grey]"), out=tmp_path / "other", device="cpu")


def test_objects_that_the_suite_does_not_name_join_it(tmp_path: Path) -> None:
    from bench.metrics.pixel import PSNR

    class Mine(PSNR):
        name = "mine"

    outcome = run_suite(
        suite(write_data(tmp_path / "few", 1), methods="[copy]", metrics="[l1]"),
        out=tmp_path / "run",
        device="cpu",
        editors={"grey": Grey()},
        metrics={"mine": Mine()},
    )
    assert {method.name for method in outcome.header.methods} == {"copy", "grey"}
    assert {"l1", "mine"} <= set(outcome.scores["metric"])


def test_an_object_named_like_a_method_of_the_suite_is_refused(data: Path, tmp_path: Path) -> None:
    methods = "[{name: grey, editor: copy}]"
    with pytest.raises(BadInput, match=r"editor 'grey' is given here, and suite .* another method"):
        run_suite(suite(data, methods=methods), out=tmp_path / "run", editors={"grey": Grey()})


def test_an_object_that_would_share_a_methods_folder_is_refused(data: Path, tmp_path: Path) -> None:
    methods = "[{name: Grey, editor: copy}]"
    with pytest.raises(BadInput, match="'Grey' and 'grey' differ in capitals alone"):
        run_suite(suite(data, methods=methods), out=tmp_path / "run", editors={"grey": Grey()})


def test_objects_cannot_go_to_other_processes(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot use editor 'grey' .*package\.module:attribute"):
        run_suite(
            suite(data, methods="[grey]"),
            out=tmp_path / "run",
            device="cpu",
            editors={"grey": Grey()},
            executor=Spawned(),
        )


def test_an_unknown_executor_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unknown executor 'lokal'; did you mean 'local'"):
        run_suite(suite(data), out=tmp_path / "run", device="cpu", executor="lokal")


def test_a_name_in_the_suite_is_looked_up_before_anything_is_made(tmp_path: Path) -> None:
    text = suite_text(tmp_path, metrics="[pnsr]")
    (tmp_path / "made.yaml").write_text(text)
    line = text.splitlines().index("metrics: [pnsr]") + 1
    with pytest.raises(
        BadInput, match=rf"made\.yaml, line {line}: metrics\.0: unknown metric 'pnsr'"
    ):
        run_suite(tmp_path / "made.yaml", out=tmp_path / "run")


class NoCluster:
    """An executor whose constructor raises."""

    here: ClassVar[bool] = True

    def __init__(self) -> None:
        raise KeyError("CLUSTER")

    def run(self, job, shards, done) -> None:
        pass


def test_an_executor_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    with (
        EXECUTORS.offering({"mine": NoCluster}),
        pytest.raises(PluginFailed, match="executor 'mine': its constructor raised KeyError"),
    ):
        run_suite("demo", out=tmp_path / "run", device="cpu", executor="mine")
