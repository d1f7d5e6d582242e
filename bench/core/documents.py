"""YAML and JSON from anywhere, read within bounds.

Every YAML and JSON file of the project goes through here, since any of them may come from somebody
else. What comes out is plain: mappings with text as keys or numbers, lists, text, finite numbers,
true, false and null. What is refused, in one sentence with the file and the line:

| in the file | why |
| --- | --- |
| nesting beyond `DEPTH` levels | everything that walks a document recurses |
| YAML aliases that refer to themselves, or write out to more than `NODES` values | no end |
| a key that is given twice | one of the two values would be lost in silence |
| YAML tags beyond those of plain values | nothing in a document may make objects |
| numbers of more than `DIGITS` characters, infinities, NaN | JSON and hashes have no word for them |
| NUL characters and halves of surrogate pairs in text | no path and no file can hold them |
| files that are too large, folders, pipes, devices, text that is not UTF-8 | |

A byte order mark is passed over. Dates stay text.
"""

from __future__ import annotations

import json
import math
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

from bench.core.errors import BadInput

__all__ = [
    "DEPTH",
    "DIGITS",
    "NODES",
    "is_folder",
    "parse_json",
    "parse_yaml",
    "read_json",
    "read_text",
    "read_yaml",
    "refuse_endless",
]

DEPTH = 64
"""Levels of lists and mappings inside each other."""

NODES = 100_000
"""Values of a YAML document, aliases written out."""

DIGITS = 400
"""Characters of a number; the largest finite float has 309 digits."""

_YAML_BYTES = 1 << 20
_JSON_BYTES = 1 << 28

_PLAIN = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("null", "bool", "int", "float", "str", "seq", "map", "merge")
)

_HALF_PAIR = re.compile("[\ud800-\udfff]")


def read_yaml(path: Path) -> Any:
    """The document in a YAML file.

    Raises:
        BadInput: where the file cannot be read, or holds what the module's table lists.
    """
    return parse_yaml(read_text(path, _YAML_BYTES), str(path))


def read_json(path: Path) -> Any:
    """The document in a JSON file.

    Raises:
        BadInput: where the file cannot be read, or holds what the module's table lists.
    """
    return parse_json(read_text(path, _JSON_BYTES), str(path))


def read_text(path: Path, limit: int = _YAML_BYTES) -> str:
    """The text of a UTF-8 file, without a byte order mark.

    Args:
        path: a regular file; a pipe or a device, which may never end, is refused unopened.
        limit: bytes that it may have.

    Raises:
        BadInput: where it is missing, no regular file, too large or not UTF-8.
    """
    try:
        refuse_endless(path)
        if path.is_dir():
            raise BadInput(f"{path}: is a folder; a file is expected here")
        size = path.stat().st_size
        if size > limit:
            raise BadInput(f"{path}: has {size:,} bytes; a file of this kind has at most {limit:,}")
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file") from None
    except OSError as error:
        raise BadInput(f"{_short(path)}: cannot be read ({error.strerror or error})") from None
    except ValueError:
        raise BadInput(f"{str(path)!r}: is no path, for it holds a NUL character") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{path}, line {line}: is not UTF-8; save the file as UTF-8") from None


def refuse_endless(path: Path) -> None:
    """Refuses what may never end or never answer when it is opened: pipes, sockets, devices.

    Raises:
        BadInput: for one of these.
        OSError: where there is nothing, or it cannot be looked at.
    """
    kind = path.stat().st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise BadInput(f"{path}: is a pipe or a device; a regular file is expected here")


