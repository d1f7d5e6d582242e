"""Are the numbers of a folder's label maps class numbers? What no file shows alone, all of them do.

A palette file stores numbers and gives each a colour. Programs that make files small number the colours
anew, in each file in another way: the files look right, and their numbers are no class numbers. Maps of 0
and 255 alone are masks, and 255 would be void.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.core.errors import BadInput
from bench.scene import Int32

__all__ = ["RGB", "MapFacts", "map_fault", "refuse_renumbered", "used_colours"]

RGB = tuple[int, int, int]

_BLACK = (0, 0, 0)


def used_colours(numbers: Int32, palette: Sequence[int]) -> dict[int, RGB]:
    """The colours of the numbers that are there.

    Args:
        numbers: int32 [H,W].
        palette: R, G, B of number 0, of number 1 ..., as Pillow gives a file's.
    """
    return {
        number: (palette[3 * number], palette[3 * number + 1], palette[3 * number + 2])
        for number in np.unique(numbers).tolist()
        if 3 * number + 2 < len(palette)
    }


def refuse_renumbered(used: Mapping[int, RGB], classes: Sequence[RGB], file: Path) -> None:
    """Refuses a file whose colours are those of the classes, but under other numbers.

    Args:
        used: the file's colours by number.
        classes: one colour a class. Black is void unless it is a class' colour.
        file: for the message.

    Raises:
        BadInput: names a number, its colour and the class.
    """
    meant = {tuple(colour): number for number, colour in enumerate(classes)}
    if not all(colour in meant or colour == _BLACK for colour in used.values()):
        return  # colours of somebody else's choice, to look at
    for number, colour in used.items():
        if meant.get(colour, number) != number:
            raise BadInput(
                f"{file}: shows number {number} in the colour {list(colour)}, which is that of class "
                f"{meant[colour]} in the `palette` of classes.json; save class numbers, or colours as RGB"
            )


@dataclass(frozen=True)
class MapFacts:
    """What one label map holds.

    Attributes:
        file: where it is.
        white: whether 255 is there.
        classes: whether any number but 0 and 255 is there.
        colours: the colours of a palette file's numbers; empty for other files.
    """

    file: Path
    white: bool
    classes: bool
    colours: Mapping[int, RGB]

    @classmethod
    def of(cls, file: Path, numbers: Int32, colours: Mapping[int, RGB]) -> MapFacts:
        """The facts of a map, int32 [H,W], as it is stored."""
        white = numbers == _WHITE
        return cls(file, bool(white.any()), bool((~white & (numbers != 0)).any()), colours)


_WHITE = 255


def map_fault(maps: Iterable[MapFacts], classes: int) -> str | None:
    """One sentence where the maps of a folder hold no class numbers; else None.

    Args:
        maps: all of them.
        classes: how many there are; of one class and void maps of 0 and 255 are right.
    """
    every = list(maps)
    if classes > 1 and any(one.white for one in every) and not any(one.classes for one in every):
        return (
            f"{every[0].file.parent}: every label is 0 or 255, as in masks, although there are "
            f"{classes} classes; write class numbers"
        )
    return _clash(every)


def _clash(maps: Iterable[MapFacts]) -> str | None:
    """Whether a colour stands for two numbers and these have several colours.

    So a palette may have one colour twice, and one number other colours in other files.
    """
    colours: dict[int, set[RGB]] = defaultdict(set)
    numbers: dict[RGB, dict[int, Path]] = defaultdict(dict)
    for one in maps:
        for number, colour in one.colours.items():
            colours[number].add(colour)
            numbers[colour].setdefault(number, one.file)
    for colour, there in numbers.items():
        if len(there) > 1 and any(len(colours[number]) > 1 for number in there):
            (one_number, first), (number, second) = list(there.items())[:2]
            return (
                f"{second}: shows number {number} in the colour {list(colour)}, which is number "
                f"{one_number} in {first.name}; the numbers of palette files count, so save class "
                "numbers, with one palette for all files, or colours as RGB with a `palette` in classes.json"
            )
    return None
