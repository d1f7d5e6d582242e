"""Flickr-Landscape, as DivSem's demo ships it (protocol/editing.md, B.4).

Labels are 0-based ADE20K classes; 150, the last of its 151 channels, and 255 are no class. The
16-bit instance map holds 121 * label + 120 for stuff, which is all that the published samples have.
"""

from __future__ import annotations

import numpy as np

from bench.datasets.labelled_folder import Encoding, void_at
from bench.datasets.published import published
from bench.scene import Int32

__all__ = ["INFO"]


def _beside_stuff(instances: Int32, labels: Int32) -> Int32:
    return np.where(instances == 121 * labels + 120, 0, instances).astype(np.int32)


INFO = published(
    "flickr_landscape",
    title="Flickr-Landscape",
    about="mountains, lakes, fields; 150 ADE20K classes (predicted labels)",
    layout="{images,labels,instances}; labels 0..149; instances 16 bit, 121*label + 120 for stuff",
    space="ade20k-150",
    encoding=Encoding(labels=void_at(150, 255), instances=_beside_stuff),
)
