"""CelebAMask-HQ: faces of 1024 pixels with part labels of 512 (protocol/generation.md, C.6).

The 19 classes are numbered in the order in which SEAN's preparation paints them. No instances.
"""

from __future__ import annotations

from bench.datasets.labelled_folder import Encoding, void_at
from bench.datasets.published import published

__all__ = ["INFO"]

INFO = published(
    "celebamask_hq",
    title="CelebAMask-HQ",
    about="portraits with 19 classes of facial parts",
    layout="[{train,test}/]{images,labels}; images 1024, labels 512, 0..18",
    space="celebamask-hq-19",
    encoding=Encoding(labels=void_at(255)),
    splits=("train", "test"),
    default="test",
)
