"""class@1 and restyle@1: the region of one class is masked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from masks.parameters import names, real
from masks.protocol import Protocol
from masks.regions import choose_class
from masks.spec import DrawnEdit, Impossible, Operation, Site, inpaint

__all__ = ["ClassRegion", "Restyle"]


@dataclass(frozen=True)
class _OneClass(Protocol):
    """What both share: all pixels of one label, drawn uniformly from those that qualify."""

    classes: tuple[str, ...] = names((), "classes that may be drawn; none named = every class")
    smallest: float = real(0.0, 0.0, 1.0, "least share of the image that the class covers")
    largest: float = real(1.0, 0.0, 1.0, "largest share of the image that the class covers")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: its mask and the class's name."""
        stream = self.stream(site, seed, sample)
        label = choose_class(site, self.classes, (self.smallest, self.largest), stream, self.key)
        if isinstance(label, Impossible):
            return label
        return inpaint(site, site.labels == label, site.classes[label])


@dataclass(frozen=True)
class ClassRegion(_OneClass):
    """All pixels of one label, drawn uniformly from those present (docs/protocol/editing.md, D.4).

    Void is never drawn. Coverage is the scene's: the mean over uniformly drawn classes.
    """

    key: ClassVar[str] = "class@1"
    operation: ClassVar[Operation] = "inpaint"
    title: ClassVar[str] = "regions of a class"


@dataclass(frozen=True)
class Restyle(_OneClass):
    """All pixels of one class change their style (SSAE's task, docs/protocol/generation.md, D.4).

    The maps stay the scene's own; there is no ground truth. Where an editor takes the style from
    other scenes, `masks.references` draws them.
    """

    key: ClassVar[str] = "restyle@1"
    operation: ClassVar[Operation] = "restyle"
    title: ClassVar[str] = "restyling"

    smallest: float = real(0.01, 0.0, 1.0, "least share of the image that the class covers")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: the region and its class."""
        drawn = super().draw(site, seed=seed, sample=sample)
        return drawn if isinstance(drawn, Impossible) else replace(drawn, ground_truth="none")
