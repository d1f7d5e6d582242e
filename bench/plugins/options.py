"""The options of a plugin in a suite: what a factory takes, in words, and whether given ones fit."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from bench.core.errors import BadInput, number_hint, unknown

__all__ = ["check_options", "option_lines"]


def check_options(what: str, factory: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Whether a factory takes the options that a suite gives it.

    Args:
        what: as a message begins, "editor 'folder'".
        factory: called with the options as keyword arguments.
        given: the options.

    Raises:
        BadInput: an unknown option (with the nearest known one), one that is missing, or a value of
            another type than the factory's annotation names.
    """
    signature = inspect.signature(factory)
    parameters = signature.parameters.values()
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        known = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        for option in given:
            if option not in known:
                if not known:
                    raise BadInput(f"{what} takes no options, but {option!r} is given")
                raise unknown(f"option of {what}:", option, known)
    try:
        signature.bind(**given)
    except TypeError as error:
        raise BadInput(f"{what}: {error}; give it under `options`") from None
    hints = _types(factory)
    for option, value in given.items():
        if option in hints:
            _check_type(what, option, hints[option], value)


def option_lines(factory: Callable[..., Any]) -> list[str]:
    """One line for each option: its name, what it takes, its default; and who may run foreign code."""
    hints = _types(factory)
    lines = []
    for option in inspect.signature(factory).parameters.values():
        if option.name == "context":
            continue  # what a metric is given by the harness, not by a suite
        if option.name == "trust":
            lines.append("(runs foreign code: a run asks for --trust)")
        elif option.name == "fetch":
            lines.append("(fetches what is not here, where a run says --fetch)")
        else:
            default = option.default
            end = "; required" if default is option.empty else f"; {_word(default)} if left out"
            lines.append(f"{option.name}: {_takes(hints.get(option.name, Any))}{end}")
    return lines


def _types(factory: Callable[..., Any]) -> Mapping[str, Any]:
    """The annotated types of a factory's arguments, by name; empty where they cannot be told."""
    plain = factory.func if isinstance(factory, functools.partial) else factory
    target = plain.__init__ if inspect.isclass(plain) else plain
    try:
        return get_type_hints(target)
    except (NameError, TypeError, AttributeError):  # named for a type checker alone
        return {}


def _check_type(what: str, option: str, hint: Any, value: Any) -> None:
    """Whether a value that YAML gave is of the annotated type.

    Raises:
        BadInput: where it is not; "3" is no number and a number is no text.
    """
    import json

    from pydantic import TypeAdapter, ValidationError
    from pydantic.errors import PydanticUserError

    try:
        # As JSON, a list may stand for a tuple and text for a path, and nothing else is converted.
        TypeAdapter(hint).validate_json(json.dumps(value), strict=True)
    except ValidationError:
        if get_origin(hint) is Literal and isinstance(value, str):
            names = map(str, get_args(hint))
            raise unknown(f"value of {option!r} of {what}:", value, names) from None
        raise BadInput(
            f"{what}: option {option!r} is {value!r}; expected: {_takes(hint)}{number_hint(value)}"
        ) from None
    except (PydanticUserError, TypeError, ValueError):
        return  # a type that no file can hold: the factory itself must judge


def _takes(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(_word(word) for word in get_args(hint))
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(_takes(part) for part in get_args(hint))
    if hint is type(None):
        return "null"
    if hint is bool:
        return "true or false"
    if get_origin(hint) is tuple:
        first, *rest = get_args(hint)
        count = "" if Ellipsis in rest else f" of {1 + len(rest)}"
        return f"list{count} ({_takes(first)})"
    hint = get_origin(hint) or hint
    names = {str: "text", int: "whole number", float: "number", dict: "mapping", Any: "anything"}
    return names.get(hint) or str(getattr(hint, "__name__", hint))


def _word(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
