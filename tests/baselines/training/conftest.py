import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch, tmp_path_factory):
    """Equal sums in every run, and no weights but those that a test puts there."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path_factory.mktemp("no-weights")))
    monkeypatch.setattr("bench.networks.segmenters.unet.FILE", "none-in-tests.safetensors")
    yield
    torch.set_num_threads(threads)
