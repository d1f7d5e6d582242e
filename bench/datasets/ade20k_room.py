"""ADE20K-Room: bedrooms, hotel rooms and living rooms (protocol/editing.md, D.1 and D.3).

Labels are 1-based with 0 = unlabelled, so class k is stored as k + 1. The instance map is an RGB
file whose green channel numbers the objects of the picture from 1; red holds a category of another
list.
"""

from __future__ import annotations

from bench.datasets.labelled_folder import Encoding
from bench.datasets.published import published
from bench.scene import Int32

__all__ = ["INFO"]

_GREEN = 1


def _one_based(labels: Int32) -> Int32:
    return labels - 1


INFO = published(
    "ade20k_room",
    about="ADE20K-Room: bedrooms, hotel rooms, living rooms; 150 classes",
    layout="{train,test}/{images,labels,instances}; labels 1..150, 0 = void; objects in green",
    space="ade20k-150",
    encoding=Encoding(labels=_one_based, instance_channel=_GREEN),
    subsets=("train", "test"),
    default="test",
)
