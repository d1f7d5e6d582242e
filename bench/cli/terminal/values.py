"""Values of options: NAME=VALUE, with values as YAML writes them, and lists of numbers."""

from __future__ import annotations

from typing import Any

from bench.core.errors import BadInput

__all__ = ["named_values", "whole_numbers"]


def named_values(pairs: list[str], flag: str) -> dict[str, Any]:
    """The pairs as a mapping.

    Raises:
        BadInput: where one is not of that form, with the flag that it was given to.
    """
    from bench.core.documents import parse_yaml

    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise BadInput(f"{flag} {pair!r} is not of the form NAME=VALUE")
        found[name] = parse_yaml(value, f"{flag} {name}")
    return found


def whole_numbers(text: str, flag: str) -> list[int]:
    """The numbers of a list with commas, "0,1,2"; none of an empty text.

    Raises:
        BadInput: where one is no whole number of at least 0, with the flag that it was given to.
    """
    try:
        found = [int(one) for one in text.split(",") if one.strip()]
    except ValueError:
        found = [-1]
    if any(number < 0 for number in found):
        raise BadInput(f"{flag} {text!r}: write whole numbers from 0 on with commas, as 0,1,2")
    return found
