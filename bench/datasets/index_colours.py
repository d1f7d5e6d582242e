"""Palette files: do their numbers mean the same in every file?

A palette file stores numbers and gives each a colour. Programs that make files small number the colours
anew, in each file in another way. The files still look right, and their numbers are no class numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.core.errors import BadInput
from bench.scene import Int32

__all__ = ["RGB", "IndexColours", "refuse_renumbered", "used_colours"]

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


class IndexColours:
    """Whether the palette files of one folder agree about their numbers."""

    def __init__(self) -> None:
        self._colours: dict[int, dict[RGB, Path]] = {}
        self._numbers: dict[RGB, dict[int, Path]] = {}

    def add(self, file: Path, used: Mapping[int, RGB]) -> None:
        """Notes a file's colours by number."""
        for number, colour in used.items():
            self._colours.setdefault(number, {}).setdefault(colour, file)
            self._numbers.setdefault(colour, {}).setdefault(number, file)

    def clash(self) -> str | None:
        """A sentence where a colour stands for two numbers and these have several colours; else None.

        So a palette may have one colour twice, and one number other colours in other files.
        """
        for colour, numbers in self._numbers.items():
            if len(numbers) < 2 or all(len(self._colours[number]) < 2 for number in numbers):
                continue
            (one, first), (two, second) = list(numbers.items())[:2]
            return (
                f"{second}: shows number {two} in the colour {list(colour)}, which is number {one} in "
                f"{first.name}; the numbers of palette files count, so save class numbers, with one "
                "palette for all files, or colours as RGB with a `palette` in classes.json"
            )
        return None
