"""Parameters of protocols: dataclass fields that know their kind and range.

A protocol is a frozen dataclass that inherits `Parameters`; each field is declared by `whole`,
`real`, `choice`, `names` or `text`, and a value of the wrong kind or range is refused when the
protocol is made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from masks.errors import MaskError

__all__ = ["Parameters", "choice", "names", "real", "text", "whole"]

Check = Callable[[Any], Any]
"""Gives the value as it is kept, or raises TypeError or ValueError."""


class Parameters:
    """Base of every protocol: checks the fields when it is made.

    Raises:
        MaskError: naming the protocol, the field, the value and what was expected.
    """

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            try:
                kept = field.metadata["check"](value)
            except (TypeError, ValueError, OverflowError):
                key = getattr(self, "key", type(self).__name__)
                raise MaskError(
                    f"{key}: {field.name} must be {field.metadata['expected']}, not {value!r}"
                ) from None
            object.__setattr__(self, field.name, kept)


def whole(default: int, low: int, high: int, summary: str) -> Any:
    """An integer parameter in low..high."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or int(value) != value or not low <= value <= high:
            raise ValueError
        return int(value)

    return _field(default, check, f"an integer from {low} to {high}", summary)


def real(default: float, low: float, high: float, summary: str) -> Any:
    """A number parameter in [low, high]."""

    def check(value: Any) -> float:
        if isinstance(value, (bool, str)) or not low <= value <= high:
            raise ValueError
        return float(value)

    return _field(default, check, f"a number from {low} to {high}", summary)


def choice(default: str, options: tuple[str, ...], summary: str) -> Any:
    """A parameter that is one of a few words."""

    def check(value: Any) -> str:
        if value not in options:
            raise ValueError
        return str(value)

    return _field(default, check, "one of " + ", ".join(map(repr, options)), summary)


def names(default: tuple[str, ...], summary: str) -> Any:
    """A parameter that is a list of names; one name may stand alone."""

    def check(value: Any) -> tuple[str, ...]:
        listed = (value,) if isinstance(value, str) else tuple(value)
        if not all(isinstance(name, str) and name for name in listed):
            raise ValueError
        return listed

    return _field(default, check, "a list of names", summary)


def text(default: str, summary: str) -> Any:
    """A parameter that is any text."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError
        return value

    return _field(default, check, "text", summary)


def _field(default: Any, check: Check, expected: str, summary: str) -> Any:
    metadata = {"check": check, "expected": expected, "summary": summary}
    return dataclasses.field(default=default, metadata=metadata)
