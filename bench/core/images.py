"""Reading an image file with a defined answer for every kind of file that people have.

| file | answer |
| --- | --- |
| greyscale, 1 bit | the grey value in all three channels (1 bit: 0 or 255) |
| palette | the palette's colours |
| transparency of any kind | colours as stored, transparency dropped |
| 16 bits a channel | the high byte |
| CMYK, YCbCr, ... | converted to RGB by Pillow |
| EXIF orientation | turned upright |
| animated, several pages | the first |
| truncated, no image, missing | `BadInput` that names the file |
| 32-bit integers or floats | `BadInput`: their range is not known |

A plain PNG takes a shorter way through Pillow to the same bytes (`bench.core.png`).
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.core.documents import is_folder, refuse_endless
from bench.core.errors import BadInput, first_line
from bench.core.png import decode_plain
from masks.mask_image import mask_of
from masks.spec import Bool, MaskError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.PngImagePlugin import PngInfo

__all__ = [
    "IMAGE_SUFFIXES",
    "PNG_MARK",
    "UPRIGHT",
    "StoredImage",
    "image_files",
    "image_tree",
    "opened",
    "orientation",
    "png_mark",
    "read_image",
    "read_mask",
    "read_stored",
    "upright",
]

UInt8 = NDArray[np.uint8]

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""The file name endings, in lower case, that count as images in a folder."""

