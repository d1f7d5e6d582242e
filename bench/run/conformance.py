"""Whether an editor or an executor keeps its contract: the checks for authors of plugins and for us.

Each gives sentences, one for everything that is wrong; none means that the thing conforms. The editor's
check carries out a few small made edits; the executor's a small run, beside the same run by `local`.
"""

from __future__ import annotations

import dataclasses
import inspect
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.core.errors import BadInput, EditFailed, Unavailable
from bench.core.identity import record_hash
from bench.plugins.editors import Editor, contract_faults
from bench.plugins.foreign import Raised
from bench.run.editing.batching import make_batch
from bench.run.editing.runner import padded
from bench.run.job import Executor, Job
from bench.run.prepare import PreparedEdit
from bench.run.record import RunRecord, take_up
from bench.run.shards import ShardRef, Shards
from bench.scene import Float32, LabelSpace, Scene

if TYPE_CHECKING:
    from bench.batch import EditBatch

__all__ = ["check_editor", "check_executor"]

_SIDE = 64
_CLASSES = 6
_STEADY = 1e-5
"""How far two outputs of one edit may lie apart: batches of another shape round otherwise."""


def check_editor(value: object, *, classes: int = _CLASSES, size: int = _SIDE) -> list[str]:
    """What is wrong with an editor; empty = it conforms.

    It is given batches of one and of three square edits, and is to give the same image for an edit alone,
    in company and once more, to leave the batch as it was, and to look at no more than it says that it
    needs.

    Args:
        value: an editor, or what is registered for one: a class or function without required options.
        classes: how many classes the made label maps count; for a network that knows one number.
        size: pixels a side of the made edits.

    Raises:
        BadInput: no class, or a size below 32.
        Unavailable: where its weights or libraries are not here.
    """
    if classes < 1 or size < 32:
        raise BadInput(f"classes is {classes} and size {size}; give 1 or more, and 32 or more")
    try:
        editor = _made(value, "edit")
    except Unavailable:
        raise
    except BadInput as error:
        return [
            f"cannot be made without options ({error}); check an editor that you have made, or give "
            "them with --options"
        ]
    factory = value if callable(value) and value is not editor else None
    return list(contract_faults(editor, factory)) or list(_carried_out(editor, classes, size))


def _made(value: Any, attribute: str) -> Any:
    """A finished object as it is; what a class or function makes.

    Raises:
        BadInput: where it asks for arguments, or says itself that it cannot be made.
    """
    if hasattr(value, attribute) and not isinstance(value, type):
        return value
    try:
        inspect.signature(value).bind()
    except TypeError as error:
        raise BadInput(str(error)) from None
    return value()


def _carried_out(editor: Editor, classes: int, side: int) -> Iterator[str]:
    import torch

    edits = [_edit(i, classes, side) for i in range(3)]
    space = LabelSpace(
        "conformance",
        tuple(f"class {i}" for i in range(classes)),
        tuple((40 * i % 256, (255 - 40 * i) % 256, 90) for i in range(classes)),
    )

    def batch(chosen: list[PreparedEdit]) -> EditBatch:
        return make_batch(chosen, "conformance", space, editor.needs, "cpu")

    given = batch(edits)
    before = {
        field.name: value.clone()
        for field in dataclasses.fields(given)
        if isinstance(value := getattr(given, field.name), torch.Tensor)
    }
    try:
        together = padded(editor, given, 3)
        again = padded(editor, batch(edits), 3)
        alone = padded(editor, batch(edits[1:2]), 1)
        filled = padded(editor, batch(edits[:2]), 3)
    except EditFailed as error:
        yield f"edit(batch): {error}"
        return
    except Exception as error:
        yield Raised(
            f"edit(batch): raises {type(error).__name__} ({error}); raise EditFailed with a sentence "
            f"where an edit cannot be carried out. The edits have {classes} classes and {side} pixels a "
            "side; for a network that takes others, give classes and size",
            error,
        )
        return
    with torch.inference_mode():
        output = editor.edit(batch(edits))
    if output.dtype != torch.float32:
        yield f"edit(batch): gives {output.dtype}, float32 is asked for"
    if output.device != given.masked.device:
        yield f"edit(batch): gives a tensor on {output.device}, the batch is on {given.masked.device}"
    changed = [
        name for name, value in before.items() if not torch.equal(value, getattr(given, name))
    ]
    if changed:
        yield f"edit(batch): changes {', '.join(changed)} of the batch; write into a copy"
    if not np.isfinite(together).all():
        yield "edit(batch): gives NaN or infinite values"
        return
    inside = np.stack([one.edit.mask for one in edits])
    highest = float(np.abs(together[inside]).max())
    if highest > 1 + _STEADY:
        yield f"edit(batch): values up to {highest:.3g} in the masked region, [-1,1] is asked for"
    yield from _same(together, again, "is not the same when it is run again")
    yield from _same(together[1:2], alone, "depends on the other edits of its batch")
    yield from _same(together[:2], filled, "depends on how the batch is filled up")


