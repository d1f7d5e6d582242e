"""Does a dataset conform to its contract? Tried on what it draws, or on a folder that is given."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.errors import BadInput
from bench.datasets.dataset import Dataset, Fit, RendersWithout
from bench.datasets.info import DatasetInfo
from bench.plugins.foreign import Raised
from bench.scene import VOID, LabelSpace, Scene

__all__ = ["check_dataset_plugin"]

_FITS = (Fit((24, 32)), Fit((32, 24), "crop"), Fit(None, "native"))
_HASH = re.compile("[0-9a-f]{64}")
_NOWHERE = "no scene of any dataset"


def check_dataset_plugin(value: object, path: Path | None = None) -> list[str]:
    """What does not conform, one sentence each; nothing = it conforms.

    Checked are what the entry declares; that wrong folders, splits and scenes are refused with
    `BadInput`; and, on the first three scenes: shapes, types and ranges at every fit, that nothing
    depends on the order of reading, on what was read before or on `count`, and the fingerprint.

    Args:
        value: a `DatasetInfo`, or an open `Dataset`.
        path: a small folder of the dataset's layout. Without one, a dataset that needs a folder is
            checked only for what it declares and refuses.
    """
    if isinstance(value, DatasetInfo):
        return list(_declared(value)) + list(_refusals(value)) + list(_opened_by(value, path))
    if isinstance(value, Dataset):
        return list(_dataset(value, value))
    return [f"is a {type(value).__name__}; register a DatasetInfo or hand over a Dataset"]


def _declared(info: DatasetInfo) -> Iterator[str]:
    for field in ("name", "title", "about"):
        text = getattr(info, field)
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            yield f"{field} must be one line of text"
    if not info.drawn and not info.layout:
        yield "layout must say which files are expected, for the dataset needs a folder"
    if info.default_split is not None and info.default_split not in info.splits:
        yield f"default_split {info.default_split!r} is not among splits {list(info.splits)}"
    if info.splits and info.default_split is None:
        yield "default_split must name one of the splits"
    strange = set(info.counts) - set(info.splits or ("",))
    if strange:
        yield f"counts names {sorted(strange)}, which are no splits"
    if info.space is not None:
        yield from _space(info.space)


def _space(space: LabelSpace) -> Iterator[str]:
    if not space.name or not len(space):
        yield "the label space needs a name and at least one class"
    if len(set(space.classes)) < len(space):
        yield "the label space has two classes of one name"
    if not all(0 <= k < len(space) for k in space.ignored):
        yield "the label space ignores classes that it does not have"


def _refusals(info: DatasetInfo) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as empty:
        if info.drawn:
            yield from _refused("a folder (it is drawn)", lambda: info.open(Path(empty), None, 1))
        else:
            yield from _refused("to open without a folder", lambda: info.open(None, None, None))
            yield from _refused("an empty folder", lambda: info.open(Path(empty), None, None))


def _refused(what: str, attempt: Callable[[], object]) -> Iterator[str]:
    try:
        attempt()
    except BadInput:
        return
    except Exception as error:  # anything may come out of a plugin
        yield Raised(
            f"must refuse {what} with BadInput, but raises {type(error).__name__}: {error}", error
        )
    else:
        yield f"must refuse {what} with BadInput, but does not"


def _opened_by(info: DatasetInfo, path: Path | None) -> Iterator[str]:
    if path is None and not info.drawn:
        return
    count = 3 if info.drawn else None
    try:
        first: Any = info.open(path, None, count)
        again: Any = info.open(path, None, count)
        one = info.open(path, None, 1)
    except Exception as error:
        yield Raised(f"cannot be opened ({type(error).__name__}: {error})", error)
        return
    if not isinstance(first, Dataset):
        yield f"opens a {type(first).__name__}, which lacks name, space, ids, read or fingerprint"
        return
    if info.space is not None and first.space != info.space:
        yield f"opens with the label space {first.space.name!r}, but declares {info.space.name!r}"
    if tuple(one.ids) != tuple(first.ids[:1]):
        yield f"count=1 gives the scenes {list(one.ids)[:3]}, not the first one"
    yield from _refused("an unknown split", lambda: info.open(path, "no split of any dataset", 1))
    yield from _dataset(first, again)


def _dataset(first: Dataset, again: Dataset) -> Iterator[str]:
    """What is wrong with an open dataset; `again` is the same one, opened a second time."""
    ids = first.ids
    if not (isinstance(ids, tuple) and ids and all(isinstance(i, str) and i for i in ids)):
        yield "ids must be a tuple of at least one name"
        return
    if len(set(ids)) < len(ids):
        yield "ids holds a name twice"
    if tuple(again.ids) != tuple(ids):
        yield "ids differ when it is opened again"
    yield from _space(first.space)
    prints = {first.fingerprint(), first.fingerprint(), again.fingerprint()}
    if len(prints) > 1 or not _HASH.fullmatch(prints.pop()):
        yield "fingerprint must be the same 64 hexadecimal digits every time"
    yield from _refused("an unknown scene", lambda: first.read(_NOWHERE, _FITS[0]))
    some = ids[:3]
    for fit in _FITS:
        try:
            read = {scene: first.read(scene, fit) for scene in some}
            # The other way round, from a dataset that has read nothing yet.
            other = {scene: again.read(scene, fit) for scene in reversed(some)}
        except Exception as error:
            what = f"read at fit {fit.mode!r} raises {type(error).__name__}: {error}"
            yield Raised(what, error)
            continue
        for scene in some:
            yield from _scene(scene, read[scene], other[scene], first.space, fit)
    if isinstance(first, RendersWithout) and isinstance(again, RendersWithout):
        yield from _without(first, again, some[0])


def _scene(scene: str, one: Scene, other: Scene, space: LabelSpace, fit: Fit) -> Iterator[str]:
    where = f"scene {scene!r} at fit {fit.mode!r}"
    if not isinstance(one, Scene) or one.id != scene:
        yield f"{where}: read must give a Scene with that id"
        return
    if fit.size is not None and one.size != fit.size:
        yield f"{where}: has the size {one.size}, asked for was {fit.size}"
    if one.labels.min() < VOID or one.labels.max() >= len(space):
        yield f"{where}: labels must lie in 0..{len(space) - 1}, or be -1 for void"
    if one.instances is not None and one.instances.min() < 0:
        yield f"{where}: instances must be 0 for no object, or positive"
    for name in ("image", "labels", "instances"):
        a, b = getattr(one, name), getattr(other, name)
        if (a is None) != (b is None) or (a is not None and not np.array_equal(a, b)):
            yield f"{where}: {name} differs when it is read again in another order"


def _without(first: RendersWithout, again: RendersWithout, scene: str) -> Iterator[str]:
    fit = _FITS[0]
    assert isinstance(first, Dataset)
    instances = first.read(scene, fit).instances
    if instances is None or not instances.any():
        return
    number = int(instances.max())
    image = first.read_without(scene, number, fit)
    if image.dtype != np.uint8 or image.shape != (*instances.shape, 3):
        yield "read_without must give uint8 [H,W,3] of the fit's size"
    elif not np.array_equal(image, again.read_without(scene, number, fit)):
        yield "read_without gives another image the second time"
