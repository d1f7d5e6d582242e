"""How numbers are printed: as many decimals as a column needs, the same for its every row."""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["decimals_for", "duration", "large", "printed", "printed_interval"]


MINUS = "\N{MINUS SIGN}"

ROUNDING = 1e-8
"""The share of a value that its nine digits do not show."""


def decimals_for(values: Iterable[float]) -> int:
    """Decimals that give the largest of `values` four significant digits, 0 to 4.

    A score whose largest value is 1 (a perfect SSIM, say) prints like one just below it.
    """
    largest = max((abs(value) for value in values if math.isfinite(value)), default=1.0)
    if largest == 0:
        return 2
    if largest == 1:
        return 4
    return min(4, max(0, 3 - math.floor(math.log10(largest))))


def printed(value: float | None, decimals: int) -> str:
    """The value with a true minus sign; an infinite PSNR is "∞", no value is empty."""
    if value is None or math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:.{decimals}f}"
    return text.replace("-", MINUS) if float(text) else text.lstrip("-")


def printed_interval(low: float | None, high: float | None, decimals: int) -> str:
    """As in "2.85 – 5.09"; no interval is empty.

    Where all scenes have one value, their resamples do too. That is told as "no spread" and not as an
    interval from this value to itself, which would say that no scene can have another one.
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    if high - low <= ROUNDING * max(abs(low), abs(high)):
        return "no spread"
    return f"{printed(low, decimals)} – {printed(high, decimals)}"  # noqa: RUF001


def large(count: float | None) -> str:
    """A count in three digits with k, M, G or T: 1_050_000 is "1.05 M"."""
    if count is None or math.isnan(count):
        return ""
    shown = abs(float(f"{count:.3g}"))
    for size, name in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if shown >= size:
            return f"{count / size:.3g}{name}"
    return f"{count:.0f}"


def duration(seconds: float | None) -> str:
    """Seconds as a reader says them: "3 min 21 s"."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{seconds:.3g} s"
