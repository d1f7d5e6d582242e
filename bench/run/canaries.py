"""Canaries: pictures whose order every honest metric knows before any model is looked at.

Made by the harness in every run from a few true pictures of each task: the original, the original
as JPEG of quality 90, blurred, shifted by one pixel, its mean colour, and another edit's picture.
They stand off to the side of the tables. A metric that does not put them in order is broken, or is
fed something else than it thinks; a method that equals one has done nothing of its own.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bench.run.prepare import Job
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
    "canary_pictures",
]

ORIGINAL = "(original)"
JPEG = "(JPEG 90)"
BLURRED = "(blurred)"
SHIFTED = "(shifted by one pixel)"
MEAN_COLOUR = "(mean colour)"
SHUFFLED = "(shuffled)"

EDITS = 4
"""Edits of each task that canaries are made of: six pictures each, a few seconds of metrics."""

_SIGMA = 2.0
_QUALITY = 90


def canary_pictures(jobs: Sequence[Job]) -> Mapping[str, Mapping[int, UInt8]]:
    """The canaries of some edits of one task, uint8 [H,W,3] by canary name and index in `jobs`.

    A canary is made of the true picture, or of the picture before the edit where there is no true
    one. "(shuffled)" is the next edit's picture of another scene; where all are of one scene it has
    no entry.
    """
    true = [_true(job) for job in jobs]
    made = {
        name: {i: change(picture) for i, picture in enumerate(true)}
        for name, change in _CHANGES.items()
    }
    scenes = [job.edit.scene for job in jobs]
    return {**made, SHUFFLED: _shuffled(true, scenes)}


def _true(job: Job) -> UInt8:
    return job.answer.original if job.answer.truth is None else job.answer.truth


def _shuffled(pictures: Sequence[UInt8], scenes: Sequence[str]) -> dict[int, UInt8]:
    count = len(pictures)
    found: dict[int, UInt8] = {}
    for i in range(count):
        others = ((i + step) % count for step in range(1, count))
        other = next((k for k in others if scenes[k] != scenes[i]), None)
        if other is not None:
            found[i] = pictures[other]
    return found


def _as_it_is(picture: UInt8) -> UInt8:
    return picture


def _jpeg(picture: UInt8) -> UInt8:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="JPEG", quality=_QUALITY)
    return np.array(Image.open(buffer))


def _blurred(picture: UInt8) -> UInt8:
    from scipy import ndimage

    soft: np.ndarray[Any, np.dtype[np.float64]] = ndimage.gaussian_filter(
        picture.astype(np.float64), sigma=(_SIGMA, _SIGMA, 0), mode="nearest"
    )
    rounded: UInt8 = np.floor(soft + 0.5).astype(np.uint8)
    return rounded


def _shifted(picture: UInt8) -> UInt8:
    return np.concatenate([picture[:, :1], picture[:, :-1]], axis=1)


def _mean_colour(picture: UInt8) -> UInt8:
    mean = picture.reshape(-1, 3).mean(axis=0)
    one: UInt8 = np.floor(mean + 0.5).astype(np.uint8)
    flat: UInt8 = np.broadcast_to(one, picture.shape).copy()
    return flat


_CHANGES: Mapping[str, Callable[[UInt8], UInt8]] = {
    ORIGINAL: _as_it_is,
    JPEG: _jpeg,
    BLURRED: _blurred,
    SHIFTED: _shifted,
    MEAN_COLOUR: _mean_colour,
}

CANARIES = (*_CHANGES, SHUFFLED)
"""Every canary's name, as it stands in the tables."""
