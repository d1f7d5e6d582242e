import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch, tmp_path):
    """Equal sums in every run, and no weights but those that a test puts there."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    (tmp_path / "no-weights").mkdir()
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path / "no-weights"))
    monkeypatch.setattr("bench.networks.segmenters.unet.FILE", "none-in-tests.safetensors")
    yield
    torch.set_num_threads(threads)
