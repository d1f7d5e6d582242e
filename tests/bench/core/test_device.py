"""The device is checked before anything is loaded."""

import pytest
import torch

from bench.core.device import choose_device
from bench.core.errors import BadInput


def test_auto_is_a_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == "cpu"


def test_a_device_that_is_here_is_taken():
    assert choose_device("cpu") == "cpu"


@pytest.mark.parametrize(
    ("name", "says"),
    [("gpu", "'gpu' is not a device; write auto, cpu"), ("cuda:99", "'cuda:99' is not here")],
)
def test_a_device_that_is_not_here_is_named(name, says):
    with pytest.raises(BadInput, match=says):
        choose_device(name)
