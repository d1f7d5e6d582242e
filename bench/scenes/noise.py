"""Noise from a hash of lattice points: the same on every machine, at any resolution.

Coordinates are in lattice cells. Everything is uint32 arithmetic (which wraps alike everywhere) or
+ - * / on float64 (which IEEE 754 rounds alike everywhere); no function of a math library is used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Float", "cell_value", "fractal_noise", "pixel_grain", "ridge", "value_noise"]

Float = NDArray[np.float64]
_UInt32 = NDArray[np.uint32]

_ACROSS = np.uint32(0x9E3779B1)
_DOWN = np.uint32(0x85EBCA77)
_MIX = np.uint32(0x7FEB352D)
_MIX_AGAIN = np.uint32(0x846CA68B)
_UNIT = 1.0 / 4294967296.0


def cell_value(across: Float, down: Float, seed: int) -> Float:
    """A value in [0,1) for each integer cell (across, down); the inputs broadcast."""
    mixed = _wrapped(across) * _ACROSS ^ _wrapped(down) * _DOWN ^ np.uint32(seed & 0xFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint32(16))) * _MIX
    mixed = (mixed ^ (mixed >> np.uint32(15))) * _MIX_AGAIN
    mixed = mixed ^ (mixed >> np.uint32(16))
    values: Float = mixed.astype(np.float64) * _UNIT
    return values


def value_noise(across: Float, down: Float, seed: int) -> Float:
    """Smooth noise in [0,1), float64 [h,w], for one row `across` [1,w] and one column `down` [h,1].

    Random values at the lattice points, joined by smoothstep curves.
    """
    column, row = np.floor(across[0]), np.floor(down[:, 0])
    left, top = column.min(), row.min()
    grid_across = np.arange(column.max() - left + 2.0)[None, :] + left
    grid_down = np.arange(row.max() - top + 2.0)[:, None] + top
    grid = cell_value(grid_across, grid_down, seed)
    at = (column - left).astype(np.intp)
    part = _smooth(across[0] - column)
    lines = grid[:, at]
    lines = lines + (grid[:, at + 1] - lines) * part
    at = (row - top).astype(np.intp)
    part = _smooth(down[:, 0] - row)[:, None]
    above = lines[at]
    smooth: Float = above + (lines[at + 1] - above) * part
    return smooth


def fractal_noise(across: Float, down: Float, seed: int, octaves: int = 3) -> Float:
    """Value noise at `octaves` scales, each twice as fine and half as strong; in [0,1)."""
    total = value_noise(across, down, seed)
    weight, reach = 1.0, 1.0
    for octave in range(1, octaves):
        weight *= 0.5
        reach += weight
        scale = float(1 << octave)
        total = total + value_noise(across * scale, down * scale, seed + 101 * octave) * weight
    return total / reach


def ridge(across: Float, seed: int, octaves: int = 3) -> Float:
    """A line of fractal noise in [0,1), float64 [1,w], for positions [1,w]: an outline."""
    return fractal_noise(across, np.zeros((1, 1)), seed, octaves)


def pixel_grain(height: int, width: int, seed: int) -> Float:
    """Independent values in [-0.5,0.5), float64 [height,width]: film grain."""
    return (
        cell_value(np.arange(float(width))[None, :], np.arange(float(height))[:, None], seed) - 0.5
    )


def _wrapped(cells: Float) -> _UInt32:
    return cells.astype(np.int64).astype(np.uint32)


def _smooth(part: Float) -> Float:
    return part * part * (3.0 - 2.0 * part)
