"""ADE20K-Landscape: open nature; the categories are ours (see prepare/landscape)."""

from __future__ import annotations

from bench.datasets.ade20k import ENCODING, SPACE
from bench.datasets.published import published

__all__ = ["INFO"]

INFO = published(
    "ade20k_landscape",
    title="ADE20K-Landscape",
    about="open nature, scene categories of our choice; 150 classes",
    layout="{train,test}/{images,labels[,instances]}; labels 1..150, 0 = void; objects in green",
    space=SPACE,
    encoding=ENCODING,
    splits=("train", "test"),
    default="test",
)
