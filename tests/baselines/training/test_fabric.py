"""A training begins on the devices that are asked for, or one sentence says which are not here."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from baselines.training.config import read_config
from baselines.training.fabric import launch_fabric
from bench.core.errors import BadInput


def test_a_device_that_is_not_here_is_named():
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(BadInput, match="device 'cuda' is not here"):
        launch_fabric("cuda", read_config("small-spade"))


def test_each_of_several_gpus_is_left_to_the_process_that_trains_on_it(monkeypatch):
    def ones(*size, device):
        raise AssertionError(f"{device} is used")

    asked = {}
    fabric = SimpleNamespace(launch=lambda: None)
    library = SimpleNamespace(Fabric=lambda **given: asked.update(given) or fabric)
    monkeypatch.setattr(torch, "ones", ones)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setitem(sys.modules, "lightning_fabric", library)
    launch_fabric("cuda:0,1", read_config("small-spade"))
    assert asked["devices"] == [0, 1]
    with pytest.raises(BadInput, match="device 'cuda:2' is not here"):
        launch_fabric("cuda:1,2", read_config("small-spade"))


def test_a_training_that_begins_does_not_wait_for_torchmetrics():
    code = (
        "import sys; from baselines.training.config import read_config;"
        "from baselines.training.fabric import launch_fabric;"
        "launch_fabric('cpu', read_config('small-spade'));"
        "assert 'torchmetrics' not in sys.modules; import torchmetrics"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
