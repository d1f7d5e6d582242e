"""CelebAMask-HQ: faces of 1024 pixels with part labels of 512 (docs/protocol/generation.md, C.6).

The 19 classes are numbered in the order in which SEAN's preparation paints them. No instances.
"""

from __future__ import annotations

from bench.datasets.info import Licence
from bench.datasets.labelled_folder import Encoding
from bench.datasets.planes import void_at
from bench.datasets.published import published
from bench.datasets.spaces import read_space

__all__ = ["INFO"]

INFO = published(
    "celebamask_hq",
    title="CelebAMask-HQ",
    about="portraits with 19 classes of facial parts",
    layout="[{train,test}/]{images,labels}; images 1024, labels 512, 0..18",
    space=read_space("celebamask-hq-19"),
    encoding=Encoding(labels=void_at(255)),
    splits=("train", "test"),
    default_split="test",
    counts={"train": 28_000, "test": 2_000},
    licence=Licence("non-commercial research", "https://github.com/switchablenorms/CelebAMask-HQ"),
)
