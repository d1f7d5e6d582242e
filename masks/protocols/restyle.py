"""restyle@1: a region keeps what it shows and changes its style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from masks.drafts import stream_of
from masks.parameters import Parameters, names, real
from masks.regions import choose_class
from masks.spec import DrawnEdit, Impossible, Operation, Site

__all__ = ["Restyle"]


@dataclass(frozen=True)
class Restyle(Parameters):
    """All pixels of one class change their style (SSAE's task, protocol/generation.md, D.4).

    The maps stay the scene's own; there is no true answer. Where an editor takes the style from
    other scenes, `masks.references` draws them.
    """

    key: ClassVar[str] = "restyle@1"
    operation: ClassVar[Operation] = "restyle"

    classes: tuple[str, ...] = names((), "classes that may be drawn; none named = every class")
    smallest: float = real(0.01, 0.0, 1.0, "least share of the picture that the class covers")
    largest: float = real(1.0, 0.0, 1.0, "largest share of the picture that the class covers")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: the region and its class."""
        stream = stream_of(self.key, site, seed, sample)
        label = choose_class(site, self.classes, (self.smallest, self.largest), stream, self.key)
        if isinstance(label, Impossible):
            return label
        return DrawnEdit(
            mask=site.labels == label,
            labels=site.labels,
            instances=site.instances,
            region=site.classes[label],
            ground_truth="none",
        )
