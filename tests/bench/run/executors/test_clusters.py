"""What the executors of clusters do with what their workers say; stand-ins take the clusters' places."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from bench.core.errors import PluginFailed
from bench.plugins.foreign import foreign
from bench.run import take_part
from bench.run.executors.ray import Ray, _Crew
from bench.run.executors.slurm import _Array, _finish
from bench.run.take_part import cluster_worker


@pytest.mark.parametrize(
    ("asked", "num_gpus", "there", "device"),
    [
        ("auto", None, 4.0, "cuda"),
        ("auto", None, 0.0, "cpu"),
        ("auto", 0.5, 4.0, "cuda"),
        ("auto", 0, 4.0, "cpu"),
        ("cpu", 1, 4.0, "cpu"),
    ],
)
def test_actors_compute_on_the_clusters_gpus_wherever_they_are_started(
    monkeypatch: pytest.MonkeyPatch, asked: str, num_gpus: float, there: float, device: str
) -> None:
    ray = SimpleNamespace(is_initialized=lambda: True, cluster_resources=lambda: {"GPU": there})
    monkeypatch.setitem(sys.modules, "ray", ray)
    assert Ray(num_gpus=num_gpus).device(asked) == device


@pytest.fixture
def _failing(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> None:
        with foreign("metric 'mine': measure()"):
            raise KeyError("a")

    monkeypatch.setattr(take_part, "take_part", failing)
    monkeypatch.setattr("torch.set_num_threads", lambda _: None)


def refused() -> Any:
    """A block that must raise what the plugin did, with its traceback."""
    return pytest.raises(PluginFailed, match=r"metric 'mine': measure\(\) raised KeyError")


@pytest.mark.usefixtures("_failing")
def test_a_plugin_that_fails_in_an_actor_has_its_traceback_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = cluster_worker(None, {}, "cpu", 1, False)  # type: ignore[arg-type]
    no_error = type("NoError", (Exception,), {})
    ray = SimpleNamespace(
        get=lambda _: said,
        exceptions=SimpleNamespace(RayActorError=no_error, RayTaskError=no_error),
    )
    monkeypatch.setitem(sys.modules, "ray", ray)
    crew = _Crew.__new__(_Crew)
    crew._actors = {"told": "actor"}
    with refused() as raised:
        crew._hear("told")
    assert "in failing" in str(raised.value.__cause__)


@pytest.mark.usefixtures("_failing")
def test_a_plugin_that_fails_in_a_job_has_its_traceback_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = cluster_worker(None, {}, "cpu", 1, False)  # type: ignore[arg-type]
    job = SimpleNamespace(done=lambda **_: True, exception=lambda: None, result=lambda: said)
    monkeypatch.setattr("bench.run.executors.slurm._LOOK", 0.0)
    with refused() as raised:
        _Array([job], "logs").look()
    assert "in failing" in str(raised.value.__cause__)


def test_jobs_that_have_all_ended_in_order_are_no_longer_at_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bench.run.executors.slurm._LOOK", 0.0)
    there = iter([False, True])
    job = SimpleNamespace(done=lambda **_: next(there), exception=lambda: None, result=lambda: None)
    array = _Array([job], "logs")
    assert [array.look(), array.look(), array.look()] == [True, False, False]


def test_a_fault_that_nobody_foresaw_in_a_job_is_one_here_and_no_bad_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(take_part, "take_part", failing)
    monkeypatch.setattr("torch.set_num_threads", lambda _: None)
    monkeypatch.setattr("bench.run.executors.slurm._LOOK", 0.0)
    said = cluster_worker(None, {}, "cpu", 1, False)  # type: ignore[arg-type]
    job = SimpleNamespace(done=lambda **_: True, exception=lambda: None, result=lambda: said)
    with pytest.raises(
        RuntimeError, match="worker on cpu: ZeroDivisionError: by nothing"
    ) as raised:
        _Array([job], "logs").look()
    assert "in failing" in str(raised.value.__cause__)


@pytest.mark.usefixtures("_failing")
def test_what_a_job_finds_wrong_that_nobody_waits_for_stands_in_its_log() -> None:
    with refused() as raised:
        _finish(None, {}, "cpu", 1, False)  # type: ignore[arg-type]
    assert "in failing" in str(raised.value.__cause__)
