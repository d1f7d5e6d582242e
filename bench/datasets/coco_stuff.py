"""COCO-Stuff: 182 0-based class numbers, 255 = unknown; objects written over a label copy.

An instance map starts as a copy of the label map; then the k-th annotated object writes its number
k (from 0, in annotation order, crowds skipped) over its pixels. So a value means an object only
where the label is a thing (0..90) and the value is not just the copied label. Where the value
equals the label (person 0 and object 0) both readings are possible: it is read as object k when
objects up to k - 1 are there and k is not plainly an object of another class. Objects come out as k
+ 1.
"""

from __future__ import annotations

import numpy as np

from bench.datasets.info import Licence
from bench.datasets.labelled_folder import Encoding
from bench.datasets.planes import void_at
from bench.datasets.published import published
from bench.datasets.spaces import read_space
from bench.scene import Int32

__all__ = ["INFO", "coco_instances"]

_THINGS = 91
"""Labels 0..90 are countable things, 91..181 stuff."""

_DUST = 10
"""A number belongs to another class unless that class' pixels are fewer than a tenth of its own."""


def coco_instances(instances: Int32, labels: Int32) -> Int32:
    """Objects, int32 [H,W]: k + 1 for annotation k, 0 = none, from the raw maps."""
    thing = (labels < _THINGS) & (instances < _THINGS)
    copied = thing & (instances == labels)
    sure = thing & ~copied
    objects = np.where(sure, instances + 1, 0)
    counts = np.bincount(instances[sure], minlength=_THINGS)
    numbers = int(instances[sure].max(initial=-1)) + 1
    for k in (int(k) for k in np.unique(labels[copied])):
        here = copied & (labels == k)
        if k <= numbers and int(here.sum()) > _DUST * int(counts[k]):
            objects[here] = k + 1
            numbers = max(numbers, k + 1)
    return objects.astype(np.int32)


INFO = published(
    "coco_stuff",
    title="COCO-Stuff",
    about="everyday photographs, 80 thing and 91 stuff classes",
    layout="{train,val}/{images,labels,instances}; labels 0..181, 255 = unknown",
    space=read_space("coco-stuff-182"),
    encoding=Encoding(labels=void_at(255), instances=coco_instances),
    splits=("train", "val"),
    default_split="val",
    counts={"train": 118_287, "val": 5_000},
    licence=Licence(
        "CC BY 4.0 for annotations, Flickr's terms for images",
        "https://github.com/nightrome/cocostuff#licensing",
    ),
)
