"""Random streams that depend on nothing but their name.

A stream is named by its parts ("freeform@1", dataset, scene, seed, sample, ...). Algorithm: every
part is written with its kind and length, so that no two lists of parts read the same; SHA-256 of
that is the key and the counter of a Philox4x64-10 generator, of which only the raw 64-bit words
are used (NumPy keeps those stable, not the methods of `Generator`: NEP 19). Numbers are made from
words here, one word for each number, in integers or in float operations that IEEE 754 rounds
correctly, so that the n-th number of a stream is the same on every machine. Nothing is ever drawn
from a global state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Stream", "words_of"]

UInt64 = NDArray[np.uint64]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class Stream:
    """The random stream named by `parts`; two streams of equal parts give equal words.

    Text and integers are different parts ("1" is not 1), and where one part ends matters ("ab", "c"
    is not "a", "bc").

    Raises:
        TypeError: where a part is neither text nor an integer (a bool is no integer here).
    """

    def __init__(self, *parts: str | int) -> None:
        digest = hashlib.sha256(_written(parts)).digest()
        # An array of two words is the fast way into Philox; an integer key is split by NumPy.
        words = np.frombuffer(digest, dtype="<u8").astype(np.uint64)
        counter = np.array([0, 0, words[2], words[3]], dtype=np.uint64)
        self._source = np.random.Philox(key=words[:2], counter=counter)

    def words(self, n: int) -> UInt64:
        """The next n raw words, uint64 [n]."""
        raw: UInt64 = self._source.random_raw(n)
        return raw

    def integers(self, low: int, high: int, n: int) -> Int64:
        """The next n integers, int64 [n] in low..high-1.

        Uses the upper 32 bits of a word, scaled; the bias is below (high - low) / 2**32.

        Raises:
            ValueError: where the range is empty or wider than 2**31.
        """
        return scaled(self.words(n), low, high)

    def uniforms(self, n: int) -> Float64:
        """The next n numbers in [0, 1), float64 [n], multiples of 2**-53."""
        uniforms: Float64 = (self.words(n) >> np.uint64(11)) * 2.0**-53
        return uniforms

    def choice(self, items: int, n: int) -> Int64:
        """Draws n different ones of the numbers 0..items-1 in drawn order, int64 [n].

        Raises:
            ValueError: where n is larger than `items`.
        """
        if not 0 <= n <= items:
            raise ValueError(f"cannot choose {n} different ones of {items}")
        pool: Int64 = np.arange(items, dtype=np.int64)
        for i, word in enumerate(self.words(n)):
            j = int(scaled(np.array([word]), i, items)[0])
            pool[i], pool[j] = pool[j], pool[i]
        chosen: Int64 = pool[:n].copy()
        return chosen


def words_of(names: Sequence[tuple[str | int, ...]], n: int) -> UInt64:
    """The first n words of many streams, uint64 [len(names), n]."""
    words = np.empty((len(names), n), dtype=np.uint64)
    for row, name in zip(words, names, strict=True):
        row[:] = Stream(*name).words(n)
    return words


def scaled(words: UInt64, low: int, high: int) -> Int64:
    """One integer in low..high-1 for each word, int64 of the same shape."""
    span = high - low
    if not 0 < span <= 2**31:
        raise ValueError(f"no integers in {low}..{high - 1}")
    upper = (words >> np.uint64(32)) * np.uint64(span)
    integers: Int64 = (upper >> np.uint64(32)).astype(np.int64) + low
    return integers


def _written(parts: tuple[str | int, ...]) -> bytes:
    written = []
    for part in parts:
        if isinstance(part, str):
            kind, text = b"s", part.encode("utf-8", "surrogatepass")
        elif isinstance(part, (int, np.integer)) and not isinstance(part, bool):
            kind, text = b"i", b"%d" % part
        else:
            raise TypeError(f"a stream is named by text and integers, not by {part!r}")
        written += [kind, len(text).to_bytes(8, "little"), text]
    return b"".join(written)
