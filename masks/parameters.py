"""Parameters of protocols: dataclass fields that know their kind and range.

A field of a protocol is declared by `whole`, `real`, `choice`, `names`, `folder` or `text`, which give
its range and what it means, or plainly (`share: float = 0.5`), which accepts any value of its default's
kind. A value of the wrong kind or range is refused when the protocol is made.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from masks.spec import MaskError

__all__ = [
    "Parameter",
    "choice",
    "folder",
    "names",
    "parameters_of",
    "places",
    "real",
    "text",
    "whole",
]

Check = Callable[[Any], Any]
"""Gives the value as it is kept, or raises TypeError or ValueError."""


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter of a protocol.

    Attributes:
        name: of the field.
        default: its default value; `dataclasses.MISSING` where a value must be given.
        expected: what is accepted, as words after "must be".
        summary: what it means; empty where nothing is said.
        check: gives a value as it is kept, or raises TypeError or ValueError.
        place: whether it is the path of a folder.
    """

    name: str
    default: Any
    expected: str
    summary: str
    check: Check = dataclasses.field(repr=False, compare=False)
    place: bool = False


def parameters_of(kind: type) -> tuple[Parameter, ...]:
    """The parameters of a class of protocols, in declared order.

    Raises:
        MaskError: where the class is no dataclass.
    """
    if not dataclasses.is_dataclass(kind):
        raise MaskError(f"{kind.__name__} is not a dataclass; decorate it: @dataclass(frozen=True)")
    found = []
    for field in dataclasses.fields(kind):
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        plain, words = _plain(default)
        said = field.metadata
        found.append(
            Parameter(
                field.name,
                default,
                said.get("expected", words),
                said.get("summary", ""),
                said.get("check", plain),
                said.get("place", False),
            )
        )
    return tuple(found)


def places(kind: type) -> frozenset[str]:
    """The names of the parameters of a class of protocols that are paths of folders.

    Raises:
        MaskError: as `parameters_of`.
    """
    return frozenset(one.name for one in parameters_of(kind) if one.place)


def whole(default: int, low: int, high: int, summary: str) -> Any:
    """An integer parameter in low..high."""

    def check(value: Any) -> int:
        kept = _whole(value)
        if not low <= kept <= high:
            raise ValueError
        return kept

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
    return _field(default, _text, "text", summary)


def folder(default: str, summary: str) -> Any:
    """A parameter that is the path of a folder."""
    return _field(default, _text, "text", summary, place=True)


def _field(default: Any, check: Check, expected: str, summary: str, place: bool = False) -> Any:
    metadata = {"check": check, "expected": expected, "summary": summary, "place": place}
    return dataclasses.field(default=default, metadata=metadata)


def _plain(default: Any) -> tuple[Check, str]:
    """What a plainly declared field accepts, by its default's kind, and the words for it."""
    if isinstance(default, bool):
        return _flag, "true or false"
    if isinstance(default, int):
        return _whole, "an integer"
    if isinstance(default, float):
        return _number, "a number"
    if isinstance(default, str):
        return _text, "text"
    if isinstance(default, tuple):
        return _listed, "a list"
    return _any, "any value"


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if isinstance(value, (bool, str)) or int(value) != value:
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, (bool, str)) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _listed(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str):
        raise TypeError
    return tuple(value)


def _any(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
