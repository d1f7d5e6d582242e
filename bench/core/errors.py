"""What can go wrong, as the sentences that a user reads.

Every message says where, what and what to do, in one sentence. The command line turns `BadInput` into
exit code 2 without a traceback; `EditFailed` marks one edit as failed and lets the run go on.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = [
    "BadInput",
    "EditFailed",
    "PluginFailed",
    "Unavailable",
    "first_fault",
    "first_line",
    "named_line",
    "number_hint",
    "unknown",
]

_EXPONENT = re.compile(r"(?P<digits>[-+]?\d+)(?P<point>\.\d+)?[eE](?P<sign>[-+]?)(?P<power>\d+)")


class BadInput(Exception):  # noqa: N818 - the word users read in the documentation
    """Input, usage or a comparison that cannot be accepted (exit code 2)."""


class Unavailable(BadInput):
    """An optional part that is not here (weights, a package): reported, and nothing else is hurt."""


class PluginFailed(BadInput):
    """Foreign code that raised where it must not; the exception behind it is its `__cause__`."""


class EditFailed(Exception):  # noqa: N818
    """One edit that an editor cannot carry out; the rest of the run is still worth having.

    Args:
        message: why, in one sentence.
        log: what a program that did the work printed, kept beside the traceback; "" where nothing.
    """

    def __init__(self, message: str = "", *, log: str = "") -> None:
        super().__init__(message)
        self.log = log


def unknown(what: str, name: str, known: Iterable[str]) -> BadInput:
    """The error for a name that is not known, with the nearest known one.

    Args:
        what: the kind of thing, as in "editor".
        name: what was asked for.
        known: every name that would have been accepted.
    """
    names = sorted(known)
    near = [one for one in names if one.casefold() == name.casefold()]
    near = near or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names) or 'none'}"
    return BadInput(f"unknown {what} {name!r}; {hint}")


def first_fault(error: ValidationError) -> tuple[str, str]:
    """What a model objects to first: the field, as "data.count" or "" for all of it, and why.

    A field that is missing beside an unknown one of nearly its name is misspelt: that one is named.
    """
    faults = error.errors()
    first = faults[0]
    *place, name = (str(part) for part in first["loc"]) if first["loc"] else ("",)
    if first["type"] == "missing":
        beside = {
            str(one["loc"][-1])
            for one in faults
            if one["type"] == "extra_forbidden" and one["loc"][:-1] == first["loc"][:-1]
        }
        for misspelt in difflib.get_close_matches(name, sorted(beside), n=1):
            return ".".join([*place, misspelt]), f"is no field; write {name!r}"
    why = first["msg"].removeprefix("Value error, ")
    return ".".join([*place, name]), why + number_hint(first["input"])


def number_hint(value: object) -> str:
    """What a refusal adds where a value is text that looks like a number; "" for any other value.

    YAML takes a number with an exponent for text where it has no point, or its exponent no sign.

    >>> number_hint("1e-3")
    "; '1e-3' is read as text: write 1.0e-3"
    """
    found = _EXPONENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return ""
    number = float(found[0])
    point, sign = found["point"] or ".0", found["sign"] or "+"
    whole = number.is_integer() and abs(number) < 1e15
    written = str(int(number)) if whole else f"{found['digits']}{point}e{sign}{found['power']}"
    return f"; {value!r} is read as text: write {written}"


def first_line(error: BaseException) -> str:
    """The first line of what an exception says; its name where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def named_line(error: BaseException) -> str:
    """The name of an exception and the first line of what it says; its name where it says nothing."""
    name, line = type(error).__name__, first_line(error)
    return line if line == name else f"{name}: {line}"
