"""A training begins on the devices that are asked for, or one sentence says which are not here."""

import subprocess
import sys

import pytest
import torch

from baselines.training.config import read_config
from baselines.training.fabric import launch_fabric
from bench.core.errors import BadInput


def test_a_device_that_is_not_here_is_named():
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(BadInput, match="device 'cuda' is not here; write cpu, or auto"):
        launch_fabric("cuda", read_config("small-spade"))


def test_a_training_that_begins_does_not_wait_for_torchmetrics():
    code = (
        "import sys; from baselines.training.config import read_config;"
        "from baselines.training.fabric import launch_fabric;"
        "launch_fabric('cpu', read_config('small-spade'));"
        "assert 'torchmetrics' not in sys.modules; import torchmetrics"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
