"""A wrong suite, explained: source, line, field, value, what was expected."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bench.core.errors import number_hint

__all__ = ["explain", "line_of"]


def explain(error: ValidationError, model: type[BaseModel], text: str, source: str) -> str:
    """One sentence for the first thing wrong in `text`, with the line it stands on."""
    details = error.errors(include_url=False)[0]
    path = _as_written(details["loc"] or _named_in(details["msg"]), text)
    where = ".".join(str(part) for part in path)
    line = line_of(text, path)
    place = f"{source}, line {line}" if line else source
    more = f" ({error.error_count() - 1} more below it)" if error.error_count() > 1 else ""
    return f"{place}: {_sentence(details, where, model)}{more}"


def _named_in(message: str) -> tuple[str | int, ...]:
    """The path that a check of several fields at once names before its first colon."""
    named = re.match(r"Value error, ([\w.-]+): ", message)
    parts = named.group(1).split(".") if named else []
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _sentence(details: ErrorDetails, where: str, model: type[BaseModel]) -> str:
    kind = details["type"]
    if kind == "extra_forbidden":
        name = str(details["loc"][-1])
        near = difflib.get_close_matches(name, _all_fields(model), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"there is no field {where!r}{hint}"
    if kind == "missing":
        return f"the field {where!r} is missing"
    if kind == "value_error":
        message = details["msg"].removeprefix("Value error, ")
        return f"{where}: {message}" if details["loc"] else message
    value = details["input"]
    return f"{where} is {value!r}; expected: {details['msg']}{number_hint(value)}"


def _all_fields(model: type[BaseModel]) -> list[str]:
    """The field names of the schema and of all models inside it."""
    schema = model.model_json_schema()
    tables = [schema, *schema.get("$defs", {}).values()]
    return sorted({name for table in tables for name in table.get("properties", {})})


def _as_written(path: Sequence[str | int], text: str) -> list[str | int]:
    """The error's path without the parts that stand for union branches and not for the file."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    kept: list[str | int] = []
    for i, part in enumerate(path):
        child = _child(node, part)
        if child is not None:
            node = child
            kept.append(part)
        elif i == len(path) - 1 and isinstance(node, yaml.MappingNode):
            kept.append(part)
    return kept


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """The line on which the value at `path` stands, from 1, as far as the path is in the file."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line: int | None = None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            key = next((k for k, _ in node.value if k.value == str(part)), None)
            line = key.start_mark.line + 1 if key is not None else line
        child = _child(node, part)
        if child is None:
            break
        node = child
        if not isinstance(part, str):
            line = node.start_mark.line + 1
    return line


def _child(node: yaml.Node | None, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((v for k, v in node.value if k.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child
    return None
