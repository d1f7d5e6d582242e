"""Plain PNG files decoded in one call, which leaves the interpreter to other threads.

Pillow decodes a PNG piece by piece and asks for the interpreter's lock between the pieces, so that
sixteen threads read hardly faster than eight. Here the same decoder of Pillow's is given all pieces at
once. It is asked for the plainest kind alone, which most files are: 8 bits of red, green and blue, not
interlaced, every chunk whole. Its pixels are the same byte for byte. Whatever else a file holds or
lacks is left to Pillow's own reader (`bench.core.images`).
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["decode_plain"]

UInt8 = NDArray[np.uint8]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_HEADER = struct.Struct(">II5B")
"""Width, height, bits, colours, compression, filter, interlacing: IHDR (PNG specification, 11.2.1)."""

_CHUNK = struct.Struct(">I4s")
_CHECK = struct.Struct(">I")

_PLAIN = [8, 2, 0, 0, 0]
"""8 bits of RGB, not interlaced."""

_WITHOUT_EFFECT = frozenset({b"pHYs", b"tIME", b"gAMA", b"cHRM", b"sRGB", b"bKGD"})
"""Chunks that Pillow reads and that change no pixel."""

_ORIENTING = (b"Raw profile type", b"XML:com.adobe.xmp")
"""Beginnings of texts in which an orientation may stand."""

_MOST = 1 << 26
"""Pixels; Pillow refuses images that are much larger."""


def decode_plain(content: bytes) -> UInt8 | None:
    """The pixels of a plain PNG, uint8 [H,W,3]; None for any other file.

    Args:
        content: the whole file.
    """
    from PIL import Image

    found = _parts(content)
    if found is None:
        return None
    header, numbers = found
    width, height, *form = _HEADER.unpack(header)
    if form != _PLAIN or not 0 < width * height <= _MOST:
        return None
    try:
        return np.array(Image.frombytes("RGB", (width, height), numbers, "zip", "RGB"))
    except ValueError:  # too few numbers, or not compressed as they should be
        return None


def _parts(content: bytes) -> tuple[memoryview, bytes] | None:
    """The header and the compressed numbers of a PNG whose other chunks change no pixel."""
    if not content.startswith(_SIGNATURE):
        return None
    view = memoryview(content)
    header = view[:0]
    numbers: list[memoryview] = []
    at, before = len(_SIGNATURE), b""
    while before != b"IEND":
        if at + _CHUNK.size + _CHECK.size > len(view):
            return None
        length, kind = _CHUNK.unpack_from(view, at)
        start = at + _CHUNK.size
        end = start + length
        if end + _CHECK.size > len(view) or (kind == b"IHDR") != (before == b""):
            return None
        inside = view[start:end]
        if kind == b"IDAT":
            if numbers and before != kind:  # in two places
                return None
            numbers.append(inside)
        elif zlib.crc32(view[at + 4 : end]) != _CHECK.unpack_from(view, end)[0]:
            return None
        elif kind == b"IHDR":
            header = inside
        elif kind != b"IEND" and not _without_effect(kind, inside):
            return None
        at, before = end + _CHECK.size, kind
    if len(header) != _HEADER.size:
        return None
    return header, b"".join(numbers)


def _without_effect(kind: bytes, inside: memoryview) -> bool:
    if kind == b"tEXt":
        return not bytes(inside[:80]).startswith(_ORIENTING)
    return kind in _WITHOUT_EFFECT
