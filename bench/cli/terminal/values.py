"""NAME=VALUE arguments, with values as YAML writes them."""

from __future__ import annotations

from typing import Any

from bench.core.errors import BadInput

__all__ = ["named_values"]


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
