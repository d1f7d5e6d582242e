"""The executor `slurm`: submitit's own processes always, a real Slurm where one can be started."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import BadInput
from bench.run.conformance import check_executor
from bench.run.executors.slurm import Slurm
from bench.run.reader import read_run
from bench.run.suite_run import run_part, run_suite
from bench.suite.schema import Suite
from tests.bench.run.test_suite_run import fingerprints

submitit = pytest.importorskip("submitit", reason="submitit is not installed")
pytestmark = pytest.mark.integration


def test_jobs_that_are_followed_write_the_bytes_of_one_process(
    suite: Suite, alone: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    outcome = run_suite(
        suite, out=out, device="cpu", executor=Slurm(workers=2, cluster="local", time=5)
    )
    assert fingerprints(out) == alone
    assert (outcome.failed, outcome.header.executor) == (0, "slurm")


def test_it_conforms() -> None:
    assert check_executor(Slurm(workers=2, cluster="local", time=5)) == []


def test_jobs_that_are_left_alone_make_the_tables_themselves(
    suite: Suite, alone: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, submit, jobs = tmp_path / "run", Slurm._submit, []

    def submitted(*given: Any) -> list[Any]:
        jobs.extend(submit(*given))
        return jobs

    monkeypatch.setattr(Slurm, "_submit", submitted)
    left = Slurm(workers=2, cluster="local", time=5, wait=False)
    assert run_part(suite, out=out, device="cpu", executor=left) is None
    assert [job.result() for job in jobs] == [None, None]
    assert read_run(out).header.state == "done"
    assert fingerprints(out) == alone


def test_where_no_slurm_is_that_is_a_sentence(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match=r"the jobs cannot be submitted .*srun"):
        run_suite(suite, out=tmp_path / "run", device="cpu", executor=Slurm())


@pytest.mark.parametrize("settings", [{"workers": 0}, {"time": 0}, {"gpus": -1}, {"memory": 0}])
def test_numbers_that_no_job_can_have_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="workers, time and cpus begin at 1"):
        Slurm(**settings)


def test_jobs_with_gpus_compute_on_them_wherever_they_are_submitted() -> None:
    assert [Slurm(gpus=1).device(asked) for asked in ("auto", "cpu")] == ["cuda", "cpu"]
    assert Slurm().device("auto") == "auto"


def test_devices_are_the_clusters_to_give(suite: Suite, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Slurm gives every job its own"):
        run_suite(suite, out=tmp_path / "run", device="cpu:2", executor=Slurm(cluster="local"))


_CONF = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/node.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/node.log
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="module")
def real_slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Slurm of one node on this machine, with Debian's munge."""
    programs = ("munged", "slurmctld", "slurmd", "srun", "sbatch")
    if not all(shutil.which(program) for program in programs):
        pytest.skip("no Slurm is installed (Debian: slurm-wlm, munge)")
    if os.geteuid() != 0:
        pytest.skip("a Slurm is only started by root")
    folder = tmp_path_factory.mktemp("slurm")
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    host, cores = socket.gethostname().partition(".")[0], os.cpu_count()
    conf = folder / "slurm.conf"
    conf.write_text(_CONF.format(host=host, cores=cores, folder=folder))
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("SLURM_CONF", str(conf))
    if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode:
        Path("/run/munge").mkdir(exist_ok=True)
        shutil.chown("/run/munge", "munge", "munge")
        subprocess.run(["su", "munge", "-s", "/bin/sh", "-c", "munged"], check=True)
    daemons = [
        subprocess.Popen([program, "-D"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for program in ("slurmctld", "slurmd")
    ]
    # `srun` itself waits for the node; the controller may not listen yet.
    for _ in range(10):
        tried = subprocess.run(
            ["srun", "-n1", "true"], capture_output=True, text=True, timeout=120, check=False
        )
        if tried.returncode == 0:
            break
    else:
        pytest.skip(f"Slurm does not start here: {tried.stderr}")
    yield
    for daemon in reversed(daemons):
        daemon.terminate()
        daemon.wait()
    monkeypatch.undo()


def test_a_partition_that_is_not_there_is_a_sentence(
    real_slurm: None, suite: Suite, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=r"the jobs cannot be submitted .*partition"):
        run_suite(
            suite, out=tmp_path / "run", device="cpu", executor=Slurm(partition="nowhere", time=5)
        )


def test_a_real_slurm_writes_the_bytes_of_one_process(
    real_slurm: None, suite: Suite, alone: dict[str, str], tmp_path: Path
) -> None:
    chosen = Slurm(workers=2, partition="main", time=5)
    outcome = run_suite(suite, out=tmp_path / "run", device="cpu", executor=chosen)
    assert outcome.header.executor == "slurm"
    assert fingerprints(tmp_path / "run") == alone