def _same(one: Float32, two: Float32, what: str) -> Iterator[str]:
    apart = float(np.abs(one - two).max())
    if apart > _STEADY:
        yield (
            f"edit(batch): an edit's image {what} (by {apart:.2g}); draw from batch.generator(i) and "
            "treat edits one by one"
        )


def _edit(number: int, classes: int, side: int) -> PreparedEdit:
    """A small edit: a field of stripes with two objects, a rectangle of it masked."""
    from bench.edit import Edit, GroundTruth

    random = np.random.Generator(np.random.PCG64(number))
    labels = np.repeat(np.arange(side, dtype=np.int32) * 3 // side, side).reshape(side, side)
    instances = np.zeros((side, side), np.int32)

    def at(place: int) -> int:  # of 64 pixels
        return place * side // _SIDE

    for k, place in enumerate(random.integers(4, _SIDE - 20, (2, 2))):
        top, left = (int(corner) for corner in place)
        box = slice(at(top), at(top + 14)), slice(at(left), at(left + 14))
        labels[box] = 3 + k
        instances[box] = 1 + k
    labels %= classes
    colours = random.integers(0, 256, (classes, 3))
    noise = random.integers(-12, 13, (side, side, 3))
    image = (colours[labels] + noise).clip(0, 255).astype(np.uint8)
    mask = np.zeros((side, side), bool)
    mask[at(12) + number : at(44), at(10) : at(50) - number] = True
    name = f"scene{number}"
    edit = Edit(
        id=name,
        dataset="conformance",
        scene=name,
        sample=0,
        seed=0,
        operation="inpaint",
        mask=mask,
        labels=labels,
        instances=instances,
        region=f"class {3 % classes}",
        references=("style",),
    )
    style = Scene("style", image[::-1].copy(), labels[::-1].copy(), instances[::-1].copy())
    return PreparedEdit(edit, image, GroundTruth(image), (style,))


def check_executor(value: object) -> list[str]:
    """What is wrong with an executor; empty = it conforms.

    It carries out a small run, and is to leave the same bytes as `local` and to tell of every shard once.

    Args:
        value: an executor, or what is registered for one: a class without required settings.

    Raises:
        Unavailable: where its library is not installed.
    """
    try:
        executor = _made(value, "run")
    except Unavailable:
        raise
    except BadInput as error:
        return [f"cannot be made without settings ({error}); check an executor that you have made"]
    if not isinstance(getattr(executor, "here", None), bool) or not hasattr(executor, "run"):
        return [
            f"is a {type(executor).__name__} without `here` (a bool) or `run(job, shards, done)`"
        ]
    from bench.run.executors.local import Local

    with tempfile.TemporaryDirectory(prefix="siebench-") as place:
        try:
            told, written = _small_run(executor, Path(place) / "run")
        except Exception as error:
            return [
                Raised(f"run(job, shards, done): raises {type(error).__name__} ({error})", error)
            ]
        expected, same = _small_run(Local(), Path(place) / "local")
    found = []
    if sorted(told) != sorted(expected):
        missed, often = set(expected) - set(told), {one for one in told if told.count(one) > 1}
        found.append(
            "run(job, shards, done): `done` was not called once a shard (missed: "
            f"{sorted(missed) or 'none'}; more than once: {sorted(often) or 'none'})"
        )
    found += [
        f"run(job, shards, done): {path} is not what the executor local writes"
        for path in sorted({*written, *same})
        if written.get(path) != same.get(path)
    ]
    return found


def _small_run(executor: Executor, out: Path) -> tuple[list[ShardRef], dict[str, bytes]]:
    """The shards that were told, and what was written of them."""
    from bench.suite.schema import Suite

    suite = Suite.model_validate(
        {
            "name": "conformance",
            "batch_size": 2,
            "datasets": {"rooms": {"dataset": "procedural-rooms", "size": 32, "limit": 20}},
            "tasks": [{"name": "edits", "dataset": "rooms", "protocol": "freeform@1"}],
            "methods": ["mean-colour"],
            "metrics": ["l1"],
        }
    )
    job = Job(suite=suite, out=out, device="cpu")
    worker = job.worker("cpu")
    record = RunRecord(worker.plan, worker.methods, worker.metrics)
    take_up(job.folder, record)
    job = dataclasses.replace(job, key=record_hash(record.key()))
    shards = [
        ShardRef(task.name, shard.number) for task in worker.plan.tasks for shard in task.shards()
    ]
    told: list[ShardRef] = []
    done: Callable[[ShardRef], Any] = told.append
    executor.run(job, Shards(shards, folder=job.folder), done)
    (task,) = job.worker("cpu").plan.tasks
    (method,) = job.worker("cpu").methods
    written = job.folder.shards("samples", task.slug)
    results = job.folder.predictions(task.slug, method.slug)
    written += sorted(results.iterdir()) if results.is_dir() else []
    return told, {job.folder.relative(path): path.read_bytes() for path in written}
