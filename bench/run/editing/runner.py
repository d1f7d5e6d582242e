"""One method carries out a shard's edits: fixed batch shape, failures kept to their own edit."""

from __future__ import annotations

import functools
import io
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from bench.core.device import is_gpu, leave_alone
from bench.core.device_faults import device_failure
from bench.core.errors import EditFailed
from bench.run.editing.batching import make_batch
from bench.run.editing.failures import Failure, failure_of
from bench.run.editing.footprint import Footprint, measured
from bench.run.editing.printed import hearing, listening
from bench.run.editing.steady import steady
from bench.run.methods import Method
from bench.run.prepare import PreparedEdit
from bench.scene import Float32, LabelSpace

if TYPE_CHECKING:
    from torch import Tensor

    from bench.batch import EditBatch
    from bench.plugins.editors import Editor

__all__ = ["MethodRunner", "RawOutputs", "padded"]

T = TypeVar("T")

_UNTIL_REPLAYED = 2
"""Calls on a GPU before an editor may replay what it captured: one as written, and one that captures."""


@dataclass(frozen=True, eq=False)
class RawOutputs:
    """What a method gave for the edits of a shard.

    Attributes:
        images: float32 [H,W,3] in [-1,1] by the edit's index; a failed edit is missing.
        failures: what went wrong, by the edit's index.
        milliseconds: per edit, by its index, where it was measured after warm-up.
        footprints: of every warm-up: multiply-adds and memory of a whole batch.
        printed: what the editor printed in batches that did not fail.
    """

    images: dict[int, Float32] = field(default_factory=dict)
    failures: dict[int, Failure] = field(default_factory=dict)
    milliseconds: dict[int, float] = field(default_factory=dict)
    footprints: list[Footprint] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)


class _Late(EditFailed):
    """A batch that took longer than the method may."""


class MethodRunner:
    """Runs editors in one padded batch shape.

    A method's first batch is carried out twice: once to warm up, when multiply-adds and memory are
    counted, and once more for its images. Counting changes how PyTorch computes, and so the last
    digits; an image that is kept never comes from a call that was counted. On a GPU two more calls lie
    between, in which an editor may capture what it replays from then on.

    Args:
        batch_size: how many edits every batch has.
        device: where the tensors lie.
    """

    def __init__(self, batch_size: int, device: str) -> None:
        self.batch_size = batch_size
        self.device = device
        self._warm: set[tuple[str, tuple[int, ...]]] = set()
        self._late: dict[str, threading.Thread] = {}

    def run(
        self,
        method: Method,
        edits: Sequence[PreparedEdit],
        space: LabelSpace,
        told: Callable[[int], None] = lambda _: None,
    ) -> RawOutputs:
        """Carries out all edits; what fails is named and everything else is kept.

        Args:
            method: with an editor.
            edits: of one task.
            space: their label space.
            told: told after every batch how many edits it had.

        Raises:
            DeviceFailed: the device's memory does not suffice, or it cannot go on; no edit has failed.
        """
        outputs = RawOutputs()
        with listening():
            for start in range(0, len(edits), self.batch_size):
                indices = list(range(start, min(start + self.batch_size, len(edits))))
                group = [edits[i] for i in indices]
                try:
                    batch = make_batch(group, method.name, space, method.needs, self.device)
                except Exception as error:
                    self._stop_where_the_device_failed(method, error)
                    raise
                self._batch(method, batch, indices, outputs)
                told(len(indices))
        return outputs

    def _batch(
        self, method: Method, batch: EditBatch, indices: list[int], outputs: RawOutputs
    ) -> None:
        printed = io.StringIO()
        try:
            images, milliseconds = self._timed(method, batch, outputs, printed)
        except Exception as error:
            self._stop_where_the_device_failed(method, error)
            failed = error
        else:
            if printed.getvalue():
                outputs.printed.append(printed.getvalue())
            for k, i in enumerate(indices):
                _keep(i, images[k], outputs)
                if milliseconds is not None:
                    outputs.milliseconds[i] = milliseconds
            return
        if isinstance(failed, _Late) or len(indices) == 1:
            failure = failure_of(failed, batch.ids, printed.getvalue())
            outputs.failures.update(dict.fromkeys(indices, failure))
        else:
            self._one_by_one(method, batch, indices, outputs)

    def _one_by_one(
        self, method: Method, batch: EditBatch, indices: list[int], outputs: RawOutputs
    ) -> None:
        """After a failed batch: finds out which edits it was that failed."""
        editor = method.editor
        assert editor is not None
        for k, i in enumerate(indices):
            printed, alone = io.StringIO(), batch.take([k])
            edit = functools.partial(padded, editor, alone, self.batch_size)
            try:
                images = self._within(method, edit, printed)
            except Exception as error:
                self._stop_where_the_device_failed(method, error)
                outputs.failures[i] = failure_of(error, alone.ids, printed.getvalue())
            else:
                _keep(i, images[0], outputs)

    def _stop_where_the_device_failed(self, method: Method, error: Exception) -> None:
        """Whether it was the edits' fault at all.

        Raises:
            DeviceFailed: where it was not.
        """
        edits = f"{self.batch_size} edits at a time" if self.batch_size > 1 else "one edit"
        smaller = "use another device, or smaller images"
        if self.batch_size > 1:
            smaller = (
                "lower batch_size in the suite (--batch-size), which is part of the method's hash"
            )
        failure = device_failure(
            error, doing=f"method {method.name!r}, {edits}", device=self.device, lower=smaller
        )
        if failure is not None:
            raise failure from error

    def _timed(
        self, method: Method, batch: EditBatch, outputs: RawOutputs, printed: io.StringIO
    ) -> tuple[Float32, float | None]:
        """The batch's images, and milliseconds per edit where the method was warm before."""
        editor = method.editor
        assert editor is not None
        key = (method.name, tuple(batch.masked.shape[1:]))
        warm = key in self._warm
        if not warm:
            self._warm_up(method, batch, outputs)
        _synchronise(self.device)
        start = time.perf_counter()
        edit = functools.partial(padded, editor, batch, self.batch_size)
        images = self._within(method, edit, printed)
        _synchronise(self.device)
        self._warm.add(key)
        milliseconds = (time.perf_counter() - start) * 1000 / self.batch_size
        return images, milliseconds if warm else None

    def _warm_up(self, method: Method, batch: EditBatch, outputs: RawOutputs) -> None:
        """Counts what the batch takes, on a copy of it; its images are thrown away.

        Raises:
            _Late: where the editor took too long, and is perhaps still busy.
        """
        taken = self._tried(method, batch, lambda edit: measured(edit, self.device)[1])
        if taken is not None:
            outputs.footprints.append(taken)
        for _ in range(_UNTIL_REPLAYED if is_gpu(self.device) else 0):
            self._tried(method, batch, lambda edit: edit())

    def _tried(
        self, method: Method, batch: EditBatch, call: Callable[[Callable[[], Float32]], T]
    ) -> T | None:
        """What a call makes of an edit of the batch's copy; None where it fails."""
        editor = method.editor
        assert editor is not None
        copy = batch.take(range(len(batch)))
        edit = functools.partial(padded, editor, copy, self.batch_size)
        try:
            made: T = self._within(method, lambda: call(edit), io.StringIO())
        except _Late:
            raise
        except Exception:
            return None  # The same edits come next in earnest, and say what is wrong.
        return made

    def _within(self, method: Method, call: Callable[[], Any], printed: io.StringIO) -> Any:
        """What the call gives, while its prints are collected and its time is limited.

        A call cannot be stopped from outside, so a late one is left alone in its thread. An editor
        that is still busy when the time is up once more gets no further batch until it is free.
        """
        limit = method.entry.timeout
        if limit is None:
            with hearing(printed):
                return call()
        before = self._late.get(method.name)
        if before is not None:
            before.join(limit)
            if before.is_alive():
                raise _Late("the editor is still busy with a batch that took too long")
            del self._late[method.name]
        done: dict[str, Any] = {}

        def carry_out() -> None:
            try:
                with hearing(printed):
                    done["value"] = call()
            except BaseException as error:  # raised again where the run waits for it
                done["error"] = error

        thread = threading.Thread(target=carry_out, daemon=True, name=f"editor {method.name}")
        thread.start()
        thread.join(limit)
        if thread.is_alive():
            self._late[method.name] = thread
            found = _where(thread)
            leave_alone(thread, limit)  # others wait for the device from now on
            raise _Late(
                f"the editor took longer than the {limit:g} s that the suite gives it for a batch",
                log=found,
            )
        if "error" in done:
            raise done["error"]
        return done["value"]


