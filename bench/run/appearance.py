"""Are the images what they are scored as: a method's own results, and those of their references?

People score the references by mistake, or what the model was fed with, or results whose numbers are one
off. All of these get scores, which say nothing of the method.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.core.images import StoredImage
from bench.core.text import counted
from bench.scene import Bool, UInt8

__all__ = ["Appearance", "FileLook", "appearance_notices", "file_notices"]

_DARK, _LIT = 16, 64
"""Grey levels: images that never pass the first, beside others that pass the second, are in another range."""

_POINTS = 8
"""Points a side of an image by which it is known again."""

_OTHER = 5.0
"""Grey levels by which a result is off its reference at least before another one is looked for."""

_CLEARLY = 0.5
"""Another reference fits clearly better where its error is below this much of the own one's."""

_COMPARED = 500
"""Pairs whose references are compared with each other's results."""


@dataclass(frozen=True)
class FileLook:
    """How an image looks by itself.

    Attributes:
        name: what it is called.
        brightest: its largest value, 0 to 255.
        transparent: whether its file has transparent pixels.
    """

    name: str
    brightest: int
    transparent: bool

    @classmethod
    def of(cls, name: str, image: StoredImage) -> FileLook:
        """The look of an image as its file has it."""
        return cls(name, int(image.pixels.max()), image.transparent)


@dataclass(frozen=True, eq=False)
class Appearance:
    """How a pair looks.

    Attributes:
        stem: the pair's.
        empty: whether its mask masks nothing.
        equal: whether the result is the reference all over the masked region.
        colour: the one RGB colour of the result's masked region, where the reference has several.
        colourless: whether the result has no colour and the reference has some.
        points: uint8 [2,8,8,3], reference and result at points that lie alike in both.
    """

    stem: str
    empty: bool
    equal: bool
    colour: tuple[int, int, int] | None
    colourless: bool
    points: UInt8

    @classmethod
    def of(cls, stem: str, real: UInt8, fake: UInt8, mask: Bool) -> Appearance:
        """The pair's.

        Args:
            stem: the pair's.
            real: uint8 [H,W,3].
            fake: uint8 [H,W,3].
            mask: bool [H,W], True = edited.
        """
        one = _colour(fake, mask)
        return cls(
            stem,
            empty=not mask.any(),
            equal=_equal(real, fake, mask),
            colour=None if one is None or _colour(real, mask) is not None else one,
            colourless=_grey(fake) and not _grey(real),
            points=np.stack([_points(real), _points(fake)]),
        )


_COARSE = np.s_[::4, ::4]
"""Pixels that are asked first: in most pairs one of them answers for all."""


def _equal(real: UInt8, fake: UInt8, mask: Bool) -> bool:
    inside = mask[_COARSE]
    if not np.array_equal(real[_COARSE][inside], fake[_COARSE][inside]):
        return False
    return bool(mask.any()) and np.array_equal(real[mask], fake[mask])


def _colour(image: UInt8, mask: Bool) -> tuple[int, int, int] | None:
    """The one colour of an image's masked region; None where it has several, or is empty."""
    for grid in (_COARSE, np.s_[:, :]):
        inside = image[grid][mask[grid]]
        if len(inside) and (inside != inside[0]).any():
            return None
    if not len(inside):
        return None
    red, green, blue = inside[0].tolist()
    return red, green, blue


def _grey(image: UInt8) -> bool:
    few = image[_COARSE]
    return bool((few == few[..., :1]).all() and (image == image[..., :1]).all())


def _points(image: UInt8) -> UInt8:
    rows, columns = (
        (np.arange(_POINTS) * 2 + 1) * side // (2 * _POINTS) for side in image.shape[:2]
    )
    points: UInt8 = image[rows[:, None], columns]
    return points


