"""SHA-256 over decoded pixels: equal where arrays are equal, whatever the file around them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from masks.spec import DrawnEdit

__all__ = ["array_digest", "edit_digest"]


def array_digest(array: NDArray[Any]) -> str:
    """SHA-256 (hex) over the kind of numbers, the shape and the numbers in row-major order.

    Booleans count as bytes 0 and 1, everything else as little-endian int32.
    """
    kind = "bool" if array.dtype == np.bool_ else "int32"
    plain = array.astype("u1" if kind == "bool" else "<i4")
    shape = "x".join(map(str, array.shape))
    return hashlib.sha256(f"{kind} {shape}\n".encode() + plain.tobytes()).hexdigest()


def edit_digest(drawn: DrawnEdit) -> str:
    """SHA-256 (hex) over all that a drawn edit holds."""
    planes = [drawn.mask, drawn.labels, drawn.instances]
    parts = ["none" if plane is None else array_digest(plane) for plane in planes]
    parts += [str(drawn.region), drawn.ground_truth, str(drawn.removed), str(drawn.window)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
