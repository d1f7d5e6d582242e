"""Hashes that go with scores: over readable records, arrays and tensors.

A record is hashed as canonical JSON (sorted keys, no spaces, UTF-8), so that the same facts give the
same hash on any machine, and the record itself is kept beside the hash so that a difference can be
named in words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Record", "array_hash", "differing_fields", "file_hash", "record_hash", "tensors_hash"]

Record = Mapping[str, Any]
"""A JSON-like mapping: the readable side of a hash."""


def record_hash(record: Record) -> str:
    """SHA-256 (hex) over the canonical JSON of `record`."""
    text = json.dumps(
        record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def array_hash(array: NDArray[Any]) -> str:
    """SHA-256 (hex) over dtype, shape and little-endian C-order bytes of one array."""
    return tensors_hash([("", array)])


def tensors_hash(tensors: Iterable[tuple[str, NDArray[Any]]]) -> str:
    """SHA-256 (hex) over named arrays in the order of their names: a network's identity.

    Only what is passed counts, so a file with unused tensors beside them has the same identity.
    """
    state = hashlib.sha256()
    for name, array in sorted(tensors, key=lambda item: item[0]):
        plain = np.ascontiguousarray(array)
        little = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
        state.update(f"{name}|{little.dtype.str}|{plain.shape}|".encode())
        state.update(little.tobytes())
    return state.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 (hex) over a file's bytes."""
    with path.open("rb") as file:
        state = hashlib.sha256()
        while block := file.read(1 << 20):
            state.update(block)
        return state.hexdigest()


def differing_fields(left: Record, right: Record, prefix: str = "") -> list[str]:
    """The fields in which two records differ, as "path: left against right", sorted by path."""
    found: list[str] = []
    for key in sorted({*left, *right}):
        path = f"{prefix}{key}"
        one, two = left.get(key), right.get(key)
        if isinstance(one, Mapping) and isinstance(two, Mapping):
            found += differing_fields(one, two, f"{path}.")
        elif one != two:
            found.append(f"{path}: {json.dumps(one)} against {json.dumps(two)}")
    return found
