"""class@1: all pixels of one class are painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from masks.drafts import inpaint, stream_of
from masks.parameters import Parameters, names, real
from masks.regions import choose_class
from masks.spec import DrawnEdit, Impossible, Operation, Site

__all__ = ["ClassRegion"]


@dataclass(frozen=True)
class ClassRegion(Parameters):
    """All pixels of one label, drawn uniformly from those present (protocol/editing.md, D.4).

    Void is never drawn. Coverage is the scene's: the mean over uniformly drawn classes.
    """

    key: ClassVar[str] = "class@1"
    operation: ClassVar[Operation] = "inpaint"

    classes: tuple[str, ...] = names((), "classes that may be drawn; none named = every class")
    smallest: float = real(0.0, 0.0, 1.0, "least share of the picture that the class covers")
    largest: float = real(1.0, 0.0, 1.0, "largest share of the picture that the class covers")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: its mask and the class' name."""
        stream = stream_of(self.key, site, seed, sample)
        label = choose_class(site, self.classes, (self.smallest, self.largest), stream, self.key)
        if isinstance(label, Impossible):
            return label
        return inpaint(site, site.labels == label, site.classes[label])
