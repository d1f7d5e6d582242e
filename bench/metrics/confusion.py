"""Confusion counts in int64, and what IoU and accuracy are made of.

Counting is one pass over the pixels. Label maps have long runs of one pair of labels, so runs are
counted where there are few of them, pixels where there are many: the same counts either way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.scene import Bool, Int32

__all__ = ["Counts", "confusion", "dense", "sparse"]

Int64 = NDArray[np.int64]


def confusion(true: Int32, predicted: Int32, classes: int, mask: Bool | None = None) -> Int64:
    """int64 [classes + 1, classes]: pixels by true and predicted label; the last row is void's.

    Args:
        true: int32 of any shape, in 0..classes-1 or -1 = void.
        predicted: int32 of the same shape, in 0..classes-1.
        classes: K.
        mask: bool of the same shape; only pixels where it is True count.
    """
    if mask is not None:
        true, predicted = true[mask], predicted[mask]
    bins = (classes + 1) * classes
    pairs = _pairs(true.ravel(), predicted.ravel(), classes)
    return _counted(pairs, bins).reshape(classes + 1, classes)


def _pairs(true: Int32, predicted: Int32, classes: int) -> NDArray[np.integer]:
    """Truth * classes + predicted in the narrowest type; void, the largest number, becomes K."""
    narrow = np.uint16 if classes <= 255 else np.uint32
    pairs: NDArray[np.integer] = np.minimum(true.astype(narrow), narrow(classes))
    pairs *= narrow(classes)
    pairs += predicted.astype(narrow)
    return pairs


def _counted(pairs: NDArray[np.integer], bins: int) -> Int64:
    changes = pairs[1:] != pairs[:-1]
    if not pairs.size or 8 * np.count_nonzero(changes) > pairs.size:
        return np.bincount(pairs, minlength=bins).astype(np.int64)
    ends = np.append(np.flatnonzero(changes), pairs.size - 1)
    lengths = np.diff(ends, prepend=-1)
    # Weights are float64, which counts pixels exactly up to 2^53.
    return np.bincount(pairs[ends], weights=lengths, minlength=bins).astype(np.int64)


def sparse(matrix: Int64) -> Int64:
    """A matrix as int64 [bin, count, bin, count, ...] of its bins that are not 0."""
    flat = matrix.ravel()
    bins = np.flatnonzero(flat)
    return np.stack([bins, flat[bins]], axis=1).ravel()


def dense(pairs: Int64, classes: int) -> Int64:
    """The int64 [classes + 1, classes] matrix of `sparse`."""
    matrix = np.zeros((classes + 1) * classes, np.int64)
    flat = np.asarray(pairs, dtype=np.int64)
    matrix[flat[::2]] = flat[1::2]
    return matrix.reshape(classes + 1, classes)


@dataclass(frozen=True, eq=False)
class Counts:
    """What the scores of a set of images are made of; the leading axes are whatever was summed.

    Attributes:
        right: int64 [...,K], pixels of class k that are named k.
        true: int64 [...,K], pixels of class k.
        named: int64 [...,K], pixels named k, not counting void pixels; 0 for classes left out.
        void: int64 [...], void pixels.
    """

    right: Int64
    true: Int64
    named: Int64
    void: Int64

    @classmethod
    def of(cls, matrix: Int64, left_out: Collection[int] = ()) -> Counts:
        """The counts of one matrix [K + 1, K].

        Args:
            matrix: as `confusion` gives it.
            left_out: classes that no pixel can be of: a pixel named so is wrong, and they have no union.
        """
        known = matrix[:-1]
        named = known.sum(axis=0)
        named[list(left_out)] = 0
        return cls(np.diag(known).copy(), known.sum(axis=1), named, matrix[-1].sum())

    @classmethod
    def stacked(cls, several: Sequence[Counts]) -> Counts:
        """One leading axis more."""
        return cls(
            np.stack([one.right for one in several]),
            np.stack([one.true for one in several]),
            np.stack([one.named for one in several]),
            np.stack([one.void for one in several]),
        )

    def by(self, codes: Int64) -> Counts:
        """Summed over the rows of each code: [n,...] to [max(codes) + 1,...]."""
        groups = int(codes.max()) + 1

        def summed(rows: Int64) -> Int64:
            total = np.zeros((groups, *rows.shape[1:]), np.int64)
            np.add.at(total, codes, rows)
            return total

        return Counts(*(summed(part) for part in self._parts))

    def total(self) -> Counts:
        """Summed over the first axis."""
        return Counts(*(np.asarray(part.sum(axis=0)) for part in self._parts))

    def without_each(self) -> Counts:
        """The total without each row of the first axis."""
        return Counts(*(part.sum(axis=0) - part for part in self._parts))

    def without(self, part: Counts) -> Counts:
        """What is left of them without a part of their pixels."""
        return Counts(*(one - other for one, other in zip(self._parts, part._parts)))

    @property
    def kappa(self) -> float:
        """Cohen's kappa (1960) of all pixels: 1 = all are right, 0 = no more than by chance.

        It is nan where all are and are named of one class, and where there are none.
        """
        pixels = float(self.true.sum())
        if not pixels:
            return float("nan")
        agreed = float(self.right.sum()) / pixels
        chance = float(np.dot(self.true / pixels, self.named / pixels))
        return (agreed - chance) / (1 - chance) if chance < 1 else float("nan")

    @property
    def union(self) -> Int64:
        """int64 [...,K]: pixels that are or are named k."""
        return self.true + self.named - self.right

    @property
    def _parts(self) -> tuple[Int64, Int64, Int64, Int64]:
        return self.right, self.true, self.named, self.void
