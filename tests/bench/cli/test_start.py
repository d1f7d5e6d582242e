"""A command's start imports without the garbage collector, and has it back afterwards."""

import gc
import subprocess
import sys
import threading

import pytest

from bench.cli.terminal.start import starting


@pytest.fixture(autouse=True)
def collectable():
    yield
    gc.unfreeze()


@pytest.mark.parametrize("cores", [1, 16])
@pytest.mark.parametrize("device", ["cpu", "auto", "cuda:77", "no device"])
def test_the_collector_rests_while_libraries_are_imported(monkeypatch, cores, device):
    monkeypatch.setattr("bench.core.device.cores", lambda: cores)
    with starting(device):
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count()


def test_a_library_that_is_missing_leaves_the_collector_at_work():
    with pytest.raises(ImportError), starting("cpu"):
        raise ImportError
    assert gc.isenabled()


def test_torch_is_started_beside_the_rest_where_there_are_cores(monkeypatch):
    begun = threading.Event()
    monkeypatch.setattr("bench.core.device.cores", lambda: 16)
    monkeypatch.setattr("bench.cli.terminal.start._start", lambda device: begun.set())
    with starting("auto"):
        assert begun.wait(60)


def test_intervals_have_nothing_left_to_import():
    code = (
        "import sys; from bench.cli.terminal.start import starting\n"
        "with starting('cpu'): import bench.metrics.intervals as intervals\n"
        "before = set(sys.modules)\n"
        "intervals.bootstrap_interval(0.5, intervals.scene_weights(8).mean(axis=1), 8)\n"
        "assert set(sys.modules) == before, set(sys.modules) - before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
