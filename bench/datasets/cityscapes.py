"""Cityscapes: street scenes with raw labelIds 0..33 (docs/protocol/editing.md, D.3).

The void labelIds and those that Cityscapes' own evaluation leaves out are classes here, listed in
the space's `ignored`. The 16-bit instance map holds class * 1000 + k for countable objects and the
labelId elsewhere.
"""

from __future__ import annotations

import numpy as np

from bench.datasets.info import Licence
from bench.datasets.labelled_folder import Encoding
from bench.datasets.planes import void_at
from bench.datasets.published import published
from bench.datasets.spaces import read_space
from bench.scene import Int32

__all__ = ["INFO"]

_FIRST_OBJECT = 1000


def _countable(instances: Int32, labels: Int32) -> Int32:
    del labels
    return np.where(instances >= _FIRST_OBJECT, instances, 0).astype(np.int32)


INFO = published(
    "cityscapes",
    title="Cityscapes",
    about="German streets seen from a car; 34 labelIds",
    layout="{train,val,val-full,test}/{images,labels,instances}; labels 0..33; instances class*1000 + k",
    space=read_space("cityscapes-labelids"),
    encoding=Encoding(labels=void_at(255), instances=_countable),
    splits=("train", "val", "val-full", "test"),
    default_split="test",
    counts={"train": 2_975, "val": 500, "val-full": 500, "test": 500},
    licence=Licence("non-commercial", "https://www.cityscapes-dataset.com/license/"),
)