_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and bytes that are not UTF-8 as Python shows them: no record can hold them."""

PNG_MARK = rb"\A\x89PNG.{0,60}tEXtSoftware\x00siebench"
"""A regular expression over the beginning of a PNG that bears `png_mark`."""

UPRIGHT = 1
"""The EXIF orientation of an image that is stored as it is shown."""

_ORIENTATION = 0x0112


@dataclass(frozen=True, eq=False)
class StoredImage:
    """An image, and how its file stores it.

    Attributes:
        pixels: uint8 [H,W,3] RGB, upright.
        format: Pillow's name: "PNG", "JPEG" ...
        quantisation: a JPEG's tables by their number, each 64 numbers; None for other formats.
        transparent: whether pixels are transparent; their colours count as they are stored.
    """

    pixels: UInt8
    format: str
    quantisation: Mapping[int, list[int]] | None = None
    transparent: bool = False


def read_image(path: Path) -> UInt8:
    """The image in `path` as uint8 [H,W,3], RGB, upright.

    Raises:
        BadInput: where the file is missing, truncated, no image or of a kind without a defined
            range; the sentence names the file.
    """
    return read_stored(path).pixels


def read_stored(path: Path) -> StoredImage:
    """As `read_image`, with what the file's header says of how it is stored.

    Raises:
        BadInput: as `read_image`.
    """
    pixels = _plain_png(path)
    if pixels is not None:
        return StoredImage(pixels, "PNG")
    with opened(path) as image:
        tables = getattr(image, "quantization", None)
        pixels, transparent = _as_rgb(upright(image, path), path)
        return StoredImage(pixels, str(image.format), tables, transparent)


def _plain_png(path: Path) -> UInt8 | None:
    """The pixels of a PNG that needs no Pillow; None for what does, or cannot be read."""
    if path.suffix.lower() != ".png":
        return None
    try:
        refuse_endless(path)
        with path.open("rb", buffering=0) as file:
            return decode_plain(file.read(_LARGEST))
    except Exception:  # whatever it is, Pillow meets it too, and it is told there
        return None


_LARGEST = 1 << 28
"""Bytes of a file; one that is larger is cut, and so no whole PNG."""


def read_mask(path: Path) -> Bool:
    """The mask in `path`, bool [H,W], True = masked, upright, by the rule of `masks.mask_image`.

    Raises:
        BadInput: as `read_image`, and where it is not clear which pixels are masked.
    """
    with opened(path) as image:
        try:
            return mask_of(image, str(path))
        except MaskError as error:
            raise BadInput(str(error)) from error


@contextlib.contextmanager
def opened(path: Path, *, decoded: bool = True) -> Iterator[Image]:
    """An image file, open for the length of a block.

    Args:
        path: the file; of the formats that it may have none runs a program (as EPS does).
        decoded: whether its pixels are read, so that nothing more can go wrong with it; its header
            alone where False.

    Raises:
        BadInput: where it is missing, no image, damaged or too large; the sentence names the file.
    """
    image = _open(path, decoded)
    try:
        yield image
    finally:
        image.close()


_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "JPEG2000", "PPM", "TIFF", "WEBP")


def _open(path: Path, decoded: bool) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Pillow only warns of very large images below its hard limit; users cannot act on it.
            warnings.simplefilter("ignore")
            refuse_endless(path)
            image = Image.open(path, formats=_FORMATS)
            if decoded:
                image.load()
            return image
    except BadInput:
        raise
    except FileNotFoundError as error:
        raise BadInput(f"{path}: there is no such image") from error
    except IsADirectoryError as error:
        raise BadInput(f"{path}: is a folder where an image was expected") from error
    except UnidentifiedImageError as error:
        raise BadInput(f"{path}: is not an image that Pillow can read") from error
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise BadInput(
            f"{path}: cannot be decoded ({first_line(error)}); the file is damaged"
        ) from error


def upright(image: Image, path: Path) -> Image:
    """The image itself, turned as its EXIF orientation says.

    Raises:
        BadInput: where its EXIF data cannot be read.
    """
    from PIL import ImageOps

    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception as error:  # as in `_open`
        raise BadInput(f"{path}: its EXIF data cannot be read ({first_line(error)})") from error
    return image


def png_mark() -> PngInfo:
    """What a PNG is saved with, by which siebench knows later that it wrote it (`PNG_MARK`)."""
    from PIL.PngImagePlugin import PngInfo

    mark = PngInfo()
    mark.add_text("Software", "siebench")
    return mark


def orientation(path: Path) -> int:
    """The EXIF orientation of an image file, 1 (`UPRIGHT`) to 8, from its header; 1 where it has none.

    Raises:
        BadInput: where the file cannot be opened.
    """
    with opened(path, decoded=False) as image:
        try:
            value = image.getexif().get(_ORIENTATION, UPRIGHT)
        except Exception as error:  # as in `_open`
            raise BadInput(f"{path}: its EXIF data cannot be read ({first_line(error)})") from error
    return value if value in range(1, 9) else UPRIGHT


def image_files(folder: Path) -> dict[str, Path]:
    """The images directly inside `folder` by stem, sorted by stem.

    Stems are in Unicode's composed form (NFC), for some systems store names decomposed.

    Raises:
        BadInput: where the folder is missing or cannot be read, or two images share a stem.
    """
    _demand_folder(folder)
    found: dict[str, Path] = {}
    for path in _inside(folder):
        if path.suffix.lower() not in IMAGE_SUFFIXES or path.name.startswith("."):
            continue
        _refuse_unfit(path)
        stem = unicodedata.normalize("NFC", path.stem)
        if stem in found:
            raise _same_stem(path, found[stem])
        found[stem] = path
    return dict(sorted(found.items()))


def image_tree(
    folder: Path, without: Collection[Path] = ()
) -> tuple[dict[str, Path], tuple[Path, ...]]:
    """The images inside `folder` and its subfolders, and the files there that are no images.

    Args:
        folder: where to look; names that begin with a dot are passed over.
        without: folders inside it that are not looked into.

    Returns:
        The images, sorted, by their path from `folder` without the ending ("a", "day/a"): with
        forward slashes and in Unicode's composed form (NFC), for some systems store names decomposed.
        Then the files with other endings.

    Raises:
        BadInput: where a folder is missing or cannot be read, or two images share path and stem.
    """
    _demand_folder(folder)
    found: dict[str, Path] = {}
    others: list[Path] = []
    for path in _files(folder, frozenset(one.resolve() for one in without)):
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            others.append(path)
            continue
        _refuse_unfit(path)
        place = path.relative_to(folder).with_suffix("").as_posix()
        key = unicodedata.normalize("NFC", place)
        if key in found:
            raise _same_stem(path, found[key])
        found[key] = path
    return dict(sorted(found.items())), tuple(others)


def _files(folder: Path, closed: frozenset[Path]) -> Iterator[Path]:
    """The files in a folder and its subfolders; `closed` are not entered, nor is a folder from itself."""
    inside = closed | {folder.resolve()}
    for path in _inside(folder):
        if path.name.startswith("."):
            continue
        if not is_folder(path):
            yield path
        elif path.resolve() not in inside:
            _refuse_unfit(path)
            yield from _files(path, inside)


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise BadInput(f"{folder}: cannot be read ({error.strerror or error})") from error


def _demand_folder(folder: Path) -> None:
    if is_folder(folder):
        return
    with contextlib.suppress(OSError, ValueError):  # a name that no file can have
        if folder.is_file():
            raise BadInput(f"{folder}: is a file; give its folder")
    raise BadInput(f"{folder}: there is no such folder")


def _refuse_unfit(path: Path) -> None:
    if _UNFIT.search(path.name):
        raise BadInput(
            f"{path.parent}: holds {path.name!a}, a name that is not UTF-8 or has control characters; "
            "rename that file"
        )


def _same_stem(path: Path, other: Path) -> BadInput:
    return BadInput(
        f"{path}: {other.name} in the same folder has the same stem; "
        "images are paired by stem, so keep one of the two"
    )


def _as_rgb(image: Image, path: Path) -> tuple[UInt8, bool]:
    """Its colours as they are stored, and whether pixels are transparent."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in _DEEP_GREY):
        high = (np.asarray(image).astype(np.int64) >> 8).astype(np.uint8)
        return np.repeat(high[:, :, None], 3, axis=2), False
    if image.mode in ("I", "F"):
        raise BadInput(
            f"{path}: holds 32-bit values whose range is not known; save it with 8 or 16 bits"
        )
    if image.has_transparency_data:
        whole = np.asarray(image.convert("RGBA"))
        return np.ascontiguousarray(whole[:, :, :3]), bool((whole[:, :, 3] < _OPAQUE).any())
    return np.array(image.convert("RGB")), False


_DEEP_GREY = frozenset({"PNG", "PPM"})
"""Formats whose grey images older Pillow opens as 32-bit integers although they hold 16 bits."""


_OPAQUE = 255
