"""Harmonic fill: the smoothest surface that meets the known pixels (Laplace's equation)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg
from torch import Tensor

from bench.batch import EditBatch

__all__ = ["Diffusion"]

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


class Diffusion:
    """Harmonic fill, as heat diffuses; no diffusion model. Mid grey where nothing is known.

    Each hidden pixel is the mean of its 4 neighbours. Suites and stored runs call it `diffusion`, by
    which a reader of today takes a learned model: tables say its title.
    """

    title: ClassVar[str] = "harmonic fill"
    needs: ClassVar[frozenset[str]] = frozenset()

    def edit(self, batch: EditBatch) -> Tensor:
        """Masked regions filled harmonically, float32 [B,3,H,W] in [-1,1].

        The image's border lets nothing through (a pixel there is the mean of the neighbours that
        it has), and the linear system is solved exactly.
        """
        images = batch.masked.cpu().double().numpy()
        masks = batch.masked_region[:, 0].cpu().numpy()
        filled = np.stack([_fill(image, mask) for image, mask in zip(images, masks)])
        return torch.from_numpy(filled).float().to(batch.masked.device)


def _fill(image: Float64, mask: Bool) -> Float64:
    filled: Float64 = image.copy()
    if mask.all():
        filled[:] = 0
    if mask.all() or not mask.any():
        return filled
    system, known = _laplace(mask)
    right: Float64 = known @ image[:, ~mask].T  # [unknowns, 3]
    solution: Float64 = linalg.splu(system).solve(right)
    filled[:, mask] = solution.T
    return filled


def _laplace(mask: Bool) -> tuple[sparse.csc_matrix, sparse.csr_matrix]:
    """The system over hidden pixels, and the matrix that brings the known ones to its right side."""
    number = np.full(mask.shape, -1)
    number[mask] = np.arange(mask.sum())
    number[~mask] = np.arange((~mask).sum())
    pairs = [
        (number[:, 1:], number[:, :-1], mask[:, 1:], mask[:, :-1]),
        (number[1:, :], number[:-1, :], mask[1:, :], mask[:-1, :]),
    ]
    inner: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    outer: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for one, two, one_hidden, two_hidden in pairs:
        for a, b, a_hidden, b_hidden in (
            (one, two, one_hidden, two_hidden),
            (two, one, two_hidden, one_hidden),
        ):
            inner.append((a[a_hidden & b_hidden], b[a_hidden & b_hidden]))
            outer.append((a[a_hidden & ~b_hidden], b[a_hidden & ~b_hidden]))
    count, known = int(mask.sum()), int((~mask).sum())
    neighbours = _ones(inner, (count, count))
    rim = _ones(outer, (count, known))
    degree = np.asarray(neighbours.sum(axis=1)).ravel() + np.asarray(rim.sum(axis=1)).ravel()
    return sparse.csc_matrix(sparse.diags(degree) - neighbours), rim


def _ones(
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]], shape: tuple[int, int]
) -> sparse.csr_matrix:
    rows = np.concatenate([a for a, _ in pairs])
    columns = np.concatenate([b for _, b in pairs])
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
