"""Hashes that go with scores: over readable records, arrays and tensors.

A record is hashed as canonical JSON (sorted keys, no spaces, UTF-8), so that the same facts give the
same hash on any machine, and the record itself is kept beside the hash so that a difference can be
named in words.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Difference",
    "Record",
    "array_hash",
    "checked_record",
    "differences",
    "differing_fields",
    "file_hash",
    "record_hash",
    "said",
    "tensors_hash",
]

Record = Mapping[str, Any]
"""A JSON-like mapping: the readable side of a hash."""

_HASH = re.compile("[0-9a-f]{64}")


def record_hash(record: Record) -> str:
    """SHA-256 (hex) over the canonical JSON of `record`."""
    text = json.dumps(
        record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def checked_record(record: object) -> Record:
    """The record as a plain dictionary, once it is known that it can be hashed.

    Raises:
        TypeError: where it is no mapping, or holds what JSON has no word for.
        ValueError: where a number in it is not finite, or it holds itself.
    """
    if not isinstance(record, Mapping):
        raise TypeError(f"a {type(record).__name__} is no mapping")
    record_hash({**record, "": ""})  # "": words and numbers as keys cannot be sorted
    return dict(record)


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
        # The bytes where they lie: a copy would keep other threads from the interpreter.
        state.update(little.reshape(-1).view(np.uint8).data)
    return state.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 (hex) over a file's bytes."""
    with path.open("rb") as file:
        state = hashlib.sha256()
        while block := file.read(1 << 20):
            state.update(block)
        return state.hexdigest()


@dataclass(frozen=True)
class Difference:
    """A field in which two records differ: its dotted path, and the value on either side."""

    path: str
    left: Any
    right: Any


def differences(left: Record, right: Record, prefix: str = "") -> list[Difference]:
    """The fields in which two records differ, sorted by path.

    Lists of named mappings (a suite's methods) are compared by name, other lists as a whole.
    """
    found: list[Difference] = []
    for key in sorted({*left, *right}):
        one, two = (_by_name(side.get(key)) for side in (left, right))
        if isinstance(one, Mapping) and isinstance(two, Mapping):
            found += differences(one, two, f"{prefix}{key}.")
        elif one != two:
            found.append(Difference(f"{prefix}{key}", one, two))
    return found


def differing_fields(left: Record, right: Record) -> list[str]:
    """The fields in which two records differ, as "path: left against right", sorted by path."""
    return [
        f"{one.path}: {said(one.left)} against {said(one.right)}"
        for one in differences(left, right)
    ]


def said(value: Any) -> str:
    """A record's value inside a sentence; of a hash its beginning."""
    if value is None:
        return "not set"
    if isinstance(value, str) and _HASH.fullmatch(value):
        return value[:12]
    if isinstance(value, Mapping):
        return "set" if value else "empty"
    return json.dumps(value, ensure_ascii=False)


def _by_name(value: Any) -> Any:
    """A list of mappings with different names as a mapping by name; anything else as it is."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return value
    names = [one.get("name") if isinstance(one, Mapping) else None for one in value]
    if None in names or len(set(names)) < len(names):
        return value
    return dict(zip(names, value))
