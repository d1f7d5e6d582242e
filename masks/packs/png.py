"""Masks, label maps and instance maps as PNG files, exactly.

A mask is 8-bit grey, 0 or 255 (255 = change). A label map holds label + 1, so that 0 is void:
with a palette up to label 254, else in 16-bit grey. An instance map is 16-bit grey, or, where an
id does not fit, RGBA whose bytes are the id in little-endian order.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from masks.mask_image import mask_of
from masks.spec import Bool, Int32, MaskError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "label_colours",
    "read_instances",
    "read_labels",
    "read_mask",
    "write_instances",
    "write_labels",
    "write_mask",
]

LARGEST_SIDE = 16384
"""Images with a longer side are refused before they are decoded."""


def write_mask(path: Path, mask: Bool) -> None:
    """Writes bool [H,W] as 0 and 255."""
    _save(path, mask.astype(np.uint8) * np.uint8(255))


def read_mask(path: Path) -> Bool:
    """The mask of a PNG, bool [H,W], by the rule of `masks.mask_image`.

    Raises:
        MaskError: where the file is no such PNG.
    """
    with _opened(path) as image:
        return mask_of(image, str(path))


def write_labels(path: Path, labels: Int32) -> None:
    """Writes int32 [H,W] with -1 = void."""
    shifted = labels.astype(np.int64) + 1
    if shifted.min() < 0 or shifted.max() > 65535:
        raise MaskError(f"{path}: labels must be -1..65534, not {labels.min()}..{labels.max()}")
    if shifted.max() > 255:
        _save(path, shifted.astype(np.uint16))
    else:
        _save(path, shifted.astype(np.uint8), label_colours())


def read_labels(path: Path) -> Int32:
    """The label map that `write_labels` wrote, int32 [H,W].

    Raises:
        MaskError: where the file is no such PNG.
    """
    labels: Int32 = _numbers(path, ("P", "I;16")).astype(np.int32) - np.int32(1)
    return labels


def write_instances(path: Path, instances: Int32) -> None:
    """Writes int32 [H,W], no id below 0."""
    if instances.min() < 0:
        raise MaskError(f"{path}: instance ids must not be negative")
    if instances.max() <= 65535:
        _save(path, instances.astype(np.uint16))
        return
    words = np.ascontiguousarray(instances.astype("<u4"))
    _save(path, words.view(np.uint8).reshape(*instances.shape, 4))


def read_instances(path: Path) -> Int32:
    """The instance map that `write_instances` wrote, int32 [H,W].

    Raises:
        MaskError: where the file is no such PNG, or an id does not fit into int32.
    """
    values = _numbers(path, ("I;16", "RGBA"))
    if values.ndim == 2:
        return values.astype(np.int32)
    ids = np.ascontiguousarray(values).view("<u4")[..., 0]
    if ids.max() >= 2**31:
        raise MaskError(f"{path}: an instance id is larger than 2**31 - 1")
    return ids.astype(np.int32)


def label_colours() -> NDArray[np.uint8]:
    """Black for void, then colours that are easy to tell apart, by bits: uint8 [256,3]."""
    index = np.arange(256)
    colours = np.zeros((256, 3), dtype=np.uint8)
    for bit in range(8):
        colours[:, bit % 3] |= (((index >> bit) & 1) << (7 - bit // 3)).astype(np.uint8)
    return colours


def _save(path: Path, values: NDArray[Any], palette: NDArray[np.uint8] | None = None) -> None:
    from PIL import Image

    image = Image.fromarray(values)
    if palette is not None:
        image.putpalette(palette.tobytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, format="PNG")


def _numbers(path: Path, modes: tuple[str, ...]) -> NDArray[Any]:
    """The numbers of a PNG of one of the modes."""
    with _opened(path) as image:
        if ("I;16" if image.mode == "I" else image.mode) not in modes:
            raise MaskError(f"{path}: a PNG of mode {image.mode}, not {' or '.join(modes)}")
        return np.asarray(image)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image]:
    image = _decoded(path)
    try:
        yield image
    finally:
        image.close()


def _decoded(path: Path) -> Image:
    from PIL import Image, UnidentifiedImageError

    if path.exists() and not path.is_file():
        raise MaskError(f"{path}: is no regular file")
    try:
        image = Image.open(path, formats=("PNG",))
        if max(image.size) <= LARGEST_SIDE:
            image.load()
            return image
    except UnidentifiedImageError:
        raise MaskError(f"{path}: not a PNG file") from None
    except FileNotFoundError:
        raise MaskError(f"{path}: there is no such file") from None
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise MaskError(f"{path}: cannot be read ({error}); is it damaged?") from None
    raise MaskError(f"{path}: larger than {LARGEST_SIDE} pixels a side")
