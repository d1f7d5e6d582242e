"""Editors run in one batch shape; what fails is kept to its own edit."""

import sys

import numpy as np
import pytest
import torch

from bench.core.device_faults import DeviceFailed
from bench.core.errors import EditFailed
from bench.edit import Edit, GroundTruth
from bench.run.editing import runner
from bench.run.editing.runner import MethodRunner
from bench.run.methods import Method
from bench.run.prepare import PreparedEdit
from bench.scene import LabelSpace
from bench.suite.schema import MethodEntry

SPACE = LabelSpace("one", ("thing",), ((0, 0, 0),))


def edits(count: int) -> list[PreparedEdit]:
    """Edits whose images are constant: grey level 10 i."""
    made = []
    for i in range(count):
        image = np.full((8, 8, 3), 10 * i, np.uint8)
        edit = Edit(
            id=str(i),
            dataset="d",
            scene=str(i),
            sample=0,
            seed=0,
            operation="inpaint",
            mask=np.eye(8, dtype=bool),
            labels=np.zeros((8, 8), np.int32),
            instances=None,
        )
        made.append(PreparedEdit(edit, image, GroundTruth(image)))
    return made


class Spy:
    """Gives grey level i and notes the shapes that it was given."""

    needs = frozenset()

    def __init__(self) -> None:
        self.shapes = []

    def edit(self, batch):
        self.shapes.append(tuple(batch.masked.shape))
        grey = torch.tensor([float(name) for name in batch.ids]) / 127.5 - 1
        return grey[:, None, None, None].expand(-1, 3, 8, 8).clone()


def reasons(outputs) -> dict[int, str]:
    return {i: failure.reason for i, failure in outputs.failures.items()}


def method(editor) -> Method:
    entry = MethodEntry(name="m", editor="m")
    return Method("m", "m", entry, editor, {})


def test_every_batch_has_the_same_padded_shape() -> None:
    spy = Spy()
    outputs = MethodRunner(4, "cpu").run(method(spy), edits(6), SPACE)
    warm_up, *kept = spy.shapes
    assert warm_up == (4, 3, 8, 8)
    assert kept == [(4, 3, 8, 8), (4, 3, 8, 8)]
    levels = {i: round((float(p.mean()) + 1) * 127.5) for i, p in outputs.images.items()}
    assert levels == {i: i for i in range(6)}


def test_an_editor_sees_nothing_inside_the_mask_and_no_more_than_it_asked_for() -> None:
    class Watcher(Spy):
        def edit(self, batch):
            assert batch.original is None
            assert batch.references is None
            assert batch.masked[batch.mask.expand(-1, 3, -1, -1) > 0].abs().max() == 0
            return super().edit(batch)

    assert len(MethodRunner(2, "cpu").run(method(Watcher()), edits(2), SPACE).images) == 2


def test_one_bad_edit_fails_alone() -> None:
    class Picky(Spy):
        def edit(self, batch):
            if "2" in batch.ids:
                raise EditFailed("edit 2 is not to my taste")
            return super().edit(batch)

    outputs = MethodRunner(4, "cpu").run(method(Picky()), edits(4), SPACE)
    assert sorted(outputs.images) == [0, 1, 3]
    assert reasons(outputs) == {2: "edit 2 is not to my taste"}


def test_an_editor_that_breaks_is_named_with_its_error() -> None:
    class Broken(Spy):
        def edit(self, batch):
            raise KeyError("weight")

    outputs = MethodRunner(4, "cpu").run(method(Broken()), edits(2), SPACE)
    assert reasons(outputs) == dict.fromkeys(range(2), "KeyError: 'weight'")


def test_nan_is_a_failure_of_its_own_edit() -> None:
    class Nan(Spy):
        def edit(self, batch):
            given = super().edit(batch)
            given[[name == "1" for name in batch.ids], 0, 0, 0] = float("nan")
            return given

    outputs = MethodRunner(4, "cpu").run(method(Nan()), edits(3), SPACE)
    assert sorted(outputs.images) == [0, 2]
    assert reasons(outputs) == {1: "the editor's image holds NaN or infinite values"}


@pytest.mark.parametrize("shape", [(4, 3, 8, 9), (4, 1, 8, 8), (1, 3, 8, 8)])
def test_a_result_of_the_wrong_size_is_a_failure_that_names_both_sizes(shape) -> None:
    class Wrong(Spy):
        def edit(self, batch):
            return torch.zeros(shape)

    outputs = MethodRunner(4, "cpu").run(method(Wrong()), edits(1), SPACE)
    assert reasons(outputs) == {
        0: f"the editor gave {list(shape)} where float32 [4, 3, 8, 8] was asked for"
    }


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool])
def test_integers_are_a_failure_that_says_what_is_asked_for(dtype) -> None:
    class Levels(Spy):
        def edit(self, batch):
            return super().edit(batch).to(dtype)

    outputs = MethodRunner(2, "cpu").run(method(Levels()), edits(1), SPACE)
    assert reasons(outputs) == {
        0: f"the editor gave {str(dtype)[6:]} where float32 in [-1,1] was asked for; divide grey "
        "levels by 127.5 and take away 1"
    }


def test_the_first_batch_is_the_warm_up_and_is_not_timed() -> None:
    runner = MethodRunner(2, "cpu")
    first = runner.run(method(Spy()), edits(4), SPACE)
    assert sorted(first.milliseconds) == [2, 3]
    assert all(ms > 0 for ms in first.milliseconds.values())


