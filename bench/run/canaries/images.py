"""Canaries: images whose order every honest metric knows before any model is looked at.

The harness makes them in every run from a few ground truths of each task: the original, the original
as JPEG of quality 90, blurred, shifted by one pixel, its mean colour, and another edit's image. They
are kept out of the tables of methods. A metric that does not put them in order is broken, or is given
something else than it expects; a method that equals one has done nothing of its own.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bench.run.prepare import PreparedEdit
from bench.scene import UInt8

__all__ = [
    "BLURRED",
    "CANARIES",
    "EDITS",
    "JPEG",
    "MEAN_COLOUR",
    "ORIGINAL",
    "SHIFTED",
    "SHUFFLED",
    "canary_images",
]

ORIGINAL = "(original)"
JPEG = "(JPEG 90)"
BLURRED = "(blurred)"
SHIFTED = "(shifted by one pixel)"
MEAN_COLOUR = "(mean colour)"
SHUFFLED = "(shuffled)"

EDITS = 4
"""Edits of each task that canaries are made of: six images each, a few seconds of metrics."""

_SIGMA = 2.0
_QUALITY = 90


def canary_images(edits: Sequence[PreparedEdit]) -> Mapping[str, Mapping[int, UInt8]]:
    """The canaries of some edits of one task, uint8 [H,W,3] by canary name and index in `edits`.

    A canary is made of the ground truth, or of the image before the edit where there is none.
    "(shuffled)" is the next edit's image of another scene; where all are of one scene it has no
    entry.
    """
    true = [
        one.original if one.ground_truth.image is None else one.ground_truth.image for one in edits
    ]
    made = {
        name: {i: change(image) for i, image in enumerate(true)}
        for name, change in _CHANGES.items()
    }
    scenes = [one.edit.scene for one in edits]
    return {**made, SHUFFLED: _shuffled(true, scenes)}


def _shuffled(images: Sequence[UInt8], scenes: Sequence[str]) -> dict[int, UInt8]:
    count = len(images)
    found: dict[int, UInt8] = {}
    for i in range(count):
        others = ((i + step) % count for step in range(1, count))
        other = next((k for k in others if scenes[k] != scenes[i]), None)
        if other is not None:
            found[i] = images[other]
    return found


def _as_it_is(image: UInt8) -> UInt8:
    return image


def _jpeg(image: UInt8) -> UInt8:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="JPEG", quality=_QUALITY)
    return np.array(Image.open(buffer))


def _blurred(image: UInt8) -> UInt8:
    from scipy import ndimage

    soft: np.ndarray[Any, np.dtype[np.float64]] = ndimage.gaussian_filter(
        image.astype(np.float64), sigma=(_SIGMA, _SIGMA, 0), mode="nearest"
    )
    rounded: UInt8 = np.floor(soft + 0.5).astype(np.uint8)
    return rounded


def _shifted(image: UInt8) -> UInt8:
    return np.concatenate([image[:, :1], image[:, :-1]], axis=1)


def _mean_colour(image: UInt8) -> UInt8:
    mean = image.reshape(-1, 3).mean(axis=0)
    one: UInt8 = np.floor(mean + 0.5).astype(np.uint8)
    flat: UInt8 = np.broadcast_to(one, image.shape).copy()
    return flat


_CHANGES: Mapping[str, Callable[[UInt8], UInt8]] = {
    ORIGINAL: _as_it_is,
    JPEG: _jpeg,
    BLURRED: _blurred,
    SHIFTED: _shifted,
    MEAN_COLOUR: _mean_colour,
}

CANARIES = (*_CHANGES, SHUFFLED)
"""Every canary's name, as the tables have it."""