def is_folder(path: Path) -> bool:
    """Whether there is a folder; False also for a path that no file system can hold."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 200 else f"{text[:100]}...{text[-60:]}"


# YAML


def parse_yaml(text: str, source: str) -> Any:
    """The document in a YAML text.

    Args:
        text: the text.
        source: where it comes from, as messages begin.

    Raises:
        BadInput: for anything that the module's table lists, with source and line.
    """
    loader: _Bounded | None = None
    try:
        loader = _Bounded(text.removeprefix("\ufeff"))
        return loader.get_single_data()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadInput(
            f"{source}, line {line}: holds a control character, which YAML does not allow"
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line_words = f", line {mark.line + 1}" if mark is not None else ""
        raise BadInput(f"{source}{line_words}: {error.problem or 'is no YAML'}") from None
    except yaml.YAMLError:
        raise BadInput(f"{source}: is no YAML") from None
    finally:
        if loader is not None:
            loader.dispose()


def _refuse(place: Any, problem: str) -> NoReturn:
    """Refuses the document for what stands at a node or an event."""
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


class _Bounded(yaml.SafeLoader):
    """PyYAML's safe loader, which counts while it composes and makes plain values only."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        # Dates stay text: no document has a field for them, and an impossible one would raise.
        self.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }
        self._open = 0
        # By the node's identity: (values, levels) with aliases written out. A node that is still
        # being composed has no entry yet.
        self._measures: dict[int, tuple[int, int]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """A node with everything inside it, counted."""
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs lack it
        alias = isinstance(event, yaml.AliasEvent)
        self._open += 1
        if self._open > DEPTH:
            _refuse(event, f"is nested more than {DEPTH} levels deep")
        node = super().compose_node(parent, index)
        self._open -= 1
        if node is None:
            return None
        if alias:
            if id(node) not in self._measures:
                _refuse(event, f"the anchor {event.anchor!r} refers to itself")
        else:
            self._measures[id(node)] = self._measured(node)
        values, levels = self._measures[id(node)]
        if values > NODES:
            _refuse(event, f"its aliases write out to more than {NODES:,} values")
        if self._open + levels > DEPTH:
            _refuse(event, f"is nested more than {DEPTH} levels deep")
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping, in which every key is given once."""
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    _refuse(key, f"the field {key.value!r} is given twice")
                seen.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A plain value; what PyYAML cannot make of its text is named with its line."""
        if node.tag not in _PLAIN:
            _refuse(node, f"the tag {node.tag.replace('tag:yaml.org,2002:', '!!')} is not allowed")
        if isinstance(node, yaml.ScalarNode):
            kind = node.tag.rpartition(":")[2]
            if kind in ("int", "float") and len(node.value) > DIGITS:
                _refuse(node, f"a number of {len(node.value):,} characters is too long")
            problem = _unfit_text(node.value)
            if problem is not None:
                _refuse(node, problem)
            try:
                value = super().construct_object(node, deep)
            except (ValueError, KeyError, OverflowError, IndexError):
                _refuse(node, f"{node.value!r} is no {kind}")
            if isinstance(value, float) and not math.isfinite(value):
                _refuse(node, f"{node.value} is not a finite number")
            return value
        return super().construct_object(node, deep)

    def _measured(self, node: yaml.Node) -> tuple[int, int]:
        if isinstance(node, yaml.MappingNode):
            inside = [part for pair in node.value for part in pair]
        else:
            inside = node.value if isinstance(node, yaml.SequenceNode) else []
        measures = [self._measures[id(part)] for part in inside]
        values = 1 + sum(values for values, _ in measures)
        return values, max((levels + 1 for _, levels in measures), default=0)


# JSON


class _Refused(ValueError):  # noqa: N818
    """Something in a JSON text that the decoder takes and we do not."""


class _Twice(_Refused):
    """A key that is given twice in one mapping."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the field {key!r} is given twice")
        self.key = key


def parse_json(text: str, source: str) -> Any:
    """The document in a JSON text.

    Args:
        text: the text.
        source: where it comes from, as messages begin.

    Raises:
        BadInput: for anything that the module's table lists, with source and line.
    """
    text = text.removeprefix("\ufeff")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_mapping,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise BadInput(f"{source}, line {error.lineno}: is no JSON ({error.msg})") from None
    except _Twice as error:
        line = _line_of_second(text, error.key)
        raise BadInput(f"{source}, line {line}: {error}") from None
    except _Refused as error:
        raise BadInput(f"{source}: {error}") from None
    except RecursionError:
        raise BadInput(f"{source}: is nested more than {DEPTH} levels deep") from None
    _check_plain(value, source, strings="\\u" in text or "\0" in text)
    return value


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Twice(key)
            seen.add(key)
    return made


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        raise _Refused(f"a number of {len(text):,} characters is too long")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Refused(f"{text[:40]} is not a finite number")
    return value


def _constant(text: str) -> NoReturn:
    raise _Refused(f"{text} is not a finite number")


def _check_plain(value: Any, source: str, *, strings: bool) -> None:
    """Whether a decoded document keeps within `DEPTH` and, where asked for, has whole text."""
    level, depth = [value], 0
    while level:
        if depth > DEPTH:
            raise BadInput(f"{source}: is nested more than {DEPTH} levels deep")
        if strings:
            for text in _texts(level):
                problem = _unfit_text(text)
                if problem is not None:
                    raise BadInput(f"{source}: {problem}")
        level = [
            part
            for one in level
            if isinstance(one, (dict, list))
            for part in (one.values() if isinstance(one, dict) else one)
        ]
        depth += 1


def _texts(values: list[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value


def _unfit_text(text: str) -> str | None:
    """What is wrong with a text that no file or path can hold; None for every other."""
    if "\0" in text:
        return f"{text[:40]!r} holds a NUL character"
    if _HALF_PAIR.search(text):
        return f"{text[:40]!a} holds half of a surrogate pair"
    return None


_COLON = re.compile(r"\s*:")
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]')


def _line_of_second(text: str, key: str) -> int:
    """The line where a mapping is given `key` for the second time."""
    open_mappings: list[int] = []
    for token in _TOKENS.finditer(text):
        if token.group() == "{":
            open_mappings.append(0)
        elif token.group() == "}":
            open_mappings.pop()
        elif _COLON.match(text, token.end()) and json.loads(token.group()) == key:
            open_mappings[-1] += 1
            if open_mappings[-1] == 2:
                return text.count("\n", 0, token.start()) + 1
    return 1
