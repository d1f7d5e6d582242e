"""The device is checked before anything is loaded."""

import os

import pytest
import torch

from bench.core.device import (
    choose_device,
    choose_devices,
    cores,
    fast_float64,
    find_device,
    is_gpu,
    kind_of,
    names_several,
)
from bench.core.errors import BadInput


def test_auto_is_a_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    ones = torch.ones
    monkeypatch.setattr(torch, "ones", lambda *size, device: ones(*size))
    assert choose_device("auto") == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == "cpu"


def test_a_device_that_is_here_is_taken():
    assert choose_device("cpu") == "cpu"


def test_a_card_whose_memory_others_hold_is_told_from_one_that_is_not_here(monkeypatch):
    def ones(*size, device):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB.")

    monkeypatch.setattr(torch, "ones", ones)
    with pytest.raises(BadInput, match="device 'cuda' has no memory left, which others use; wait"):
        choose_device("cuda")


@pytest.mark.parametrize("name", ["auto", "cuda"])
@pytest.mark.parametrize(
    "reason",
    [
        "CUDA error: no kernel image is available for execution on the device",
        "CUDA error: all CUDA-capable devices are busy or unavailable",
        "The NVIDIA driver on your system is too old (found version 11040).",
    ],
)
def test_a_card_that_pytorch_cannot_use_is_told_with_the_reason(name, reason, monkeypatch):
    def ones(*size, device):
        raise getattr(torch, "AcceleratorError", RuntimeError)(f"{reason}\nSearch for it in ...")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch, "ones", ones)
    with pytest.raises(BadInput) as raised:
        choose_device(name)
    assert str(raised.value) == f"device 'cuda' cannot be used ({reason}); write cpu"


def test_a_card_that_is_refused_without_a_word_is_told_with_the_errors_name(monkeypatch):
    def ones(*size, device):
        raise AssertionError

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch, "ones", ones)
    with pytest.raises(
        BadInput, match=r"device 'cuda' cannot be used \(AssertionError\); write cpu"
    ):
        choose_device("cuda")


def test_a_card_whose_number_is_not_there_is_not_here(monkeypatch):
    def ones(*size, device):
        raise RuntimeError("CUDA error: invalid device ordinal")

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch, "ones", ones)
    with pytest.raises(BadInput, match="device 'cuda:7' is not here"):
        choose_device("cuda:7")


@pytest.mark.parametrize(
    ("built", "visible", "count", "why"),
    [
        (False, None, 0, ": this PyTorch is built without CUDA"),
        (True, None, 0, ""),
        (True, None, 2, ": the last GPU is cuda:1"),
        (True, "", 0, ": CUDA_VISIBLE_DEVICES is ''"),
        (True, "5", 1, ": CUDA_VISIBLE_DEVICES is '5', and the last GPU is cuda:0"),
    ],
)
def test_what_hides_a_gpu_is_told(built, visible, count, why, monkeypatch):
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: built)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with pytest.raises(BadInput) as raised:
        find_device("cuda:5")
    assert str(raised.value) == f"device 'cuda:5' is not here{why}; write cpu, or auto"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gpu", "'gpu' is not a device; write auto, cpu"),
        ("cuda:99", "'cuda:99' is not here"),
        ("hpu", "'hpu' is not here"),  # known to torch by name, and made by a package of its own
    ],
)
def test_a_device_that_is_not_here_is_named(name, says):
    with pytest.raises(BadInput, match=says):
        choose_device(name)


@pytest.mark.parametrize(
    ("name", "gpu"), [("cuda", True), ("cuda:1", True), ("cpu", False), ("mps", False)]
)
def test_a_gpu_is_known_by_its_name_and_as_a_device(name: str, gpu: bool) -> None:
    assert is_gpu(name) is gpu
    assert is_gpu(torch.device(name)) is gpu


@pytest.mark.parametrize("name", ["cpu", "mps", "mps:0"])
def test_a_device_without_float64_is_not_fast_at_it(name: str) -> None:
    assert not fast_float64(name)


@pytest.mark.parametrize(
    ("name", "several"),
    [("cpu", False), ("auto", False), ("cuda:1", False), ("cuda:0,cuda:1", True), ("cpu:4", True)],
)
def test_several_devices_are_told_from_one(name: str, several: bool) -> None:
    assert names_several(name) is several


def test_a_share_of_the_processor_is_a_worker_of_one_thread() -> None:
    assert choose_devices("cpu:4") == ["cpu"] * 4
    assert choose_devices("cpu") == ["cpu"] * cores()


def test_only_cores_count_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    assert choose_devices("cpu") == ["cpu"] * 3


def test_every_gpu_gets_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert choose_devices("auto") == ["cuda:0", "cuda:1", "cuda:2"]


@pytest.fixture
def two_cards(monkeypatch):
    """A machine with two GPUs, neither of which this process may use."""

    def ones(*size, device):
        raise AssertionError(f"{device} is used")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch, "ones", ones)


@pytest.mark.usefixtures("two_cards")
def test_a_gpu_of_other_processes_is_found_and_not_used():
    assert [find_device(name) for name in ("auto", "cuda", "cuda:1")] == ["cuda", "cuda", "cuda:1"]
    assert choose_devices("cuda:0,cuda:1") == ["cuda:0", "cuda:1"]
    for find in (find_device, choose_devices):
        with pytest.raises(BadInput, match="device 'cuda:2' is not here"):
            find("cuda:2")


@pytest.mark.parametrize("name", ["cuda:0,cuda:0", "cuda,cuda:0", "cpu,cpu:2", "cpu:2,cpu:2"])
@pytest.mark.usefixtures("two_cards")
def test_a_device_that_is_named_twice_is_refused(name) -> None:
    with pytest.raises(BadInput, match="is named twice"):
        choose_devices(name)


def test_devices_of_two_kinds_are_refused() -> None:
    with pytest.raises(BadInput, match="one run has one kind of device"):
        choose_devices("cpu:2,cuda:0")
    assert kind_of("cuda:0, cuda:1") == "cuda"


def test_one_worker_takes_one_device() -> None:
    with pytest.raises(BadInput, match="is for several workers; name one, or use --executor proc"):
        choose_device("cpu:4")
