"""Do segmenters and feature networks keep their contracts? Tried on a few small made images.

For plugin authors: `siebench.testing.check("segmenter", MySegmenter(...))`,
`siebench.testing.check("feature network", MyNetwork)`, or `siebench plugins check networks NAME`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import first_line
from bench.core.identity import checked_record, record_hash
from bench.networks.weights import weight_folders
from bench.plugins.foreign import Raised
from bench.scene import LabelSpace, UInt8

__all__ = ["check_network", "check_segmenter"]


def check_segmenter(value: object) -> list[str]:
    """What is wrong with a segmenter, one sentence each; empty where it conforms.

    Args:
        value: a finished segmenter, or what is registered, which is then called with an empty
            argument.

    Raises:
        Unavailable: where its files or libraries are not here.
        BadInput: where it needs an argument: check a finished segmenter.
    """
    made: Any = value
    if not _finished(value, "segment"):
        made = made("", "cpu", weight_folders())
    return _safely(lambda: _of_segmenter(made))


def check_network(value: object) -> list[str]:
    """What is wrong with a feature network, one sentence each; empty where it conforms.

    Args:
        value: what is registered (called with device and folders), or a finished network.

    Raises:
        Unavailable: where its weights are not here.
    """
    made: Any = value
    if not _finished(value, "features"):
        made = made("cpu", weight_folders())
    return _safely(lambda: _of_network(made))


def _finished(value: object, method: str) -> bool:
    return hasattr(value, method) and not isinstance(value, type)


def _safely(problems: Callable[[], Iterator[str]]) -> list[str]:
    found: list[str] = []
    try:
        found.extend(problems())
    except Exception as error:
        what = f"raises {type(error).__name__} on plain images ({first_line(error)})"
        found.append(Raised(what, error))
    return found


def _of_both(made: Any, *parts: str) -> Iterator[str]:
    missing = [part for part in ("name", *parts, "identity") if not hasattr(made, part)]
    if missing:
        yield f"is a {type(made).__name__} without {', '.join(missing)}"
        return
    if not isinstance(made.name, str) or not made.name:
        yield "`name` is empty"
    try:
        first = record_hash(checked_record(made.identity()))
    except (TypeError, ValueError) as error:
        yield f"`identity()` is not a JSON-like mapping ({error})"
        return
    if record_hash(checked_record(made.identity())) != first:
        yield "`identity()` differs from call to call; hash nothing that changes"


def _of_segmenter(made: Any) -> Iterator[str]:
    wrong = list(_of_both(made, "space", "segment"))
    if wrong:
        yield from wrong
        return
    if not isinstance(made.space, LabelSpace) or not len(made.space):
        yield "`space` must be a siebench.LabelSpace with at least one class"
        return
    images = _images()
    labels = made.segment(images.copy())
    if not isinstance(labels, np.ndarray) or labels.shape != images.shape[:3]:
        shape = getattr(labels, "shape", type(labels).__name__)
        yield f"`segment` gives {shape} for images {images.shape}; expected {images.shape[:3]}"
        return
    if labels.dtype != np.int32:
        yield f"`segment` gives {labels.dtype}; expected int32"
    if labels.min() < 0 or labels.max() >= len(made.space):
        yield (
            f"`segment` gives labels from {labels.min()} to {labels.max()}; expected 0 to "
            f"{len(made.space) - 1}"
        )
    yield from _of_answers(made.segment, images, labels, labels.copy())


def _of_network(made: Any) -> Iterator[str]:
    wrong = list(_of_both(made, "features"))
    if wrong:
        yield from wrong
        return
    images = _images()
    rows = made.features(images.copy())
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or len(rows) != len(images):
        shape = getattr(rows, "shape", type(rows).__name__)
        yield f"`features` gives {shape} for {len(images)} images; expected [{len(images)},D]"
        return
    if rows.dtype != np.float32:
        yield f"`features` gives {rows.dtype}; expected float32"
    if not np.isfinite(rows).all():
        yield "`features` gives numbers that are not finite"
    if np.array_equal(rows[0], rows[1]):
        yield "gives the same features for different images"
    kept = rows.copy()
    other = made.features(images[:, :40].copy())
    if np.shape(other) != rows.shape:
        yield f"D depends on the images' size: {rows.shape[1]}, then {np.shape(other)[-1]}"
    yield from _of_answers(made.features, images, rows, kept)


def _of_answers(
    answer: Callable[[UInt8], Any], images: UInt8, first: Any, kept: NDArray[Any]
) -> Iterator[str]:
    """The same again, alone, and without a trace in what was given or in the first answer.

    Args:
        answer: the method.
        images: what it is asked of.
        first: its first answer; the last few are remembered, so none may be written to later.
        kept: a copy of that, made at once.
    """
    given = images.copy()
    again = np.array(answer(given))
    if not np.array_equal(given, images):
        yield "writes into the images that it is given; copy them first"
    if not _same(again, kept):
        yield "gives something else for the same images the second time"
    one_by_one = [np.array(answer(images[i : i + 1].copy())) for i in range(len(images))]
    if not _same(np.concatenate(one_by_one), kept):
        yield "an image's answer depends on the images beside it in the batch"
    if not np.array_equal(first, kept, equal_nan=True):
        yield "writes into an answer that it gave before; give a new array each time"


def _same(one: NDArray[Any], two: NDArray[Any]) -> bool:
    return one.shape == two.shape and np.allclose(one, two, rtol=1e-5, atol=1e-6, equal_nan=True)


def _images() -> UInt8:
    """uint8 [3,48,64,3] with some structure."""
    draw = np.random.default_rng(15)
    coarse = draw.integers(0, 256, (3, 6, 8, 3), dtype=np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)
