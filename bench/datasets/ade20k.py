"""ADE20K as SceneParse ships it: 150 classes over all kinds of scenes (protocol/editing.md, D.3).

Labels are 1-based with 0 = unlabelled, so class k is stored as k + 1. The instance map is an RGB
file whose green channel numbers the objects of the image from 1; red holds a category of another
list.
"""

from __future__ import annotations

from bench.datasets.labelled_folder import Encoding
from bench.datasets.published import published
from bench.scene import Int32

__all__ = ["ENCODING", "INFO", "SPACE"]

SPACE = "ade20k-150"
_GREEN = 1


def _one_based(labels: Int32) -> Int32:
    return labels - 1


ENCODING = Encoding(labels=_one_based, instance_channel=_GREEN)
"""What the files of ADE20K and of its subsets mean."""

INFO = published(
    "ade20k",
    title="ADE20K",
    about="SceneParse, all kinds of scenes; 150 classes",
    layout="{train,val}/{images,labels[,instances]}; labels 1..150, 0 = void; objects in green",
    space=SPACE,
    encoding=ENCODING,
    splits=("train", "val"),
    default="val",
)
