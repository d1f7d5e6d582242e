"""The executor `ray`: a real cluster of two nodes writes what one process writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import BadInput
from bench.run.carry_out import Watch
from bench.run.conformance import check_executor
from bench.run.executors.ray import Ray, _room
from bench.run.suite_run import run_suite
from bench.suite.schema import MethodEntry, Suite
from tests.bench.run.test_suite_run import fingerprints

ray = pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without room for workers, and two nodes with one core each."""
    from ray.cluster_utils import Cluster

    # Ray gives way to everything else of a machine, so that a busy one would starve the test.
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("RAY_worker_niceness", "0")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=1, include_dashboard=False)
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()
    monkeypatch.undo()


def test_two_nodes_write_the_bytes_of_one_process(
    cluster: Any, suite: Suite, alone: dict[str, str], tmp_path: Path
) -> None:
    seen = []
    outcome = run_suite(
        suite,
        out=tmp_path / "run",
        device="cpu",
        executor=Ray(address=cluster.address),
        watch=Watch(workers=seen.append),
    )
    assert fingerprints(tmp_path / "run") == alone
    assert outcome.header.executor == "ray"
    assert outcome.failed == 0


def test_a_worker_that_is_killed_costs_nothing(
    cluster: Any, suite: Suite, tmp_path: Path, one_thread: None
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    options = {"scene": "scene20", "folder": str(marks), "times": 1}
    deadly = MethodEntry(
        name="deadly", editor="tests.bench.run.executors.deadly:Deadly", options=options
    )
    made = suite.model_copy(update={"methods": [*suite.methods, deadly]})
    given = {"device": "cpu", "trust": True}
    outcome = run_suite(made, out=tmp_path / "run", executor=Ray(cluster.address), **given)
    assert len(list(marks.iterdir())) == 1  # a process killed itself
    assert outcome.failed == 0
    run_suite(made, out=tmp_path / "alone", **given)
    assert fingerprints(tmp_path / "run") == fingerprints(tmp_path / "alone")


def test_it_conforms(cluster: Any) -> None:
    assert check_executor(Ray(address=cluster.address)) == []


def test_what_a_worker_finds_wrong_is_its_sentence(
    cluster: Any, suite: Suite, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=r"device 'cuda': the Ray cluster has no GPU"):
        run_suite(suite, out=tmp_path / "run", device="cuda", executor=Ray(address=cluster.address))


def test_a_worker_that_finds_no_room_is_a_sentence(
    cluster: Any, suite: Suite, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="no node of the cluster has 64 cores"):
        run_suite(
            suite,
            out=tmp_path / "run",
            device="cpu",
            executor=Ray(address=cluster.address, num_cpus=64),
        )


def test_an_address_that_nobody_answers_is_a_sentence(suite: Suite, tmp_path: Path) -> None:
    ray.shutdown()
    with pytest.raises(BadInput, match=r"no cluster answers at 127\.0\.0\.1:1 "):
        run_suite(suite, out=tmp_path / "run", device="cpu", executor=Ray(address="127.0.0.1:1"))


def test_devices_are_the_clusters_to_give(suite: Suite, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Ray gives every worker its own"):
        run_suite(suite, out=tmp_path / "run", device="cpu:2", executor=Ray())


@pytest.mark.parametrize("settings", [{"num_cpus": 0}, {"num_gpus": -1}])
def test_numbers_that_no_worker_can_have_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="a worker takes at least one core"):
        Ray(**settings)


def test_room_is_counted_by_cores_and_gpus() -> None:
    node = {"CPU": 16.0, "GPU": 2.0}
    assert _room(node, 0, 4) == 4
    assert _room(node, 1, 4) == 2
    assert _room(node, 0.1, 1) == 16
    assert _room({}, 0, 1) == 0
