"""Reading a picture file with a defined answer for every kind of file that people have.

| file | answer |
| --- | --- |
| greyscale, 1 bit | the grey value in all three channels (1 bit: 0 or 255) |
| palette | the palette's colours |
| transparency of any kind | colours as stored, transparency dropped |
| 16 bits a channel | the high byte |
| CMYK, YCbCr, ... | converted to RGB by Pillow |
| EXIF orientation | turned upright |
| truncated, no picture, missing | `BadInput` that names the file |
| 32-bit integers or floats | `BadInput`: their range is not known |
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.core.errors import BadInput
from bench.scene import UInt8

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["IMAGE_SUFFIXES", "image_files", "read_image"]

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""The file name endings, in lower case, that count as pictures in a folder."""


def read_image(path: Path) -> UInt8:
    """The picture in `path` as uint8 [H,W,3], RGB, upright.

    Raises:
        BadInput: where the file is missing, truncated, no picture or of a kind without a defined
            range; the sentence names the file.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Pillow only warns of very large pictures below its hard limit; users cannot act on it.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                opened.load()
                return _as_rgb(ImageOps.exif_transpose(opened), path)
    except FileNotFoundError as error:
        raise BadInput(f"{path}: there is no such picture") from error
    except IsADirectoryError as error:
        raise BadInput(f"{path}: is a folder where a picture was expected") from error
    except UnidentifiedImageError as error:
        raise BadInput(f"{path}: is not a picture that Pillow can read") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(f"{path}: cannot be decoded ({error}); the file is damaged") from error


def image_files(folder: Path) -> dict[str, Path]:
    """The pictures directly inside `folder` by stem, sorted by stem.

    Raises:
        BadInput: where the folder is missing or two pictures share a stem.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no such folder")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in IMAGE_SUFFIXES or path.name.startswith("."):
            continue
        if path.stem in found:
            raise BadInput(
                f"{path}: {found[path.stem].name} in the same folder has the same stem; "
                "pictures are paired by stem, so keep one of the two"
            )
        found[path.stem] = path
    return dict(sorted(found.items()))


def _as_rgb(picture: Image, path: Path) -> UInt8:
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format in _DEEP_GREY):
        high = (np.asarray(picture).astype(np.int64) >> 8).astype(np.uint8)
        return np.repeat(high[:, :, None], 3, axis=2)
    if picture.mode in ("I", "F"):
        raise BadInput(
            f"{path}: holds 32-bit values whose range is not known; save it with 8 or 16 bits"
        )
    if picture.mode == "RGB":
        return np.array(picture)
    if picture.mode in ("RGBA", "LA", "La", "RGBa", "PA"):
        return _without_alpha(picture)
    return np.array(picture.convert("RGB"))


_DEEP_GREY = frozenset({"PNG", "PPM"})
"""Formats whose grey pictures older Pillow opens as 32-bit integers although they hold 16 bits."""


def _without_alpha(picture: Image) -> UInt8:
    colours = picture.convert("RGBA")
    return np.ascontiguousarray(np.asarray(colours)[:, :, :3])
