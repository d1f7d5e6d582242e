"""ADE20K-Room: bedrooms, hotel rooms and living rooms (protocol/editing.md, D.1)."""

from __future__ import annotations

from bench.datasets.ade20k import ENCODING, SPACE
from bench.datasets.published import published

__all__ = ["INFO"]

INFO = published(
    "ade20k_room",
    title="ADE20K-Room",
    about="bedrooms, hotel rooms, living rooms; 150 classes",
    layout="{train,test}/{images,labels,instances}; labels 1..150, 0 = void; objects in green",
    space=SPACE,
    encoding=ENCODING,
    splits=("train", "test"),
    default="test",
)
