"""freeform-sesame@1: many thin strokes and a box, or the region of a class."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from masks.parameters import real
from masks.protocol import Protocol
from masks.raster import box, union
from masks.regions import choose_class
from masks.spec import Bool, DrawnEdit, Impossible, Operation, Site, inpaint
from masks.streams import Stream
from masks.tables import TURN, cosine, radians, sine

__all__ = ["FreeFormSesame"]

STROKES = 16
SEGMENTS = 5
ANGLES = np.array([radians(1 + 100 * k, 100) for k in range(4)], dtype=np.int64)
"""0.01 + {0, 1, 2, 3} radians."""


@dataclass(frozen=True)
class FreeFormSesame(Protocol):
    """SESAME's free-form masks (docs/protocol/generation.md, A.5, the landscape task).

    With probability `strokes` 12 to 16 strokes of 1 to 5 segments (length 10..49, width 10..19,
    angle 0.01 + {0,1,2,3} radians, negative on even strokes) and one rectangle; otherwise all
    pixels of one class that is present. Lengths scale with sqrt(H W) / 256. The page leaves open
    where strokes start and how large the rectangle is: here they start anywhere, and the
    rectangle's sides are 30 to 70 % of the image's, as in the same authors' AIM 2020 masks.
    Coverage of the strokes and rectangle at 256x256 over 5,000 masks: mean 0.414, sd 0.071,
    5/25/50/75/95 % = 0.306/0.361/0.407/0.462/0.539.
    """

    key: ClassVar[str] = "freeform-sesame@1"
    operation: ClassVar[Operation] = "inpaint"
    title: ClassVar[str] = "free-form as SESAME's"

    strokes: float = real(0.7, 0.0, 1.0, "probability of strokes and rectangle, not a class region")
    least_side: float = real(
        0.3, 0.01, 1.0, "least side of the rectangle, as a share of the image's"
    )
    most_side: float = real(0.7, 0.01, 1.0, "largest side of the rectangle, as a share of it")

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`: its mask, and the class where the mask is a class' region."""
        stream = self.stream(site, seed, sample)
        if stream.uniforms(1)[0] >= self.strokes:
            label = choose_class(site, (), (0.0, 1.0), stream, self.key)
            if isinstance(label, Impossible):
                return label
            return inpaint(site, site.labels == label, site.classes[label])
        mask = _strokes(site.size, stream)
        mask |= self._rectangle(site.size, stream)
        return inpaint(site, mask)

    def _rectangle(self, size: tuple[int, int], stream: Stream) -> Bool:
        spans = []
        for side in size:
            low, high = int(side * self.least_side), int(side * self.most_side)
            length = max(1, int(stream.integers(low, max(low, high) + 1, 1)[0]))
            start = int(stream.integers(0, side - length + 1, 1)[0])
            spans.append((start, start + length))
        (top, bottom), (left, right) = spans
        return box(size, top, left, bottom, right)


def _strokes(size: tuple[int, int], stream: Stream) -> Bool:
    """The union of all strokes, bool [H,W]; every stroke has its own place in the stream."""
    height, width = size
    scale = isqrt((height * width) << 32) >> 8  # size / 256, in units of 2**-16
    count = int(stream.integers(12, STROKES + 1, 1)[0])
    segments = stream.integers(1, SEGMENTS + 1, STROKES)
    starts = np.stack(
        [stream.integers(0, width, STROKES), stream.integers(0, height, STROKES)], axis=1
    )
    shape = (STROKES, SEGMENTS)
    angles = ANGLES[stream.integers(0, 4, STROKES * SEGMENTS)].reshape(shape)
    angles[::2] = TURN - angles[::2]
    lengths = stream.integers(10, 50, STROKES * SEGMENTS).reshape(shape) * scale
    widths = stream.integers(10, 20, STROKES * SEGMENTS).reshape(shape) * scale >> 16
    ends = _walk(starts, lengths * cosine(angles) >> 30, lengths * sine(angles) >> 30, size)
    used = (np.arange(STROKES) < count)[:, None] & (np.arange(SEGMENTS) < segments[:, None])
    return union(size, ends[used], np.maximum(widths[used], 1))


def _walk(
    starts: NDArray[np.int64],
    across: NDArray[np.int64],
    down: NDArray[np.int64],
    size: tuple[int, int],
) -> NDArray[np.int64]:
    """int64 [STROKES, SEGMENTS, 4]: x0, y0, x1, y1; points stay on the canvas, as whole pixels."""
    corner = np.array([size[1] - 1, size[0] - 1])
    ends = np.empty((*across.shape, 4), dtype=np.int64)
    here = starts
    for i in range(across.shape[1]):
        step = np.stack([across[:, i], down[:, i]], axis=1)
        there = np.clip((here << 16) + step, 0, corner << 16) >> 16
        ends[:, i, :2], ends[:, i, 2:] = here, there
        here = there
    return ends
