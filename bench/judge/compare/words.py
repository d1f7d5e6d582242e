"""How a comparison's numbers are written, the same in every output."""

from __future__ import annotations

import html
import math

from bench.judge.compare.pairing import Pair

__all__ = ["difference", "markdown_cell", "number", "values"]


def number(value: float | None) -> str:
    """Four significant digits; an empty string for none."""
    if value is None:
        return ""
    return f"{value:.4g}" if math.isfinite(value) else str(value)


def values(pair: Pair) -> str:
    """The two scores: "25.13 -> 24.02 dB"."""
    unit = f" {pair.after.unit}" if pair.after.unit else ""
    return f"{number(pair.before.value)} -> {number(pair.after.value)}{unit}"


def difference(pair: Pair, interval: tuple[float, float] | None) -> str:
    """The difference with its interval: "-1.11 [-1.3, -0.9]"."""
    ends = f" [{interval[0]:+.3g}, {interval[1]:+.3g}]" if interval is not None else ""
    return f"{pair.difference.estimate:+.4g}{ends}"


def markdown_cell(text: str) -> str:
    """Text that stays inside its cell of a Markdown table and is never read as markup."""
    plain = html.escape(" ".join(text.split()), quote=False)
    for sign in "\\|`*_[]":
        plain = plain.replace(sign, f"\\{sign}")
    return plain
