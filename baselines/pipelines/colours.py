"""Label maps in the colours that a ControlNet was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from bench.core.errors import BadInput, unknown
from bench.datasets.spaces import read_space
from bench.scene import LabelSpace

__all__ = ["ColourMap", "colour_table", "coloured"]

ColourMap = Literal["ade20k", "cityscapes", "dataset"]
"""ADE20K's 150 colours, Cityscapes' own, or those of the dataset that is edited."""

_SPACES = {"ade20k": "ade20k-150", "cityscapes": "cityscapes-labelids"}


def colour_table(space: LabelSpace, colours: ColourMap, same: Mapping[str, str]) -> Tensor:
    """uint8 [K+1,3]: the colour of each class of a label space, and black for void.

    Args:
        space: that of the edits.
        colours: whose colours they are.
        same: the class of the colour map that stands for a class of the label space, by name.

    Raises:
        BadInput: a class that the colour map does not have; a name in `same` that there is not.
    """
    for name in same:
        if name not in space.classes:
            raise unknown(f"labels: {space.name!r} has no class: same:", name, space.classes)
    whose = space if colours == "dataset" else read_space(_SPACES[colours])
    known = dict(zip(whose.classes, whose.palette))
    for other in same.values():
        if other not in known:
            raise unknown(f"class of the colour map {colours!r}: same:", other, known)
    table = np.zeros((len(space) + 1, 3), np.uint8)
    missing = []
    for k, name in enumerate(space.classes):
        colour = known.get(same.get(name, name))
        if colour is not None:
            table[k] = colour
        elif k not in space.ignored:
            missing.append(name)
    if missing:
        more = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
        raise BadInput(
            f"labels: the colour map {colours!r} has no class {', '.join(map(repr, missing[:4]))}{more} "
            f"of {space.name!r}; say under `same` which class stands for it, or choose a dataset of "
            "that label space"
        )
    return torch.from_numpy(table)


def coloured(labels: Tensor, table: Tensor) -> Tensor:
    """float32 [B,3,H,W] in [0,1] of labels [B,H,W]; void is black.

    Args:
        labels: int64, -1 = void.
        table: as `colour_table` makes it.
    """
    index = torch.where(labels < 0, len(table) - 1, labels)
    return table.to(labels.device)[index].permute(0, 3, 1, 2).float() / 255
