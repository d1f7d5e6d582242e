"""Keyed draws for composing scenes: the same key gives the same draws on every machine.

Every object draws from a child of its scene's dice, named for the object: adding a draw to one
object changes no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from masks.streams import Stream

__all__ = ["Dice"]

T = TypeVar("T")

_BLOCK = 32
"""Words taken from the stream at a time; most objects need fewer."""


class Dice:
    """Draws from the stream of a key (label space, scene id, and the names of children below)."""

    def __init__(self, *key: str | int) -> None:
        self._key = key
        self._stream = Stream(*key)
        self._words: list[int] = []

    def child(self, *key: str | int) -> Dice:
        """Dice of their own for a part of the scene."""
        return Dice(*self._key, *key)

    def seed(self) -> int:
        """A 32-bit seed for noise."""
        if not self._words:
            self._words = [int(word) >> 32 for word in self._stream.words(_BLOCK)[::-1]]
        return self._words.pop()

    def unit(self) -> float:
        """Uniform in [0,1), a multiple of 2**-32."""
        return self.seed() / 4294967296.0

    def between(self, low: float, high: float) -> float:
        """Uniform from `low` to `high`."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """A whole number in low..high, both included."""
        return low + ((self.seed() * (high - low + 1)) >> 32)

    def chance(self, share: float) -> bool:
        """True with probability `share`."""
        return self.unit() < share

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each as likely."""
        return options[self.whole(0, len(options) - 1)]

    def side(self) -> float:
        """-1 or 1."""
        return 1.0 if self.chance(0.5) else -1.0

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """The options in random order."""
        left = list(options)
        return [left.pop(self.whole(0, len(left) - 1)) for _ in options]
