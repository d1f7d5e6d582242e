"""A content-addressed cache on disk for arrays that are dear to compute.

An entry's name is the hash of everything that its value depends on (an image's pixels, a network's
tensors, the preprocessing, the kind of device), so nothing can go stale: other content has another
name. Each file begins with the SHA-256 of what follows; a file that is cut, damaged or no array is
found out when read, and made again: so no write waits for the disk. Files appear whole or not at
all, so any number of processes may share a folder.
"""

from __future__ import annotations

import functools
import hashlib
import io
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.core.atomic import whole_file
from bench.core.errors import BadInput
from bench.core.identity import Record, array_hash, record_hash
from bench.core.variables import home_path, variable

__all__ = ["ArrayCache", "default_folder"]

Array = NDArray[Any]
T = TypeVar("T")
V = TypeVar("V")

_DIGEST = hashlib.sha256().digest_size


ARITHMETIC = 3
"""How networks are computed. Raised with any change that moves a last bit under the same name (2: one
image on one thread, weights laid out once; 3: Inception averages after its 1x1 convolutions), so
that one run never mixes the two."""

_THREADS = 8
"""Entries that are hashed, read or written at a time."""

_PARSING = threading.Lock()
"""Held while an entry is parsed: NumPy reads its header with Python's `ast`, which at times gives a
SystemError ("recursion depth mismatch") where two threads are in it at once (CPython's issue 106905)."""

VARIABLE = "SIEBENCH_CACHE"
"""The environment variable that names another cache folder; empty for no cache."""


def default_folder() -> Path | None:
    """The folder that SIEBENCH_CACHE names (None where it is set and empty), or the user's cache."""
    named = variable(VARIABLE)
    if named is not None:
        return home_path(named, VARIABLE) if named else None
    import platformdirs

    return Path(platformdirs.user_cache_dir("siebench")) / "arrays"


class ArrayCache:
    """Arrays by the hash of what they depend on.

    Args:
        folder: where entries lie; made when the first is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(
        self, record: Record, images: Array, compute: Callable[[Array], Sequence[Array] | Array]
    ) -> list[Array]:
        """One array per image, from the cache where it is there.

        Args:
            record: everything but the image that a value depends on.
            images: [B,...]; each image's bytes are part of its entry's name.
            compute: gives one array per image for those that are not there, [M,...] with M <= B.
        """
        kind = record_hash({**record, "arithmetic": ARITHMETIC})

        def look(image: Array) -> tuple[Path, Array | None]:
            path = self._path(kind, array_hash(image))
            return path, self._read(path)

        looked = self._side_by_side(look, images)
        paths = [path for path, _ in looked]
        found = dict(looked)
        missing = [path for path, array in found.items() if array is None]
        if missing:
            which = [paths.index(path) for path in missing]
            # Where all are missing they are handed on as they came, not as a copy.
            wanted = images if len(which) == len(images) else images[which]
            made = list(compute(wanted))
            found.update(zip(missing, made))
            self._side_by_side(self._write, [*zip(missing, made)])
        return [array for path in paths if (array := found[path]) is not None]

    @functools.cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_THREADS)

    def _side_by_side(self, work: Callable[[T], V], items: Sequence[T] | NDArray[Any]) -> list[V]:
        """What `work` makes of each item: every thread has its share at once, not one by one."""
        share = -(-len(items) // _THREADS)
        shares = [items[start : start + share] for start in range(0, len(items), share)]
        done = self._threads.map(lambda mine: [work(item) for item in mine], shares)
        return [made for each in done for made in each]

    def _path(self, kind: str, content: str) -> Path:
        return self.folder / kind[:16] / content[:2] / f"{content}.array"

    @staticmethod
    def _read(path: Path) -> Array | None:
        try:
            stored = path.read_bytes()
            if hashlib.sha256(stored[_DIGEST:]).digest() != stored[:_DIGEST]:
                return None
            with _PARSING:
                array: Array = np.load(io.BytesIO(stored[_DIGEST:]), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return array

    @staticmethod
    def _write(entry: tuple[Path, Array]) -> None:
        path, array = entry
        packed = io.BytesIO()
        np.save(packed, array, allow_pickle=False)
        payload = packed.getvalue()
        try:
            with whole_file(path, durable=False) as temporary:
                temporary.write_bytes(hashlib.sha256(payload).digest() + payload)
        except BadInput:
            # A full or read-only cache costs time, never a result.
            return
