"""Surface patterns: fields in [0,1] that mix a second colour into a surface.

A pattern sees coordinates in its own cells: u [1,w] or [h,w] across, v [h,1] down. Edges are soft,
so that a pattern finer than the pixels fades instead of breaking up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.scenes.noise import Float, cell_value, fractal_noise

__all__ = ["PATTERNS", "Texture"]

Pattern = Callable[[Float, Float, int], Float]


def _wave(t: Float) -> Float:
    """A smooth wave of period 1 in [0,1], from 0 at whole numbers to 1 halfway."""
    part = t - np.floor(t)
    part = 1.0 - np.abs(part * 2.0 - 1.0)
    return part * part * (3.0 - 2.0 * part)


def _edge(t: Float, share: float) -> Float:
    """1 in the first `share` of each period, with soft ends; else 0."""
    part = t - np.floor(t)
    near = np.minimum(part, 1.0 - part)
    return np.clip((share / 2 - near) * 12.0 + 0.5, 0.0, 1.0)


def _mottle(u: Float, v: Float, seed: int) -> Float:
    return np.clip(fractal_noise(u, v, seed, 3) * 2.2 - 0.6, 0.0, 1.0)


def _leaves(u: Float, v: Float, seed: int) -> Float:
    return np.clip(fractal_noise(u * 1.6, v * 1.6, seed, 2) * 5.0 - 2.0, 0.0, 1.0)


def _fibres(u: Float, v: Float, seed: int) -> Float:
    return fractal_noise(u * 3.0, v * 0.35, seed, 2)


def _grass(u: Float, v: Float, seed: int) -> Float:
    return np.clip(fractal_noise(u * 2.5, v * 0.9, seed, 2) * 2.4 - 0.7, 0.0, 1.0)


def _stripes(u: Float, v: Float, seed: int) -> Float:
    del seed
    return np.clip(_wave(u) * 3.0 - 1.0, 0.0, 1.0) + v * 0.0


def _bands(u: Float, v: Float, seed: int) -> Float:
    del seed
    return np.clip(_wave(v) * 3.0 - 1.0, 0.0, 1.0) + u * 0.0


def _plaid(u: Float, v: Float, seed: int) -> Float:
    return (_stripes(u, v, seed) + _bands(u, v, seed)) * 0.5


def _checks(u: Float, v: Float, seed: int) -> Float:
    del seed
    across, down = np.clip(_wave(u) * 4.0 - 1.5, 0.0, 1.0), np.clip(_wave(v) * 4.0 - 1.5, 0.0, 1.0)
    return across + down - across * down * 2.0


def _dots(u: Float, v: Float, seed: int) -> Float:
    del seed
    row = np.floor(v)
    across = u + row * 0.5
    across, down = across - np.floor(across) - 0.5, v - row - 0.5
    away = across * across + down * down
    return np.clip((0.09 - away) * 16.0, 0.0, 1.0)


def _bricks(u: Float, v: Float, seed: int) -> Float:
    row = np.floor(v)
    across = u * 0.5 + row * 0.5
    tone = cell_value(np.floor(across), row, seed) * 0.55
    mortar = np.maximum(_edge(across, 0.09), _edge(v, 0.18))
    return np.maximum(tone, mortar)


def _planks(u: Float, v: Float, seed: int) -> Float:
    column = np.floor(u)
    along = v * 0.22 + cell_value(column, column * 0.0, seed) * 1.0
    tone = cell_value(column, np.floor(along), seed) * 0.6
    return np.maximum(tone, np.maximum(_edge(u, 0.1), _edge(along, 0.03)))


def _ripples(u: Float, v: Float, seed: int) -> Float:
    row = np.floor(v * 2.0)
    glint = _wave(u * 0.3 + cell_value(row * 0.0, row, seed) * 7.0)
    return np.clip(glint * 1.6 - 0.5, 0.0, 1.0) * _wave(v * 2.0)


def _panes(u: Float, v: Float, seed: int) -> Float:
    across, down = u - np.floor(u) - 0.5, v - np.floor(v) - 0.5
    hole = np.maximum(np.abs(across) - 0.26, np.abs(down) - 0.31)
    lit = cell_value(np.floor(u), np.floor(v), seed) * 0.5 + 0.5
    return np.clip(0.5 - hole * 14.0, 0.0, 1.0) * lit


def _tiles(u: Float, v: Float, seed: int) -> Float:
    tone = cell_value(np.floor(u), np.floor(v), seed) * 0.3
    return np.maximum(tone, np.maximum(_edge(u, 0.1), _edge(v, 0.1)))


PATTERNS: Mapping[str, Pattern] = {
    "bands": _bands,
    "bricks": _bricks,
    "checks": _checks,
    "dots": _dots,
    "fibres": _fibres,
    "grass": _grass,
    "leaves": _leaves,
    "mottle": _mottle,
    "plaid": _plaid,
    "panes": _panes,
    "planks": _planks,
    "ripples": _ripples,
    "stripes": _stripes,
    "tiles": _tiles,
}
"""Every pattern by name."""


@dataclass(frozen=True)
class Texture:
    """A pattern on a surface.

    Attributes:
        pattern: a key of `PATTERNS`.
        scale: pattern cells per unit.
        amount: how much of the second colour the pattern mixes in at most, 0..1.
        seed: of the pattern's noise.
        vanish: (x, y) of the vanishing point for patterns in perspective, or None.
        plane: where a pattern in perspective lies: on the ground, or on a wall along the view.
    """

    pattern: str
    scale: float
    amount: float
    seed: int
    vanish: tuple[float, float] | None = None
    plane: Literal["ground", "wall"] = "ground"

    def field(self, x: Float, y: Float) -> Float:
        """How much of the second colour, float64 [h,w] in 0..amount, for x [1,w] and y [h,1]."""
        draw = PATTERNS[self.pattern]
        if self.vanish is None:
            return draw(x * self.scale, y * self.scale, self.seed) * self.amount
        right, below = x - self.vanish[0], y - self.vanish[1]
        depth = np.maximum(below if self.plane == "ground" else np.abs(right), 0.02)
        away = 1.0 / depth
        u, v = (right * away, away) if self.plane == "ground" else (away, below * away)
        fade = np.clip(depth * 4.0 - 0.15, 0.0, 1.0) * self.amount
        scale = self.scale * 0.3
        return draw(u * scale, v * scale, self.seed) * fade