def appearance_notices(folders: Mapping[str, Path], looks: Sequence[Appearance]) -> list[str]:
    """What is to be said of images that are probably not what they are scored as, a sentence each.

    Args:
        folders: the folders by what they hold: "real", "fake" and perhaps "masks".
        looks: of all pairs.
    """
    part = "the masked region" if "masks" in folders else "the whole image"
    found = [f"{folders['fake']}: {said}" for said in _of_results(looks, part)]
    empty = [one.stem for one in looks if one.empty]
    if empty:
        found.append(
            f"{folders.get('masks')}: {counted(len(empty), 'mask')} of {len(looks)} "
            f"{'masks' if len(empty) == 1 else 'mask'} nothing, as {empty[0]!r}: such a pair has no "
            "value of the masked region"
        )
    return found


def file_notices(
    folders: Mapping[str, Path], real: Sequence[FileLook], fake: Sequence[FileLook]
) -> list[str]:
    """What is to be said of the images of two folders by themselves, pairs or not, a sentence each.

    Args:
        folders: the two, as "real" and "fake".
        real, fake: the looks of their images.
    """
    found = []
    brightest = [max(one.brightest for one in side) for side in (real, fake)]
    for part, side, most in zip(("real", "fake"), (real, fake), brightest):
        if most <= _DARK and max(brightest) >= _LIT:
            found.append(
                f"{folders[part]}: no value is above {most} of 255, beside {max(brightest)} in the other "
                "folder: check in which range the images were saved"
            )
        transparent = [one.name for one in side if one.transparent]
        if transparent:
            found.append(
                f"{folders[part]}: {len(transparent)} of {len(side)} images have transparent pixels, as "
                f"{transparent[0]!r}: the colours behind them are scored as they are stored"
            )
    return found


def _of_results(looks: Sequence[Appearance], part: str) -> Iterator[str]:
    equal = [one for one in looks if one.equal]
    if equal:
        yield (
            f"{len(equal)} of {len(looks)} results equal their references in {part}, as "
            f"{equal[0].stem!r}, so that their PSNR there is infinite: check that these are the "
            "method's own"
        )
    flat = [one for one in looks if one.colour is not None]
    if _many(flat, looks):
        yield (
            f"{part} has one colour in {len(flat)} of {len(looks)} results, {flat[0].colour} in "
            f"{flat[0].stem!r}: check that these are not the method's inputs"
        )
    colourless = [one for one in looks if one.colourless]
    if colourless:
        yield (
            f"{len(colourless)} of {len(looks)} results are grey where their references have colours, as "
            f"{colourless[0].stem!r}"
        )
    yield from _exchanged(looks)


def _many(some: Sequence[Appearance], looks: Sequence[Appearance]) -> bool:
    return len(some) > 0 and 2 * len(some) >= len(looks)


def _exchanged(looks: Sequence[Appearance]) -> Iterator[str]:
    """Whether one result stands for many scenes, or results stand for each other's."""
    alike = defaultdict(list)
    for one in looks:
        alike[one.points[1].tobytes()].append(one)
    most = max(alike.values(), key=len)
    if _many(most, looks) and len({one.points[0].tobytes() for one in most}) > 1:
        yield (
            f"{len(most)} of {len(looks)} results look all the same, as {most[0].stem!r} and "
            f"{most[-1].stem!r}, and their references do not"
        )
        return
    some = looks[:_COMPARED]
    every = np.stack([one.points for one in some]).astype(np.int16)
    real = every[:, 0]
    nearest = []
    for i, result in enumerate(every[:, 1]):
        apart = np.abs(real - result).mean(axis=(1, 2, 3))
        best = int(apart.argmin())
        if apart[i] > _OTHER and apart[best] < _CLEARLY * apart[i]:
            nearest.append((some[i], some[best]))
    if len(some) > 1 and _many([one for one, _ in nearest], some):
        one, other = nearest[0]
        yield (
            f"{len(nearest)} of {len(some)} results are nearer to another reference than to their own, "
            f"{one.stem!r} to that of {other.stem!r}: check that files of one name belong together"
        )
