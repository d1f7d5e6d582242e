"""freeform@1: SPMPGAN's brush."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from masks import brush
from masks.parameters import real, whole
from masks.protocol import Protocol
from masks.raster import capsules
from masks.spec import Bool, DrawnEdit, Impossible, MaskError, Operation, Site, inpaint
from masks.streams import words_of

__all__ = ["FreeForm", "freeform_batch"]

CHUNK = 32
"""Masks drawn together: their (segment, column) pairs fit into a core's cache."""


@dataclass(frozen=True)
class FreeForm(Protocol):
    """One thick zigzag stroke of 4 to 8 segments, SPMPGAN's (docs/protocol/editing.md, D.4).

    The distribution is the published brush's; pixels are this project's own (`masks.raster`).
    Lengths and widths scale with sqrt(H W) / 256. Coverage at 256x256 over 5,000 masks: mean
    0.240, sd 0.113, 5/25/50/75/95 % = 0.086/0.155/0.223/0.307/0.456.
    """

    key: ClassVar[str] = "freeform@1"
    operation: ClassVar[Operation] = "inpaint"
    title: ClassVar[str] = "free-form"

    least_segments: int = whole(4, 1, brush.MOST, "fewest segments of the stroke")
    most_segments: int = whole(8, 1, brush.MOST, "most segments of the stroke")
    thinnest: float = real(50, 1, 256, "least width, pixels at 256x256")
    thickest: float = real(140, 1, 256, "upper end of the widths, pixels at 256x256")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.least_segments > self.most_segments or self.thinnest > self.thickest:
            raise MaskError(
                f"{self.key}: the least must not be above the most; swap the two values"
            )

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: its mask alone is drawn, the target is the scene's own map."""
        names = [(site.dataset, site.scene, sample)]
        return inpaint(site, next(freeform_batch(self, names, site.size, seed=seed))[0])


def freeform_batch(
    protocol: FreeForm,
    names: Iterable[tuple[str, str, int]],
    size: tuple[int, int],
    *,
    seed: int = 0,
) -> Iterator[Bool]:
    """Many free-form masks of one size, bit-equal with `protocol.draw` one by one.

    Args:
        protocol: the brush with its parameters.
        names: (dataset, scene, sample) of each mask, read lazily.
        size: (H, W).
        seed: the task's seed.

    Yields:
        bool [b,H,W] with b <= CHUNK, in the order of `names`; memory does not grow with their
        number.
    """
    rest = iter(names)
    while chunk := list(islice(rest, CHUNK)):
        streams = [(protocol.key, data, scene, seed, sample) for data, scene, sample in chunk]
        yield _masks(protocol, words_of(streams, brush.WORDS), size)


def _masks(protocol: FreeForm, words: NDArray[np.uint64], size: tuple[int, int]) -> Bool:
    vertices, count, width = brush.paths(
        words,
        size,
        (protocol.least_segments, protocol.most_segments),
        (protocol.thinnest, protocol.thickest),
    )
    ends = np.concatenate([vertices[:, :-1], vertices[:, 1:]], axis=2)
    used = np.arange(brush.MOST) < count[:, None]
    owner = np.broadcast_to(np.arange(len(words))[:, None], used.shape)[used]
    return capsules(size, len(words), owner, ends[used], width[owner])
