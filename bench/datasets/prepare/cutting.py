"""Images and label maps scaled and cut on the way from an archive into a dataset.

Scaled files are PNG, so that nothing is lost after the papers' own scaling; what is not scaled
keeps the archive's bytes. Crops are drawn from keyed streams and stand in the manifest: the papers'
test crops are random ones that were never published (docs/protocol/editing.md, D.2).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from bench.core.errors import BadInput
from bench.datasets.fitting import Grid, fit_image, nearest
from masks.streams import Stream

__all__ = ["Cut", "cut_image", "cut_map", "decoded", "encoded", "size_of"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Cut:
    """Scale to `scaled` (height, width), then cut `crop` x `crop` pixels out at `corner`."""

    scaled: tuple[int, int]
    crop: int | None = None
    corner: tuple[int, int] = (0, 0)

    @classmethod
    def drawn(cls, scaled: tuple[int, int], crop: int, *key: str) -> Cut:
        """A crop whose corner is uniform over the scaled image, drawn from the stream `key`."""
        stream = Stream("crop@1", *key)
        top, left = (int(stream.integers(0, side - crop + 1, 1)[0]) for side in scaled)
        return cls(scaled, crop, (top, left))

    @property
    def grid(self) -> Grid:
        """The grid of `bench.datasets.fitting`."""
        top, left = self.corner
        height, width = self.scaled if self.crop is None else (self.crop, self.crop)
        return Grid(self.scaled, (top, left, top + height, left + width))

    @property
    def record(self) -> Mapping[str, Any]:
        """What the manifest says."""
        about: dict[str, Any] = {"scaled": list(self.scaled)}
        if self.crop is not None:
            about["crop"] = {"corner": list(self.corner), "size": self.crop}
        return about


def decoded(data: bytes, name: str) -> Image.Image:
    """The image or map of an archive's member.

    Raises:
        BadInput: where it cannot be decoded.
    """
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise _undecodable(name, error) from error
    return image


def encoded(array: Array) -> bytes:
    """An array of uint8 [H,W] or [H,W,3], or uint16 [H,W], as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def size_of(data: bytes, name: str) -> tuple[int, int]:
    """(height, width) from an image's header."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.height, image.width
    except Exception as error:  # as above
        raise _undecodable(name, error) from error


def cut_image(data: bytes, name: str, cut: Cut) -> bytes:
    """The image, bicubic, as PNG."""
    return encoded(fit_image(np.asarray(decoded(data, name).convert("RGB")), cut.grid))


def cut_map(data: bytes, name: str, cut: Cut) -> bytes:
    """The label or instance map (any number of channels, 8 or 16 bits), nearest, as PNG."""
    image = decoded(data, name)
    deep = image.mode.startswith("I")
    plane = np.asarray(image).astype(np.uint16 if deep else np.uint8)
    top, left, bottom, right = cut.grid.box
    rows = nearest(plane.shape[0], cut.scaled[0])[top:bottom]
    columns = nearest(plane.shape[1], cut.scaled[1])[left:right]
    return encoded(np.ascontiguousarray(plane[rows[:, None], columns[None, :]]))


def _undecodable(name: str, error: Exception) -> BadInput:
    return BadInput(f"{name}: cannot be decoded ({error}); download the archive again")
