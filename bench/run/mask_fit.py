"""Do the masks belong to the results? What gives inverted and exchanged masks away.

A result is its reference but for the masked region, or nearly so. Inverted masks show the opposite;
masks of other images leave changed pixels among the known ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.scene import Bool, UInt8

__all__ = ["MaskFit", "mask_notices"]

_LOSSY = frozenset({".jpeg", ".jpg", ".webp"})

_GREY_LEVELS = 20
"""JPEG and a network's repainting move few pixels by more in any channel."""

_REPAINTED = 10.0
"""Grey levels on average that JPEG and a network's repainting stay below."""

_BLOCK = 16
"""Pixels on a side of a JPEG's block with halved colour."""

_STRAY = 0.01
"""The share of known pixels that may be changed before it is said."""


@dataclass(frozen=True)
class MaskFit:
    """How a result differs from its reference on both sides of its mask.

    Attributes:
        stem: the pair's stem.
        masked, known: mean absolute differences in grey levels.
        changed: the share of known pixels that differ at all.
        stray: the share of known pixels that must have been edited: where most known pixels are the
            reference's own (and the file is lossless) those that differ at all, else, away from the
            masked region, those that differ by more than 20 grey levels.
        blank: whether all of the result's known pixels have one colour, and the reference's have not.
    """

    stem: str
    masked: float
    known: float
    changed: float
    stray: float
    blank: bool = False

    @property
    def seems_inverted(self) -> bool:
        """Whether the masked region is the reference's, nearly, and the known pixels are not."""
        return self.masked < min(self.known / 4, _REPAINTED) and self.changed >= 0.5

    @classmethod
    def of(cls, stem: str, file: Path, real: UInt8, fake: UInt8, mask: Bool) -> MaskFit | None:
        """The pair's fit; None where one side of the mask is empty.

        Args:
            stem: the pair's stem.
            file: the result's file, whose ending tells lossy formats.
            real: uint8 [H,W,3].
            fake: uint8 [H,W,3].
            mask: bool [H,W], True = edited.
        """
        if mask.all() or not mask.any():
            return None
        apart = np.abs(fake.astype(np.int16) - real)
        most = apart.max(axis=2)
        changed = float((most[~mask] > 0).mean())
        composited = changed < 0.5 and file.suffix.lower() not in _LOSSY
        return cls(
            stem,
            float(apart[mask].mean()),
            float(apart[~mask].mean()),
            changed,
            changed if composited else _share(most > _GREY_LEVELS, ~_blocks(mask)),
            not composited and _one_colour(fake[~mask]) and not _one_colour(real[~mask]),
        )


def _one_colour(pixels: UInt8) -> bool:
    return bool((pixels == pixels[0]).all())


def _blocks(mask: Bool) -> Bool:
    """The blocks with a masked pixel: in these, JPEG spreads an edit over known pixels."""
    height, width = mask.shape
    padded = np.pad(mask, ((0, -height % _BLOCK), (0, -width % _BLOCK)))
    rows, columns = (side // _BLOCK for side in padded.shape)
    touched = padded.reshape(rows, _BLOCK, columns, _BLOCK).any(axis=(1, 3))
    return touched.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)[:height, :width]


def _share(of: Bool, among: Bool) -> float:
    return float(of[among].mean()) if among.any() else 0.0


def mask_notices(masks: Path, fits: Iterable[MaskFit]) -> list[str]:
    """What the pairs' fits say against a folder of masks; empty where they fit.

    Args:
        masks: the folder.
        fits: of all pairs.
    """
    every = list(fits)
    differing = [fit for fit in every if max(fit.masked, fit.known) > 0]
    blank = [fit for fit in every if fit.blank]
    if every and len(blank) >= 0.9 * len(every):
        return [
            f"{masks}: in {len(blank)} of {len(every)} pairs all known pixels of the result have one "
            "colour: it seems to hold the masked region alone; paste it into its image before it is scored"
        ]
    inverted = [fit for fit in differing if fit.seems_inverted]
    if differing and len(inverted) >= 0.9 * len(differing):
        return [
            f"{masks}: the masks seem inverted: in {len(inverted)} of {len(differing)} pairs the "
            f"masked region is the reference's (mean difference {_mean(inverted, 'masked')} grey "
            f"levels) and the known pixels are not ({_mean(inverted, 'known')}); 255 is what was "
            "edited"
        ]
    stray = [fit for fit in every if fit.stray > _STRAY]
    if not stray:
        return []
    worst = max(stray, key=lambda fit: fit.stray)
    return [
        f"{masks}: in {len(stray)} of {len(every)} pairs known pixels differ from the reference "
        f"(at most in {worst.stem!r}, {worst.stray:.0%} of them); either the masks belong to other "
        "results, or the results change what they were to keep"
    ]


def _mean(fits: Sequence[MaskFit], side: str) -> str:
    return f"{sum(getattr(fit, side) for fit in fits) / len(fits):.2f}"
