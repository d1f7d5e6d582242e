"""A command's start imports without the garbage collector, and has it back afterwards."""

import gc
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
