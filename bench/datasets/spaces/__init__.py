"""Label spaces: those of the published datasets as tables, one CSV each, and numbered ones.

Names and numbering are the datasets' own. Colours: Cityscapes, ADE20K and CelebAMask-HQ as their
authors draw them; COCO-Stuff, whose authors give none that all agree on, in PASCAL VOC's colour map
(bits of the class number spread over red, green and blue).
"""

from __future__ import annotations

import csv
import functools
from importlib import resources

from bench.scene import LabelSpace

__all__ = ["bit_colours", "numbered_space", "read_space"]


@functools.cache
def read_space(name: str) -> LabelSpace:
    """The label space of a name.

    Known: "ade20k-150", "celebamask-hq-19", "cityscapes-labelids", "coco-stuff-182".

    `ignored` holds the classes that the dataset's own evaluation leaves out: Cityscapes' void and
    rarely seen labelIds, and the 11 numbers which COCO-Stuff names and never uses.
    """
    text = resources.files(__name__).joinpath(f"{name}.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return LabelSpace(
        name=name,
        classes=tuple(row["name"] for row in rows),
        palette=tuple((int(row["red"]), int(row["green"]), int(row["blue"])) for row in rows),
        ignored=frozenset(k for k, row in enumerate(rows) if row["ignored"] == "1"),
    )


def bit_colours(count: int) -> tuple[tuple[int, int, int], ...]:
    """`count` colours that differ well: PASCAL VOC's colour map from its entry 1 on.

    Bits 0, 3, 6 of the entry's number become red from the highest bit down, bits 1, 4, 7 green,
    bits 2, 5, 8 blue.
    """
    return tuple((_spread(k, 0), _spread(k, 1), _spread(k, 2)) for k in range(1, count + 1))


def numbered_space(count: int) -> LabelSpace:
    """`count` classes called "class 0", "class 1", ...: for labels without a table of names."""
    return LabelSpace(
        f"numbered-{count}", tuple(f"class {k}" for k in range(count)), bit_colours(count)
    )


def _spread(number: int, channel: int) -> int:
    return sum(((number >> (3 * bit + channel)) & 1) << (7 - bit) for bit in range(8))
