"""Label and instance maps: files whose pixel values are numbers, not colours.

Which numbers are void in a plain label map is said once, here, for folders of one's own and for
`siebench score` alike: `PLAIN_VOIDS`, each unless there is a class of that number, and -1. Every
other number must be a class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput
from bench.core.images import opened, upright
from bench.core.text import counted
from bench.datasets.map_facts import RGB, MapFacts, refuse_renumbered, used_colours
from bench.scene import VOID, Int32, LabelSpace, UInt8

__all__ = [
    "COLOURED",
    "PLAIN_VOIDS",
    "Palette",
    "check_labels",
    "plain_labels",
    "read_map",
    "read_plane",
    "void_at",
]

Palette = Sequence[RGB]
"""One RGB colour a number, from 0."""

PLAIN_VOIDS = (255, 65535)
"""The largest numbers of 8 and 16 bits, which label tools write where there is no class."""

COLOURED = frozenset({"RGB", "RGBA"})
"""Modes of files whose numbers a palette reads."""

_COUNTING_MODES = frozenset({"1", "L", "P", "I", "I;16", "I;16L", "I;16B"})

_IN_COLOUR = (
    "save the numbers themselves, not their colours, or give each class its colour in the `palette` of "
    "classes.json"
)

_OTHER_MODES = {
    "LA": "save it without its alpha channel",
    "PA": "save it without its alpha channel",
    "F": "save whole numbers, as PNG of 8 or 16 bits",
}

_MEANT = {
    -100: "-100 marks ignored pixels in training code; write 255 for void",
    65535: "65535 is void in 16-bit files of other datasets; write this dataset's void",
    255: "255 is void in other datasets; write this dataset's void",
}


def read_plane(
    path: Path,
    channel: int | None = None,
    palette: Palette | None = None,
    told: Callable[[MapFacts], object] | None = None,
) -> Int32:
    """The numbers in a label or instance map, int32 [H,W], turned upright where the file says so.

    Args:
        path: an 8- or 16-bit grey file, or a palette file (its indices count, not its colours).
        channel: which channel of an RGB file holds the numbers; None = the file has one channel.
        palette: the colour of each number: what an RGB file may show instead of numbers. Black is
            void unless it is a number's colour.
        told: told what `read_map` tells.

    Raises:
        BadInput: where the file is missing, unreadable, a JPEG, or in colours that no number has; where it
            numbers the palette's colours in another way.
    """
    numbers, indexed = _stored(path, channel, palette)
    if told is not None:
        told(_facts(path, numbers, indexed))
    if palette is not None and indexed is not None:
        refuse_renumbered(used_colours(numbers, indexed), palette, path)
    return numbers


def read_map(path: Path) -> tuple[Int32, MapFacts]:
    """As `read_plane` without a palette, with what the file tells about the maps beside it."""
    numbers, indexed = _stored(path)
    return numbers, _facts(path, numbers, indexed)


def _facts(path: Path, numbers: Int32, indexed: list[int] | None) -> MapFacts:
    colours = {} if indexed is None else used_colours(numbers, indexed)
    return MapFacts.of(path, numbers, colours)


def _stored(
    path: Path, channel: int | None = None, palette: Palette | None = None
) -> tuple[Int32, list[int] | None]:
    """As `read_plane`, and a palette file's colours, which nobody has compared yet."""
    if not path.exists():
        raise BadInput(f"{path}: this file is missing")
    with opened(path) as file:
        mode, lossy = file.mode, file.format in ("JPEG", "MPO")
        indexed = file.getpalette("RGB") if mode == "P" else None
        values = np.asarray(upright(file, path))
    if lossy:
        raise BadInput(
            f"{path}: is a JPEG, which changes numbers near borders; save maps as PNG from the source"
        )
    if channel is not None and mode in COLOURED:
        return values[:, :, channel].astype(np.int32), None
    if palette is not None and mode in COLOURED:
        return _numbers(values[:, :, :3], palette, path), None
    if mode not in _COUNTING_MODES:
        raise BadInput(
            f"{path}: has mode {mode}, but a map of class or object numbers must have one channel of "
            f"whole numbers; {_OTHER_MODES.get(mode, _IN_COLOUR)}"
        )
    return values.astype(np.int32), indexed


def _numbers(colours: UInt8, palette: Palette, path: Path) -> Int32:
    """The number of each pixel's colour, VOID for black."""
    known = {_code(np.array(colour)).item(): number for number, colour in enumerate(palette)}
    if len(known) < len(palette):
        raise BadInput(
            f"{path}: is in colours, but two classes have one colour in the `palette` of classes.json"
        )
    known.setdefault(0, VOID)
    found, where = np.unique(_code(colours), return_inverse=True)
    for code in found.tolist():
        if code not in known:
            colour = [code >> 16, code >> 8 & 255, code & 255]
            count = int((_code(colours) == code).sum())
            raise BadInput(
                f"{path}: {counted(count, 'pixel')} of colour {colour}, which no class has in the "
                "`palette` of classes.json"
            )
    numbers = np.array([known[code] for code in found.tolist()], np.int32)
    return numbers[where].reshape(colours.shape[:2])


def _code(colours: NDArray[Any]) -> Int32:
    """R, G and B as one number."""
    plain = colours.astype(np.int32)
    code: Int32 = plain[..., 0] << 16 | plain[..., 1] << 8 | plain[..., 2]
    return code


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
