"""Margins: how much worse a score may get before it counts, absolute, relative or in errors."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from bench.core.errors import BadInput
from bench.judge.paired import Paired
from bench.judge.scores import ScoreKey, ScoreValues

__all__ = ["DEFAULT_MARGINS", "Margin", "default_margin", "parse_margin"]

_FORM = re.compile(r"([+-]?)(\d+(?:\.\d+)?(?:e-?\d+)?)\s*(%|se)?")


@dataclass(frozen=True)
class Margin:
    """A margin.

    Attributes:
        size: at least 0.
        kind: "absolute" in the score's own unit; "relative" as a share of the score before;
            "errors" in standard errors of the paired difference.
        sign: "-" or "+" where it was written with one, else "".
    """

    size: float
    kind: Literal["absolute", "relative", "errors"] = "absolute"
    sign: Literal["", "+", "-"] = ""

    def amount(self, before: float, difference: Paired) -> float:
        """The margin in the score's unit.

        Args:
            before: the score that it is relative to.
            difference: whose standard error counts; with none there is no slack.
        """
        if self.kind == "relative":
            return self.size * abs(before) if math.isfinite(before) else 0.0
        if self.kind == "errors":
            return self.size * (difference.error or 0.0)
        return self.size

    def check(self, score: ScoreValues, where: str) -> None:
        """Refuses a sign that points to the better.

        Raises:
            BadInput: with the place and what was meant.
        """
        bad = "-" if score.better == "higher" else "+"
        if self.sign and self.sign != bad:
            raise BadInput(
                f"{where}: {score.key.metric} is better {score.better}, so a margin of "
                f"{self} allows nothing; write {bad}{str(self).lstrip('+-')} or leave the sign out"
            )

    def __str__(self) -> str:
        if self.kind == "relative":
            return f"{self.sign}{self.size * 100:g}%"
        return f"{self.sign}{self.size:g}{'se' if self.kind == 'errors' else ''}"


DEFAULT_MARGINS: tuple[tuple[str, Margin], ...] = (
    # The order matters: the first prefix that fits. The sizes are what papers' tables show as one
    # step: a tenth of a decibel, the third digit of SSIM, a point of mIoU.
    ("psnr", Margin(0.1)),
    ("ssim", Margin(0.005)),
    ("miou", Margin(0.01)),
    ("accuracy", Margin(0.01)),
    ("lpips", Margin(0.02, "relative")),
    ("kid", Margin(0.05, "relative")),
    ("", Margin(0.03, "relative")),
)
"""Margins without a policy, by the beginning of the score's name."""


def default_margin(key: ScoreKey) -> Margin:
    """The margin of a score that no policy speaks of."""
    return next(margin for prefix, margin in DEFAULT_MARGINS if key.metric.startswith(prefix))


def parse_margin(text: str | float, where: str) -> Margin:
    """A margin as a policy writes it: 0.1, "1%", "-1%", "2se".

    Raises:
        BadInput: another form, with the place it stands at.
    """
    found = _FORM.fullmatch(str(text).strip())
    if found is None:
        raise BadInput(
            f"{where}: {text!r} is no margin; write an amount (0.1), a share (1%) or standard "
            "errors (2se)"
        )
    sign, digits, unit = found.groups()
    size = float(digits)
    if unit == "%":
        return Margin(size / 100, "relative", sign)  # type: ignore[arg-type]
    return Margin(size, "errors" if unit == "se" else "absolute", sign)  # type: ignore[arg-type]
