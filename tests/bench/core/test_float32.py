"""The bits of float32 numbers: kept where they must be, however a process was switched before."""

from __future__ import annotations

import contextlib

import pytest
import torch

from bench.core import float32 as switches
from bench.core.float32 import float32, same_algorithms, set_float32
from bench.networks.batches import exactly
from bench.run.editing.steady import steady

EXACT = ("ieee",) * 6
NEW = pytest.mark.skipif(
    not hasattr(torch.backends, "fp32_precision"), reason="this PyTorch has the old switches alone"
)


def old_products(level):
    return lambda: torch.set_float32_matmul_precision(level)


def all_new(precision):
    return lambda: setattr(torch.backends, "fp32_precision", precision)


def one_new(place, precision):
    return lambda: setattr(place(), "fp32_precision", precision)


CHANGES = {
    "none": lambda: None,
    "high": old_products("high"),
    "medium": old_products("medium"),
    "cuda products, old": lambda: setattr(torch.backends.cuda.matmul, "allow_tf32", True),
    "convolutions, old": lambda: setattr(torch.backends.cudnn, "allow_tf32", False),
    "tf32": all_new("tf32"),
    "ieee": all_new("ieee"),
    "bf16": all_new("bf16"),
    "cuda products": one_new(lambda: torch.backends.cuda.matmul, "tf32"),
    "cuda convolutions": one_new(lambda: torch.backends.cudnn.conv, "ieee"),
    "all of cuDNN": one_new(lambda: torch.backends.cudnn, "tf32"),
    "a CPU's convolutions": one_new(lambda: torch.backends.mkldnn.conv, "bf16"),
}
OLD = ("none", "high", "medium", "cuda products, old", "convolutions, old")


@pytest.fixture(params=[pytest.param(n, marks=() if n in OLD else NEW) for n in CHANGES])
def change(request):
    before = float32()
    yield CHANGES[request.param]
    for place in (torch.backends, torch.backends.cudnn, torch.backends.mkldnn):
        if hasattr(place, "fp32_precision"):
            place.fp32_precision = "none"
    set_float32(before)


def test_metrics_keep_all_bits_however_a_process_is_switched(change):
    change()
    before = float32()
    for _ in range(2):
        with exactly():
            assert float32() == EXACT
            # Code of others asks by the old names, which agree.
            assert not torch.backends.cudnn.allow_tf32
            assert not torch.backends.cuda.matmul.allow_tf32
            assert torch.get_float32_matmul_precision() == "highest"
            with exactly():
                assert float32() == EXACT
            assert float32() == EXACT
        assert float32() == before


def test_what_an_editor_switches_is_as_before_for_the_next(change):
    before = float32()
    with steady():
        change()
    assert float32() == before
    with exactly():
        assert float32() == EXACT


def test_a_processors_products_keep_all_bits_too():
    x = torch.randn(64, 512, generator=torch.Generator().manual_seed(0))
    expected = x @ x.T
    torch.set_float32_matmul_precision("medium")
    try:
        with exactly():
            found = x @ x.T
    finally:
        torch.set_float32_matmul_precision("highest")
    assert torch.equal(found, expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_keeps_all_bits_however_a_process_is_switched(change):
    draw = torch.Generator().manual_seed(0)
    x, weight = (
        torch.randn(2, 64, 32, 32, generator=draw),
        torch.randn(64, 64, 3, 3, generator=draw),
    )
    rows = x.flatten(1)
    layers = torch.nn.functional.conv2d, lambda one, _: one.flatten(1) @ rows.to(one).T
    change()
    for layer in layers:
        with exactly():
            found = layer(x.cuda(), weight.cuda()).cpu().double()
        expected = layer(x.double(), weight.double())
        assert (found - expected).abs().max() < 1e-5 * expected.abs().max()


def test_algorithms_are_chosen_as_before_where_the_block_fails():
    cudnn = torch.backends.cudnn
    before = float32(), cudnn.enabled, cudnn.benchmark, cudnn.deterministic
    with contextlib.suppress(KeyError), same_algorithms(exact=True):
        assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == (True, False, True)
        cudnn.enabled, cudnn.benchmark = False, True
        raise KeyError
    assert (float32(), cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == before


@pytest.mark.parametrize("level", ["highest", "high", "medium"])
def test_the_old_switches_alone_do_for_an_older_pytorch(level, monkeypatch):
    monkeypatch.setattr(switches, "_new", lambda: False)
    torch.set_float32_matmul_precision(level)
    try:
        before = float32()
        with exactly():
            assert torch.get_float32_matmul_precision() == "highest"
            assert not torch.backends.cudnn.allow_tf32
        assert float32() == before
        assert torch.get_float32_matmul_precision() == level
        assert torch.backends.cudnn.allow_tf32
    finally:
        torch.set_float32_matmul_precision("highest")
