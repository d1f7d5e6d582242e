"""Captured forwards: when a graph is made, what it may not change, and what happens where none can be."""

from __future__ import annotations

import sys
import threading
import warnings
import weakref

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from baselines import captured
from baselines.captured import Captured, CapturedWork, forget_graphs


def double(x, plus=None):
    return 2 * x if plus is None else 2 * x + plus


@torch.inference_mode()
def test_a_shape_is_captured_when_it_comes_again_and_replayed_from_then_on(graphs):
    forward = Captured("double", double)
    found = [forward(torch.full((2, 3), float(n)), torch.ones(3)) for n in range(4)]
    assert (graphs.captured, graphs.replayed) == (1, 3)
    assert [float(one[0, 0]) for one in found] == [1, 3, 5, 7]  # each result is its own


@torch.inference_mode()
def test_a_forward_may_give_several_tensors(graphs):
    forward = Captured("both", lambda x: (x + 1, x > 1))
    found = [forward(torch.full((1,), float(n))) for n in range(4)]
    assert [(float(a), bool(b)) for a, b in found] == [(1, 0), (2, 0), (3, 1), (4, 1)]
    assert graphs.captured == 1


@torch.inference_mode()
def test_every_shape_type_and_switch_has_a_graph_of_its_own(graphs):
    forward = Captured("double", double)
    for x in (torch.ones(2), torch.ones(3), torch.ones(2).double()):
        for _ in range(2):
            assert torch.equal(forward(x), 2 * x)
            assert torch.equal(forward(x, x), 3 * x)
    before = torch.backends.cudnn.allow_tf32
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=not before):
        forward(torch.ones(2))
        forward(torch.ones(2))
    assert graphs.captured == 7


@torch.inference_mode()
def test_only_the_latest_shapes_keep_their_graphs(graphs):
    forward = Captured("double", double)
    for n in range(1, 12):
        forward(torch.ones(n))
        forward(torch.ones(n))
    assert graphs.captured == 11
    forward(torch.ones(11))
    assert graphs.captured == 11
    forward(torch.ones(1))
    forward(torch.ones(1))
    assert graphs.captured == 12


def test_a_wanted_gradient_a_counted_call_and_a_cpu_run_the_function_itself(graphs, monkeypatch):
    forward = Captured("product", lambda x: x @ x)
    x = torch.ones(4, 4, requires_grad=True)
    for _ in range(3):
        forward(x).sum().backward()
    assert x.grad.sum() == 3 * 8 * 16
    with torch.no_grad():
        for _ in range(3):
            with FlopCounterMode(display=False) as flops:
                forward(x)
            assert flops.get_total_flops() == 2 * 4**3
        monkeypatch.setattr(captured, "is_gpu", lambda _: False)
        for _ in range(3):
            forward(x)
    assert graphs.captured == 0


