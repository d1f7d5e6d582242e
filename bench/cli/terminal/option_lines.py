"""An editor's options in the words of a suite's YAML."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from bench.plugins.registry import option_types

__all__ = ["option_lines"]


def option_lines(factory: Callable[..., Any]) -> list[str]:
    """One line for each option: its name, what it takes, its default; and who may run foreign code."""
    hints = option_types(factory)
    lines = []
    for option in inspect.signature(factory).parameters.values():
        if option.name == "trust":
            lines.append("(runs foreign code: a run asks for --trust)")
        else:
            default = option.default
            end = "; required" if default is option.empty else f"; {_word(default)} if left out"
            lines.append(f"{option.name}: {_takes(hints.get(option.name, Any))}{end}")
    return lines


def _takes(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(_word(word) for word in get_args(hint))
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(_takes(part) for part in get_args(hint))
    if hint is type(None):
        return "null"
    if hint is bool:
        return "true or false"
    names = {str: "text", int: "whole number", float: "number", Any: "anything"}
    return names.get(hint) or str(getattr(hint, "__name__", hint))


def _word(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
