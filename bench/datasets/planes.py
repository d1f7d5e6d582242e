"""Label and instance maps: files whose pixel values are numbers, not colours.

Which numbers are void in a plain label map is said once, here, for folders of one's own and for
`siebench score` alike: `PLAIN_VOIDS`, each unless there is a class of that number, and -1. Every
other number must be a class.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.core.documents import refuse_endless
from bench.core.errors import BadInput
from bench.scene import VOID, Int32, LabelSpace

__all__ = ["PLAIN_VOIDS", "check_labels", "plain_labels", "read_plane", "void_at"]

PLAIN_VOIDS = (255, 65535)
"""The largest numbers of 8 and 16 bits, which label tools write where there is no class."""

_COUNTING_MODES = frozenset({"1", "L", "P", "I", "I;16", "I;16L", "I;16B"})

_MEANT = {
    -100: "-100 marks ignored pixels in training code; write 255 for void",
    65535: "65535 is void in 16-bit files of other datasets; write this dataset's void",
    255: "255 is void in other datasets; write this dataset's void",
}


def read_plane(path: Path, channel: int | None = None) -> Int32:
    """The numbers in a label or instance map, int32 [H,W], turned upright where the file says so.

    Args:
        path: an 8- or 16-bit grey file, or a palette file (its indices count, not its colours).
        channel: which channel of an RGB file holds the numbers; None = the file has one channel.

    Raises:
        BadInput: where the file is missing, unreadable, in colour, or a JPEG.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        refuse_endless(path)
        with Image.open(path) as file:
            mode, lossy = file.mode, file.format == "JPEG"
            values = np.asarray(ImageOps.exif_transpose(file))
    except FileNotFoundError as error:
        raise BadInput(f"{path}: this file is missing") from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        UnidentifiedImageError,
        Image.DecompressionBombError,
    ) as error:
        raise BadInput(f"{path}: cannot be read as an image; is it damaged?") from error
    if lossy:
        raise BadInput(
            f"{path}: is a JPEG, which changes numbers near borders; save maps as PNG from the source"
        )
    if channel is not None and values.ndim == 3:
        return values[:, :, channel].astype(np.int32)
    if mode not in _COUNTING_MODES:
        raise BadInput(
            f"{path}: has mode {mode}, but a map of class or object numbers must have one channel; "
            "save the numbers themselves, not their colours"
        )
    return values.astype(np.int32)


def void_at(*values: int) -> Callable[[Int32], Int32]:
    """The decoding of labels that are class numbers as they stand, but for void `values`."""

    def decode(raw: Int32) -> Int32:
        return np.where(np.isin(raw, values), VOID, raw).astype(np.int32)

    return decode


def plain_labels(raw: Int32, space: LabelSpace, file: Path) -> Int32:
    """Labels in 0..K-1, -1 = void, from a map of class numbers, int32 [H,W].

    Args:
        raw: the numbers as `read_plane` gives them.
        space: the classes that they count.
        file: where they were read, for the message.

    Raises:
        BadInput: for a number that is neither a class nor void, with its place.
    """
    labels = void_at(*(value for value in PLAIN_VOIDS if value >= len(space)))(raw)
    check_labels(labels, space, file, raw)
    return labels


def check_labels(labels: Int32, space: LabelSpace, file: Path, raw: Int32 | None = None) -> None:
    """Whether decoded labels, int32 [H,W], are classes of the space or void (-1).

    Args:
        labels: the labels.
        space: the classes that they count.
        file: where they were read, for the message.
        raw: the numbers in the file; the labels themselves where left out.

    Raises:
        BadInput: for another number, with its place and what was probably meant.
    """
    strange = (labels < VOID) | (labels >= len(space))
    if not strange.any():
        return
    row, column = (int(i) for i in np.argwhere(strange)[0])
    number = int((labels if raw is None else raw)[row, column])
    what = "below 0" if number < 0 else f"beyond the {len(space)} classes of {space.name}"
    advice = _MEANT.get(number, "correct the file or the list of classes")
    raise BadInput(f"{file}: label {number} at row {row}, column {column} is {what}; {advice}")
