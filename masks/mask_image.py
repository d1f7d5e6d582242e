"""Which pixels of an image file are masked: one rule for every mask that people keep as a file.

| file | what is masked |
| --- | --- |
| 1 bit; grey of 0 and 255, or of 0 and 1 | what is not 0 |
| palette | what has the colour white; its colours must be black and white, its indices say nothing |
| three equal channels | as in one of them |
| alpha channel that is opaque everywhere | as without it |
| EXIF orientation | as the image is seen upright |
| any transparency, colours, other grey values, 16 bits and more | refused: `MaskError` says what is there |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from masks.spec import Bool, MaskError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["mask_of"]

_DO = "save it as grey PNG, 255 = masked, 0 = known"


def mask_of(image: Image, where: str) -> Bool:
    """The masked pixels of an opened image, bool [H,W], True = change.

    Args:
        image: as Pillow opens it.
        where: the file, as a message names it.

    Raises:
        MaskError: where it is not clear which pixels are masked; the sentence says why and what to do.
    """
    from PIL import ImageOps

    kind, palette = image.format, image.mode == "P"
    if image.mode.startswith(("I", "F")):
        raise MaskError(f"{where}: holds numbers of 16 or more bits (mode {image.mode}); {_DO}")
    try:
        upright = ImageOps.exif_transpose(image)
    except Exception as error:  # broken EXIF data makes Pillow raise nearly anything
        raise MaskError(f"{where}: its EXIF data cannot be read ({error}); {_DO}") from error
    values = _grey(_opaque(upright, where), where)
    levels = np.unique(values).tolist()
    accepted = [{0, 255}] if palette else [{0, 255}, {0, 1}]
    if not any(set(levels) <= two for two in accepted):
        strange = next((level for level in levels if level not in (0, 255)), levels[0])
        what = "palette colour" if palette else "grey value"
        many = (
            f"{len(levels)} {what}s, {strange} among them"
            if len(levels) > 1
            else f"{what} {strange}"
        )
        why = "a JPEG blurs the border of a mask; " if kind == "JPEG" else ""
        raise MaskError(
            f"{where}: holds {many}, but a mask holds 0 and 255 only; {why}threshold it and {_DO}"
        )
    mask: Bool = values > 0
    return mask


def _opaque(image: Image, where: str) -> Image:
    """The image without its alpha channel, where that hides nothing."""
    if image.mode not in _ALPHA and "transparency" not in image.info:
        return image
    with_alpha = image.convert("RGBA")
    if np.asarray(with_alpha.getchannel("A")).min() < 255:
        raise MaskError(
            f"{where}: is transparent in places, so it is not clear whether its colours or its alpha "
            f"channel are the mask; {_DO}"
        )
    return with_alpha.convert("RGB")


def _grey(image: Image, where: str) -> NDArray[Any]:
    """The one channel of a mask, [H,W]: 0 and 255 from 1-bit files, else the file's numbers."""
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    colours = np.asarray(image.convert("RGB"))
    differs = (colours != colours[..., :1]).any(axis=-1)
    if differs.any():
        colour = tuple(int(value) for value in colours[differs][0])
        raise MaskError(f"{where}: is in colour, {colour} in places; {_DO}")
    return colours[..., 0]


_ALPHA = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
