"""The images of a pair as they are scored: read, brought to one size where that is asked for, checked."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.core.errors import BadInput
from bench.core.images import read_mask, read_stored
from bench.datasets.fitting import Grid, fit_image, fit_plane, same_shape
from bench.datasets.map_facts import MapFacts
from bench.datasets.planes import plain_labels, read_map, read_plane
from bench.run.appearance import Appearance, FileLook
from bench.run.file_kinds import file_kind
from bench.run.guise import Guise
from bench.run.mask_fit import MaskFit
from bench.run.pairs import Pair
from bench.scene import VOID, Bool, Int32, LabelSpace, UInt8

__all__ = ["PairFacts", "PairImages", "read_pair"]


@dataclass(frozen=True)
class PairFacts:
    """What is told of a pair besides its scores.

    Attributes:
        fit: how its mask fits, where it has one.
        guise: whether the result seems to be its reference in another guise.
        look: whether the two seem to belong together.
        labels: what its label map holds, where a metric counts classes.
        real_look, fake_look: how the two look by themselves.
        real_kind, fake_kind: how the reference's and the result's file are stored (`file_kind`).
    """

    fit: MaskFit | None
    guise: Guise
    look: Appearance
    labels: MapFacts | None
    real_look: FileLook
    fake_look: FileLook
    real_kind: str
    fake_kind: str


@dataclass(frozen=True, eq=False)
class PairImages:
    """A pair read: images uint8 [H,W,3], mask bool [H,W], labels int32 [H,W], and its facts.

    Pairs without a mask, or without labels, share one plane of each size, which nobody changes.
    """

    stem: str
    real: UInt8
    fake: UInt8
    mask: Bool
    labels: Int32
    facts: PairFacts


def read_pair(pair: Pair, space: LabelSpace, resize_real: bool) -> PairImages:
    """Reads a pair with its mask and labels; without a mask the whole image counts.

    Args:
        pair: its files.
        space: the label space that labels must be of; an empty one takes any.
        resize_real: brings the reference to the result's size: bicubic; mask and labels nearest.

    Raises:
        BadInput: a file that cannot be read, or sizes that differ.
    """
    sides = read_stored(pair.real), read_stored(pair.fake)
    real, fake = (side.pixels for side in sides)
    if resize_real:
        _same_shape(pair.fake, fake, real)
        real = fit_image(real, _grid(fake))
    _same_size(pair.fake, fake, real)
    mask = _mask(pair, real, resize_real)
    fit = None if pair.mask is None else MaskFit.of(pair.stem, pair.fake, real, fake, mask)
    plane, held = _labels(pair, real, space, resize_real)
    facts = PairFacts(
        fit,
        Guise.of(real, fake, mask),
        Appearance.of(pair.stem, real, fake, mask),
        held,
        FileLook.of(pair.stem, sides[0]),
        FileLook.of(pair.stem, sides[1]),
        *map(file_kind, sides),
    )
    return PairImages(pair.stem, real, fake, mask, plane, facts)


def _grid(image: UInt8) -> Grid:
    height, width = image.shape[:2]
    return Grid((height, width), (0, 0, height, width))


def _mask(pair: Pair, reference: UInt8, resize: bool) -> Bool:
    if pair.mask is None:
        return _everywhere(reference.shape[:2])
    mask = read_mask(pair.mask)
    if resize:
        _same_shape(pair.mask, mask, reference)
        mask = fit_plane(mask.astype(np.int32), _grid(reference)) > 0
    _same_size(pair.mask, mask, reference)
    return mask


def _labels(
    pair: Pair, reference: UInt8, space: LabelSpace, resize: bool
) -> tuple[Int32, MapFacts | None]:
    if pair.labels is None:
        return _unlabelled(reference.shape[:2]), None
    # Without a metric that counts classes there is no space to check labels against.
    counted = len(space) > 0
    plane, facts = read_map(pair.labels) if counted else (read_plane(pair.labels), None)
    if resize:
        _same_shape(pair.labels, plane, reference)
        plane = fit_plane(plane, _grid(reference))
    _same_size(pair.labels, plane, reference)
    return (plain_labels(plane, space, pair.labels) if counted else plane), facts


@functools.lru_cache(maxsize=2)
def _everywhere(shape: tuple[int, ...]) -> Bool:
    return np.ones(shape, bool)


@functools.lru_cache(maxsize=2)
def _unlabelled(shape: tuple[int, ...]) -> Int32:
    return np.full(shape, VOID, np.int32)


def _same_shape(path: Path, plane: NDArray[Any], reference: UInt8) -> None:
    if not same_shape(reference.shape[:2], plane.shape[:2]):
        raise BadInput(f"{path}: {_sizes(plane, reference)}, another shape; crop one of them")


def _same_size(path: Path, plane: NDArray[Any], reference: UInt8) -> None:
    if plane.shape[:2] != reference.shape[:2]:
        raise BadInput(
            f"{path}: {_sizes(plane, reference)}; bring them to one size, or give --resize-real where "
            "they show the same"
        )


def _sizes(plane: NDArray[Any], reference: UInt8) -> str:
    one, two = ("x".join(map(str, a.shape[1::-1])) for a in (plane, reference))
    return f"is {one} where its reference is {two}"
