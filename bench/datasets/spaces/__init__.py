"""Label spaces of the published datasets: class names and colours as tables, one CSV each.

Names and numbering are the datasets' own. Colours: Cityscapes, ADE20K and CelebAMask-HQ as their
authors draw them; COCO-Stuff, whose authors give none that all agree on, in PASCAL VOC's colour map
(bits of the class number spread over red, green and blue).
"""

from __future__ import annotations

import csv
import functools
from importlib import resources

from bench.scene import LabelSpace

__all__ = ["read_space"]


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