@pytest.mark.parametrize("gpu", [False, True])
def test_no_time_has_a_capture_in_it(monkeypatch, gpu) -> None:
    now = [0.0]
    monkeypatch.setattr(runner.time, "perf_counter", lambda: now[0])

    class Capturing(Spy):
        """Takes a second as written, a minute to capture, and a millisecond an edit from then on."""

        plain = 0

        def edit(self, batch):
            self.plain += not counted()
            now[0] += {0: 1.0, 1: 1.0, 2: 60.0}.get(self.plain if gpu else 0, 0.002)
            return super().edit(batch)

    if gpu:
        monkeypatch.setattr(runner, "is_gpu", lambda _: True)
        monkeypatch.setattr(runner, "_synchronise", lambda _: None)
    editor = Capturing()
    outputs = MethodRunner(2, "cpu").run(method(editor), edits(6), SPACE)
    assert outputs.milliseconds == pytest.approx(dict.fromkeys(range(2, 6), 1 if gpu else 500))
    assert editor.plain == (5 if gpu else 3)


def counted() -> bool:
    """Whether operations are being counted at this moment."""
    return bool(torch.utils._python_dispatch._get_current_dispatch_mode_stack())


def test_no_image_that_is_kept_comes_from_a_call_that_was_counted() -> None:
    class Shy(Spy):
        def edit(self, batch):
            given = super().edit(batch)
            return given * 0 + 1 if counted() else given

    outputs = MethodRunner(2, "cpu").run(method(Shy()), edits(3), SPACE)
    levels = {i: round((float(image.mean()) + 1) * 127.5) for i, image in outputs.images.items()}
    assert levels == {0: 0, 1: 1, 2: 2}
    assert len(outputs.footprints) == 1


def test_an_editor_that_cannot_be_counted_is_used_all_the_same() -> None:
    class Uncountable(Spy):
        def edit(self, batch):
            assert not counted()
            return super().edit(batch)

    outputs = MethodRunner(2, "cpu").run(method(Uncountable()), edits(4), SPACE)
    assert sorted(outputs.images) == [0, 1, 2, 3]
    assert outputs.footprints == []
    assert sorted(outputs.milliseconds) == [2, 3]


def test_an_editor_that_writes_into_its_batch_meets_it_untouched_after_the_warm_up() -> None:
    class Scribbler(Spy):
        def edit(self, batch):
            batch.masked.add_(1)
            return batch.masked.clone()

    once = edits(2)
    outputs = MethodRunner(2, "cpu").run(method(Scribbler()), once, SPACE)
    for i, one in enumerate(once):
        known = outputs.images[i][~one.edit.mask]
        assert known == pytest.approx(one.original[~one.edit.mask] / 127.5, abs=1e-6)


def test_an_editor_switches_nothing_for_those_that_come_after_it() -> None:
    class Switching(Spy):
        def edit(self, batch):
            assert not torch.backends.cudnn.benchmark
            torch.backends.cudnn.benchmark = True
            torch.set_default_dtype(torch.float64)
            torch.set_num_threads(3)
            return super().edit(batch)

    threads = torch.get_num_threads()
    outputs = MethodRunner(1, "cpu").run(method(Switching()), edits(2), SPACE)
    assert sorted(outputs.images) == [0, 1]
    assert not torch.backends.cudnn.benchmark
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_num_threads() == threads


def test_sys_exit_inside_an_editor_fails_its_edit_and_not_the_run() -> None:
    class Leaving(Spy):
        def edit(self, batch):
            if "1" in batch.ids:
                sys.exit(4)
            return super().edit(batch)

    outputs = MethodRunner(2, "cpu").run(method(Leaving()), edits(4), SPACE)
    assert sorted(outputs.images) == [0, 2, 3]
    assert reasons(outputs) == {1: "the editor called sys.exit(4)"}
    assert "sys.exit(4)" in outputs.failures[1].text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
            "method 'm', 2 edits at a time: cpu has too little memory; lower batch_size in the suite "
            "\\(--batch-size\\), which is part of the method's hash; what is finished is kept",
        ),
        (
            RuntimeError("CUDA error: unspecified launch failure"),
            "method 'm', 2 edits at a time: cpu failed \\(CUDA error: unspecified launch failure\\)",
        ),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_device_that_fails_stops_the_run_and_fails_no_edit(error, said, together) -> None:
    class Hungry(Spy):
        def edit(self, batch):
            if together or len(set(batch.ids)) == 1:
                raise error
            raise RuntimeError("one of them is bad")

    with pytest.raises(DeviceFailed, match=said):
        MethodRunner(2, "cpu").run(method(Hungry()), edits(4), SPACE)


def test_a_device_that_cannot_take_a_batch_stops_the_run(monkeypatch) -> None:
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr("bench.run.editing.runner.make_batch", full)
    with pytest.raises(DeviceFailed, match="method 'm', 2 edits at a time: cpu has too little"):
        MethodRunner(2, "cpu").run(method(Spy()), edits(4), SPACE)


def test_one_edit_at_a_time_can_only_go_elsewhere() -> None:
    class Hungry(Spy):
        def edit(self, batch):
            raise MemoryError

    with pytest.raises(
        DeviceFailed, match="one edit: cpu has too little memory; use another device"
    ):
        MethodRunner(1, "cpu").run(method(Hungry()), edits(1), SPACE)
