"""How image files are stored: formats, and the quality of JPEGs, which move scores by themselves."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping

from bench.core.images import StoredImage

__all__ = ["count_kinds", "file_kind", "kind_notices"]

_LOSSLESS = frozenset({"BMP", "PNG", "PPM", "TIFF"})

# ITU-T T.81, table K.1: the quantisation of luma, which libjpeg scales by the quality.
# fmt: off
_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)
# fmt: on


def file_kind(image: StoredImage) -> str:
    """How an image's file stores it: "PNG", "JPEG quality 95" ...

    A JPEG's quality is the one of libjpeg whose table is nearest to the file's.
    """
    tables = image.quantisation
    if image.format not in ("JPEG", "MPO") or not tables:
        return image.format
    luma = tuple(sorted(tables[min(tables)]))
    return f"JPEG quality {_quality(luma)}"


def count_kinds(kinds: Iterable[str]) -> dict[str, int]:
    """How many files there are of each kind, the most frequent first."""
    return dict(Counter(kinds).most_common())


def kind_notices(real: Mapping[str, int], fake: Mapping[str, int]) -> list[str]:
    """What is to be said of references and results that are stored in different ways.

    Args:
        real, fake: as `count_kinds` counts them.
    """
    if _stored(real) == _stored(fake):
        return []
    return [
        f"the references are {_said(real)} and the results {_said(fake)}: compression alone moves "
        "scores, FID most of all; compare only with scores of files that are stored alike"
    ]


def _stored(kinds: Mapping[str, int]) -> set[str]:
    return {"lossless" if kind in _LOSSLESS else kind for kind in kinds}


def _said(kinds: Mapping[str, int]) -> str:
    first = list(kinds)[:3]
    return ", ".join(first) + (" ..." if len(kinds) > len(first) else "")


@functools.lru_cache(maxsize=128)
def _quality(luma: tuple[int, ...]) -> int:
    return min(_TABLES, key=lambda q: _apart(luma, _TABLES[q]))


def _scaled(quality: int) -> list[int]:
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return sorted(min(max((value * scale + 50) // 100, 1), 255) for value in _LUMA)


def _apart(one: Iterable[int], two: Iterable[int]) -> int:
    return sum(abs(a - b) for a, b in zip(one, two))


_TABLES = {quality: _scaled(quality) for quality in range(1, 101)}
