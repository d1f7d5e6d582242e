"""The datasets that count in ADE20K's 150 classes.

ADE20K as SceneParse ships it (docs/protocol/editing.md, D.3), its two subsets of SPMPGAN's paper
(D.1), and Flickr-Landscape as DivSem's demo ships it (B.4).

In ADE20K's files labels are 1-based with 0 = unlabelled, so class k is stored as k + 1. The
instance map is an RGB file whose green channel numbers the objects of the image from 1; red holds a
category of another list. In Flickr-Landscape's files labels are 0-based; 150, the last of its 151
channels, and 255 are no class. Its 16-bit instance map holds 121 * label + 120 for stuff, which is
all that the published samples have.
"""

from __future__ import annotations

import numpy as np

from bench.datasets.info import Licence
from bench.datasets.labelled_folder import Encoding
from bench.datasets.planes import void_at
from bench.datasets.published import published
from bench.datasets.spaces import read_space
from bench.scene import Int32

__all__ = ["ADE20K", "FLICKR_LANDSCAPE", "LANDSCAPE", "ROOM"]

_SPACE = read_space("ade20k-150")
_GREEN = 1
_TERMS = Licence(
    "BSD 3-Clause for annotations, research and education for images",
    "https://groups.csail.mit.edu/vision/datasets/ADE20K/terms/",
)


def _one_based(labels: Int32) -> Int32:
    return labels - 1


def _beside_stuff(instances: Int32, labels: Int32) -> Int32:
    return np.where(instances == 121 * labels + 120, 0, instances).astype(np.int32)


_ENCODING = Encoding(labels=_one_based, instance_channel=_GREEN)

ADE20K = published(
    "ade20k",
    title="ADE20K",
    about="SceneParse, all kinds of scenes; 150 classes",
    layout="{train,val}/{images,labels[,instances]}; labels 1..150, 0 = void; objects in green",
    space=_SPACE,
    encoding=_ENCODING,
    splits=("train", "val"),
    default_split="val",
    counts={"train": 20_210, "val": 2_000},
    licence=_TERMS,
)

ROOM = published(
    "ade20k_room",
    title="ADE20K-Room",
    about="bedrooms, hotel rooms, living rooms; 150 classes",
    layout="{train,test}/{images,labels,instances}; labels 1..150, 0 = void; objects in green",
    space=_SPACE,
    encoding=_ENCODING,
    splits=("train", "test"),
    default_split="test",
    counts={"train": 2_246, "test": 255},
    licence=_TERMS,
)

# The paper's scene categories were never published; `siebench datasets prepare` takes ours.
LANDSCAPE = published(
    "ade20k_landscape",
    title="ADE20K-Landscape",
    about="open nature, scene categories of our choice; 150 classes",
    layout="{train,test}/{images,labels[,instances]}; labels 1..150, 0 = void; objects in green",
    space=_SPACE,
    encoding=_ENCODING,
    splits=("train", "test"),
    default_split="test",
    counts={"train": 1_689, "test": 155},
    licence=_TERMS,
)

FLICKR_LANDSCAPE = published(
    "flickr_landscape",
    title="Flickr-Landscape",
    about="mountains, lakes, fields; 150 ADE20K classes (predicted labels)",
    layout="{images,labels,instances}; labels 0..149; instances 16 bit, 121*label + 120 for stuff",
    space=_SPACE,
    encoding=Encoding(labels=void_at(150, 255), instances=_beside_stuff),
)