def padded(editor: Editor, batch: EditBatch, size: int) -> Float32:
    """The editor's images for a batch, float32 [B,H,W,3].

    Args:
        editor: anything that carries out edits.
        batch: at most `size` edits; the last one is repeated until there are `size`.
        size: how many edits the editor is given.

    Raises:
        EditFailed: where the result is not what the contract says.
    """
    import torch

    count = len(batch)
    if count < size:
        batch = batch.take([*range(count), *([count - 1] * (size - count))])
    with torch.inference_mode(), steady():
        try:
            given = editor.edit(batch)
        except SystemExit as error:
            raise EditFailed(f"the editor called sys.exit({error.code!r})") from error
    _check_shape(given, batch)
    images: Float32 = given[:count].permute(0, 2, 3, 1).float().contiguous().cpu().numpy()
    return images


def _keep(index: int, image: Float32, outputs: RawOutputs) -> None:
    if np.isfinite(image).all():
        outputs.images[index] = image
    else:
        outputs.failures[index] = Failure("the editor's image holds NaN or infinite values")


def _check_shape(given: Tensor, batch: EditBatch) -> None:
    import torch

    if not isinstance(given, torch.Tensor) or given.shape != batch.masked.shape:
        got = list(given.shape) if isinstance(given, torch.Tensor) else type(given).__name__
        raise EditFailed(
            f"the editor gave {got} where float32 {list(batch.masked.shape)} was asked for"
        )
    if not given.is_floating_point():
        raise EditFailed(
            f"the editor gave {str(given.dtype).removeprefix('torch.')} where float32 in [-1,1] was "
            "asked for; divide grey levels by 127.5 and take away 1"
        )


def _where(thread: threading.Thread) -> str:
    """Where a thread is at this moment, as a traceback."""
    frame = sys._current_frames().get(thread.ident or 0)
    lines = traceback.format_stack(frame) if frame is not None else []
    return f"when the time was up it was here:\n\n{''.join(lines)}" if lines else ""


def _synchronise(device: str) -> None:
    if is_gpu(device):
        import torch

        torch.cuda.synchronize(device)