@torch.inference_mode()
@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (
            RuntimeError("operation not permitted when stream is\n capturing"),
            "not permitted when stream is",
        ),
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried ..."),
            "too little memory for its graph",
        ),
    ],
)
def test_what_cannot_be_captured_stays_eager_and_says_so_once(graphs, refusal, reason):
    graphs.refuse = refusal
    forward = Captured("spade", double)
    forward(torch.ones(2))
    with pytest.warns(UserWarning, match=rf"spade: its forward cannot be captured .*{reason}"):
        assert torch.equal(forward(torch.ones(2)), torch.full((2,), 2.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in (2, 2, 3, 3):
            assert torch.equal(forward(torch.ones(n)), torch.full((n,), 2.0))
    assert graphs.captured == 0


@torch.inference_mode()
def test_forgotten_graphs_are_captured_anew(graphs):
    forward = Captured("double", double)
    for _ in range(3):
        forward(torch.ones(2))
    forget_graphs()
    for n in range(3):
        assert forward(torch.full((2,), float(n)))[0] == 2 * n
    assert graphs.captured == 2


NO_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried ...")
NO_WORK_SPACE = RuntimeError("GET was unable to find an engine to execute this computation")


@torch.inference_mode()
@pytest.mark.parametrize("full", [NO_MEMORY, NO_WORK_SPACE])
def test_graphs_make_room_where_memory_does_not_suffice(graphs, full):
    other = Captured("other", double)
    for _ in range(2):
        other(torch.ones(2))

    def hungry(x):
        if other._graphs:
            raise full
        return x + 1

    forward = Captured("hungry", hungry)
    assert forward(torch.ones(2))[0] == 2
    assert not other._graphs

    def greedy(x):
        raise full

    with pytest.raises(type(full)):
        Captured("greedy", greedy)(torch.ones(2))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@torch.inference_mode()
def test_a_gpu_replays_what_it_would_compute():
    layer = torch.nn.Conv2d(3, 8, 3, padding=1).cuda()
    forward = Captured("layer", lambda x: layer(x).relu())
    for n in range(4):
        x = torch.full((2, 3, 16, 16), float(n), device="cuda")
        assert torch.equal(forward(x), layer(x).relu())
    refused = Captured("refused", lambda x: x * x.sum().item())
    x = torch.ones(2, device="cuda")
    refused(x)
    with pytest.warns(UserWarning, match="refused: its forward cannot be captured"):
        assert torch.equal(refused(x), 2 * x)
    assert torch.equal(refused(3 * x), 18 * x)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@torch.inference_mode()
def test_a_gpu_replays_products_after_another_graph_was_let_go_of():
    x = torch.randn(64, 8192, device="cuda")  # long sums, which cuBLAS splits in its workspace
    kept, other = (Captured(name, lambda x: x @ x.T) for name in ("kept", "other"))
    for _ in range(3):
        expected = kept(x), other(x)
    del other
    torch.cuda.empty_cache()
    elsewhere = [torch.full((2**20,), torch.nan, device="cuda") for _ in range(16)]
    torch.testing.assert_close(kept(x), expected[0])
    assert all(one.isnan().all() for one in elsewhere)


@torch.inference_mode()
def test_a_thread_that_was_left_alone_replays_into_no_result_of_another(monkeypatch):
    shared, replayed, over = torch.zeros(2), threading.Event(), threading.Event()

    def stand_in(function, tensors):
        (x,) = inputs = tuple(tensor.clone() for tensor in tensors)

        def replay():
            shared.copy_(function(x))
            if function is double:
                replayed.set()
                over.wait(0.2)  # until the other's replay is over, if it is let

        return captured._Graph(inputs, shared, replay)

    monkeypatch.setattr(captured, "is_gpu", lambda _: True)
    monkeypatch.setattr(captured, "_captured", stand_in)
    here, late = Captured("here", double), Captured("late", torch.neg)
    for forward in (here, late):
        forward(torch.ones(2))

    @torch.inference_mode()
    def go_on():
        replayed.wait(20)
        late(torch.ones(2))
        over.set()

    thread = threading.Thread(target=go_on)
    thread.start()
    found = here(torch.ones(2))
    thread.join()
    assert found.tolist() == [2, 2]


class OneDevice:
    """A device whose graphs carry work out again; `spoil` is what becomes of a result then."""

    def __init__(self, spoil):
        self.spoil = spoil

    def run(self, work):
        work()

    def capture(self, work):
        work()

        def replay():
            work()
            self.spoil()

        return replay


@torch.inference_mode()
@pytest.mark.parametrize(
    ("off", "kept"), [(0.0, True), (1e-6, True), (1e-2, False), (torch.nan, False)]
)
def test_a_graph_whose_first_replay_gives_another_image_is_not_used(monkeypatch, off, kept):
    made = []

    def forward(x):
        made[:] = [3 * x]
        return made[0]

    device = OneDevice(lambda: made[0].add_(off))
    monkeypatch.setattr(captured, "is_gpu", lambda _: True)
    monkeypatch.setattr(captured, "_devices", {torch.device("cpu"): device})
    own = Captured("three", forward)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for _ in range(3):
            found = own(torch.ones(2))
    assert torch.allclose(found, torch.full((2,), 3.0), atol=1e-5)
    messages = [str(one.message) for one in said]
    assert [("first replay is not" in one) for one in messages] == [True] * (not kept)


@torch.inference_mode()
def test_a_device_keeps_its_stream_when_its_graphs_are_forgotten(monkeypatch):
    device = OneDevice(lambda: None)
    monkeypatch.setattr(captured, "_devices", {torch.device("cpu"): device})
    forget_graphs()  # libraries keep memory for every stream that they have seen
    assert captured._devices == {torch.device("cpu"): device}


@torch.inference_mode()
def test_where_a_capture_fails_the_graphs_of_others_are_captured_anew(graphs):
    kept = Captured("kept", double)
    for n in range(3):
        kept(torch.full((2,), float(n)))
    graphs.refuse = RuntimeError("operation not permitted when stream is capturing")
    refused = Captured("refused", double)
    refused(torch.ones(2))
    with pytest.warns(UserWarning, match="refused: its forward cannot be captured"):
        refused(torch.ones(2))
    graphs.refuse = None
    assert [float(kept(torch.full((2,), float(n)))[0]) for n in range(3)] == [0, 2, 4]
    assert graphs.captured == 2


class Full(OneDevice):
    """A device whose memory does not suffice for a capture, which has tensors in its frames."""

    def capture(self, work):
        held = torch.zeros(3)
        self.held = weakref.ref(held)
        work()
        raise torch.OutOfMemoryError("CUDA out of memory")


def test_work_goes_on_as_written_when_nothing_of_its_failed_capture_is_kept(monkeypatch):
    device = Full(lambda: None)
    monkeypatch.setattr(captured, "is_gpu", lambda _: True)
    monkeypatch.setattr(captured, "_devices", {torch.device("cpu"): device})
    free = []

    def work():
        if hasattr(device, "held"):
            free.append(device.held() is None and sys.exc_info() == (None, None, None))

    step = CapturedWork("search", work, torch.device("cpu"))
    step()
    step()
    with pytest.warns(UserWarning, match="search: a step cannot be captured .*too little memory"):
        step()
    step()
    in_the_capture, *as_written = free
    assert not in_the_capture
    assert as_written == [True, True]
