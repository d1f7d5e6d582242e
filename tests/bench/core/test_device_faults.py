"""A device that cannot go on is told from work that failed, in one sentence that says what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from bench.core.device_faults import DeviceFailed, device_failure, out_of_memory
from bench.core.errors import EditFailed

ACCELERATOR_ERROR = getattr(torch, "AcceleratorError", RuntimeError)


def failure(error, **changes):
    fields = {"doing": "method 'spade', 16 edits at a time", "device": "cpu", "lower": "lower it"}
    return device_failure(error, **{**fields, **changes})


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        ACCELERATOR_ERROR("CUDA error: out of memory\nSearch for it in ..."),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"
        ),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("GET was unable to find an engine to execute this computation"),
        MemoryError("Unable to allocate 8 TiB"),
    ],
)
def test_too_little_memory_says_what_to_lower_and_that_nothing_is_lost(error):
    assert out_of_memory(error)
    found = failure(error)
    assert isinstance(found, DeviceFailed)
    assert str(found) == (
        "method 'spade', 16 edits at a time: cpu has too little memory; lower it; what is finished is "
        "kept, and the same command goes on from there"
    )


def test_a_tensor_that_the_cpu_cannot_hold_is_told_by_what_torch_says():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**55)
    assert "too little memory" in str(failure(raised.value))


@pytest.mark.parametrize(
    "error",
    [
        ACCELERATOR_ERROR(
            "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be ..."
        ),
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("CUDA driver error: unspecified launch failure"),
        RuntimeError("Triton Error [CUDA]: an illegal memory access was encountered"),
    ],
)
def test_a_driver_that_fails_in_the_middle_is_named_with_its_first_line(error):
    first, _, _ = str(error).partition("\n")
    assert str(failure(error, device="cuda:1", doing="scoring", kept="nothing is lost")) == (
        f"scoring: cuda:1 failed ({first}) and this process cannot use it any more; nothing is lost, and "
        "where it fails in the same place again, use --device cpu"
    )


def test_what_an_error_was_raised_from_counts_and_other_errors_are_not_the_devices():
    wrapped = EditFailed("the network failed")
    wrapped.__cause__ = torch.OutOfMemoryError("CUDA out of memory.")
    assert failure(wrapped) is not None
    for error in (EditFailed("no reference"), RuntimeError("shapes do not fit"), KeyError("cuda")):
        assert failure(error) is None


def test_what_a_failed_driver_was_given_is_not_let_go_of_before_the_process_ends_as_it_should():
    code = """
import os
from bench.core.device_faults import device_failure

class Pinned:
    def __del__(self):
        os._exit(134)  # PyTorch's std::terminate

def copy():
    given = Pinned()
    raise RuntimeError("CUDA error: an illegal memory access was encountered")

try:
    copy()
except RuntimeError as error:
    print(device_failure(error, doing="scoring", device="cuda", lower=""), flush=True)
    raise SystemExit(2) from None
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stdout.startswith("scoring: cuda failed")
    assert ended.returncode == 2
