"""Margins: how much worse a score may get before it counts, absolute, relative or in errors."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from bench.core.errors import BadInput
from bench.judge.paired import Paired
from bench.metrics.facts import MarginKind

__all__ = ["Margin", "parse_margin"]

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
    kind: MarginKind = "absolute"
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

    def __str__(self) -> str:
        if self.kind == "relative":
            return f"{self.sign}{self.size * 100:g}%"
        return f"{self.sign}{self.size:g}{'se' if self.kind == 'errors' else ''}"


def parse_margin(text: str | float, where: str) -> Margin:
    """A margin as a policy writes it: 0.1, "1%", "-1%", "2se".

    Raises:
        BadInput: another form, with the place it stands at.
    """
    found = _FORM.fullmatch(str(text).strip())
    if found is None:
        raise BadInput(
            f"{where}: {text!r} is not a margin; write an amount (0.1), a share (1%) or standard "
            "errors (2se)"
        )
    sign, digits, unit = found.groups()
    size = float(digits)
    if unit == "%":
        return Margin(size / 100, "relative", sign)  # type: ignore[arg-type]
    return Margin(size, "errors" if unit == "se" else "absolute", sign)  # type: ignore[arg-type]
