"""Reading label and instance maps: PNGs whose pixel values are numbers, not colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from bench.core.errors import BadInput
from bench.scene import Int32

__all__ = ["read_plane"]

_COUNTING_MODES = frozenset({"1", "L", "P", "I", "I;16", "I;16L", "I;16B"})


def read_plane(path: Path, channel: int | None = None) -> Int32:
    """The numbers in a label or instance map, int32 [H,W].

    Args:
        path: an 8- or 16-bit grey file, or a palette file (its indices count, not its colours).
        channel: which channel of an RGB file holds the numbers; None = the file has one channel.

    Raises:
        BadInput: where the file is missing, unreadable, in colour, or a JPEG.
    """
    try:
        with Image.open(path) as file:
            mode, lossy, values = file.mode, file.format == "JPEG", np.asarray(file)
    except FileNotFoundError as error:
        raise BadInput(f"{path}: this file is missing") from error
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError) as error:
        raise BadInput(f"{path}: cannot be read as an image; is it damaged?") from error
    if lossy:
        raise BadInput(
            f"{path}: is a JPEG, which changes numbers near borders; save maps as PNG from the source"
        )
    if channel is not None and values.ndim == 3:
        return values[:, :, channel].astype(np.int32)
    if mode not in _COUNTING_MODES:
        raise BadInput(
            f"{path}: has mode {mode}, but a map of class or object numbers must have one channel; "
            "save the numbers themselves, not their colours"
        )
    return values.astype(np.int32)
