"""Regions of a scene that are named by a class."""

from __future__ import annotations

import numpy as np

from masks.objects import known_classes
from masks.spec import Impossible, Site
from masks.streams import Stream

__all__ = ["choose_class"]


def choose_class(
    site: Site,
    classes: tuple[str, ...],
    shares: tuple[float, float],
    stream: Stream,
    key: str,
) -> int | Impossible:
    """One of the labels that are present and qualify, or why none does.

    Args:
        site: the scene.
        classes: names that may be drawn; none = every class.
        shares: least and largest share of the image, both included.
        stream: gives one number.
        key: the protocol's key, for messages.
    """
    wanted = known_classes(site, classes, key)
    present, counts = np.unique(site.labels, return_counts=True)
    total = site.labels.size
    fitting = [
        int(label)
        for label, count in zip(present, counts, strict=True)
        if int(label) in wanted and shares[0] * total <= count <= shares[1] * total
    ]
    if not fitting:
        return Impossible("no class of the scene has the name and the area asked for")
    return fitting[int(stream.integers(0, len(fitting), 1)[0])]
