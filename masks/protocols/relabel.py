"""relabel@1: a region becomes another class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from masks.objects import known_classes
from masks.parameters import names, real
from masks.protocol import Protocol
from masks.regions import choose_class
from masks.spec import DrawnEdit, Impossible, Operation, Site
from masks.streams import Stream

__all__ = ["Relabel"]


@dataclass(frozen=True)
class Relabel(Protocol):
    """All pixels of one class become another class.

    The new class is drawn uniformly from `becomes`, or, where that names none, from the other
    classes of the scene. Objects keep their outlines: the instance map stays. The edit's region
    is named for the new class. There is no ground truth.
    """

    key: ClassVar[str] = "relabel@1"
    operation: ClassVar[Operation] = "relabel"
    title: ClassVar[str] = "other class"

    classes: tuple[str, ...] = names((), "classes that may be changed; none named = every class")
    becomes: tuple[str, ...] = names((), "classes to change into; none named = the scene's others")
    smallest: float = real(0.01, 0.0, 1.0, "least share of the image that the class covers")
    largest: float = real(1.0, 0.0, 1.0, "largest share of the image that the class covers")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: the region and the map with its new class."""
        stream = self.stream(site, seed, sample)
        old = choose_class(site, self.classes, (self.smallest, self.largest), stream, self.key)
        if isinstance(old, Impossible):
            return old
        new = self._new(site, old, stream)
        if isinstance(new, Impossible):
            return new
        mask = site.labels == old
        labels = np.where(mask, np.int32(new), site.labels)
        return DrawnEdit(
            mask, labels, site.instances, region=site.classes[new], ground_truth="none"
        )

    def _new(self, site: Site, old: int, stream: Stream) -> int | Impossible:
        if self.becomes:
            options = sorted(known_classes(site, self.becomes, self.key) - {old})
        else:
            options = [int(k) for k in np.unique(site.labels) if k >= 0 and k != old]
        if not options:
            return Impossible(f"there is no other class for {site.classes[old]} to become")
        return options[int(stream.integers(0, len(options), 1)[0])]
