"""Images of a study: files that tell nothing but their pixels.

A method must not be known by its files. So every image of one edit has the same number of bytes: the
deflate stream is lengthened by empty stored blocks (RFC 1951, 3.2.4) and empty IDAT chunks (PNG, 11.2.3),
both of which every decoder passes over. There is no chunk but IHDR, IDAT and IEND, hence no time, no
software and no colour profile, and names are random.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.scene import Bool, UInt8

__all__ = ["encoded", "outline", "spoilt"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
_CHUNK = 12  # bytes of an empty chunk: length, type, checksum
_SLACK = 4 * _CHUNK


def encoded(images: Sequence[UInt8]) -> list[bytes]:
    """The images as PNG files of one size in bytes.

    Args:
        images: uint8 [H,W,3] or [H,W,4], the images of one edit.
    """
    drafts = [_draft(image) for image in images]
    size = max(len(body) for _, body in drafts) + _SLACK
    return [_file(header, body, size - len(body)) for header, body in drafts]


def _draft(image: UInt8) -> tuple[bytes, bytes]:
    """IHDR and a deflate stream that is still open, filtered as Pillow filters."""
    from PIL import Image

    plain = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(plain, format="PNG", compress_level=1)
    header, data = b"", b""
    for kind, content in _chunks(plain.getvalue()):
        if kind == b"IHDR":
            header = content
        elif kind == b"IDAT":
            data += content
    packer = zlib.compressobj(6)
    rows = zlib.decompress(data)
    # A full flush ends on a byte, where empty blocks can be put in.
    body = packer.compress(rows) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = struct.pack(">I", zlib.adler32(rows))
    return header, body + b"\x01\x00\x00\xff\xff" + checksum


def _file(header: bytes, body: bytes, more: int) -> bytes:
    """The whole file, `more` bytes longer than it need be; 44 bytes or more can be made so."""
    chunks = 3 * more % 5  # 12 * chunks and `more` then leave the same rest by 5
    blocks = (more - _CHUNK * chunks) // len(_EMPTY_BLOCK)
    end = len(body) - 9  # before the last block and the checksum
    data = body[:end] + _EMPTY_BLOCK * blocks + body[end:]
    parts = [_chunk(b"IHDR", header), _chunk(b"IDAT", data)]
    parts += [_chunk(b"IDAT", b"")] * chunks
    return _SIGNATURE + b"".join(parts) + _chunk(b"IEND", b"")


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += _CHUNK + length
    return found


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def spoilt(image: UInt8, mask: Bool, number: int = 0) -> UInt8:
    """The image with its masked region spoilt beyond doubt: colours turned, in coarse blocks.

    Args:
        image: uint8 [H,W,3].
        mask: bool [H,W], True = spoilt.
        number: another number gives other blocks.
    """
    height, width = mask.shape
    side = max(4, min(height, width) // 16)
    y, x = np.mgrid[0:height, 0:width]
    coarse = image[y // side * side, x // side * side]
    pattern: NDArray[np.bool_] = ((x // side + y // side + number) % 2).astype(bool)
    garish = np.array(((255, 0, 200), (0, 255, 60), (250, 240, 0), (0, 60, 255)), np.uint8)
    blocks = np.where(pattern[..., None], 255 - coarse, garish[(x // side + number) % 4])
    return np.where(mask[..., None], blocks, image).astype(np.uint8)


def outline(mask: Bool) -> UInt8:
    """An overlay that shows a mask: uint8 [H,W,4], its edge opaque, the rest of the image dimmed."""
    from scipy import ndimage

    reach = max(1, min(mask.shape) // 128)
    grown = ndimage.binary_dilation(mask, iterations=reach)
    shrunk = ndimage.binary_erosion(mask, iterations=reach, border_value=1)
    overlay = np.zeros((*mask.shape, 4), np.uint8)
    overlay[~mask] = (0, 0, 0, 90)
    overlay[grown & ~mask] = (0, 0, 0, 255)
    overlay[mask & ~shrunk] = (255, 255, 255, 255)
    return overlay
