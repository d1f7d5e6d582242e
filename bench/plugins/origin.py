"""Which code and which weights a plugin from elsewhere is made of.

Of an editor they are a part of its method's record. Of a dataset, a protocol, a metric, a segmenter or a
feature network the code is in no record, for a gate compares what was scored before and after a change of
code; but what was kept through it is looked at again once it has changed.

Our own editors are known by siebench's version and by their identity. Of any other the record also has
its distribution, a hash of its source files and a hash of its network's tensors, so that a plugin that
was changed or trained anew is another method. Of its source those files count that its module imports
from its own package, or from the folder that a loose module lies in.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import inspect
import secrets
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from bench.core.identity import Record, file_hash, record_hash, tensors_hash
from bench.plugins.builtin import BUILTIN
from bench.plugins.editors import untold_files
from bench.plugins.registry import FOREIGN, HERE, Plugin

__all__ = ["is_ours", "origin", "said_by", "setting_of", "source_hash", "source_of"]

_OURS = ("bench.", "baselines.", "masks.")

_SOURCES: WeakKeyDictionary[Any, Record] = WeakKeyDictionary()

_TOKENS: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def origin(
    plugin: Plugin[Any], editor: object, options: Mapping[str, Any] = MappingProxyType({})
) -> Record | None:
    """What an editor is made of; None for one of our own, whose record has no such part.

    `distribution` is its name and version, `code` the hash of its source files, `weights` that of its
    network's tensors, `files` those of files that its options name, where it has no network and no
    identity tells them; each is left out where there is none. An object of the Python API which holds
    something, and has neither a network nor an `identity` that tell what, can be told from no other
    one. It has an `object` instead: a word of its own, which no other process gives.

    Args:
        plugin: what the registry found.
        editor: what it made; None where it could not.
        options: what it was made with, every path as it lies.
    """
    if plugin.name in BUILTIN["editors"] and plugin.source != HERE:
        return None
    found: dict[str, Any] = {}
    if plugin.source not in (FOREIGN, HERE):
        found["distribution"] = plugin.source
    handed = plugin.source == HERE
    made_by: Any = plugin.value
    while isinstance(made_by, functools.partial):
        made_by = made_by.func
    if handed and not (inspect.isclass(made_by) or inspect.isroutine(made_by)):
        made_by = type(made_by)
    module = made_by.__module__ if handed else plugin.target.partition(":")[0]
    code = source_hash(module) or _written(made_by)
    if code is not None:
        found["code"] = code
    network = getattr(editor, "network", None)
    if network is not None:
        found["weights"] = _weights(network)
    elif files := untold_files(editor, options):
        found["files"] = {name: file_hash(path) for name, path in files.items()}
    known = network is not None or bool(getattr(editor, "identity", None))
    if handed and not known and (code is None or _holds_something(plugin.value)):
        found["object"] = _token(plugin.value)
    return found


def source_hash(module: str) -> str | None:
    """A hash of a module's source and of what it imports from its own package or folder.

    None where it has no source file (a notebook, an extension module).
    """
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None)
    if file is None or not file.endswith(".py") or not Path(file).is_file():
        return None
    name = Path(file).stem if module == "__main__" else module
    first = Path(file)
    parts = name.split(".")
    levels = len(parts) if first.name == "__init__.py" else len(parts) - 1
    root = first.parents[levels]
    installed = {Path(sysconfig.get_path(which)) for which in ("purelib", "platlib", "stdlib")}
    loose = len(parts) == 1 and first.name != "__init__.py" and root not in installed
    files: dict[str, Path] = {}
    waiting = [(name, first)]
    while waiting:
        name, path = waiting.pop()
        if name in files:
            continue
        files[name] = path
        for other in _imports(name, path):
            found = _file_of(root, other)
            if found is not None and (loose or other.split(".")[0] == parts[0]):
                waiting.append((other, found))
    return record_hash({name: file_hash(path) for name, path in files.items()})


def is_ours(value: object) -> bool:
    """Whether an object, or a class, is code of siebench, and so is what it holds as its `plugin`."""
    return _written_by_us(_kind_inside(value))


def source_of(value: object) -> Record:
    """The source that an object from elsewhere is made of, as `{"source": HASH}`; empty for ours.

    With it stands the `argument` that the object was made with, as `said_by` gave it.

    Args:
        value: an object, or one of ours that holds it as its `plugin`, and its `argument`. The source is
            looked at once.
    """
    kind = _kind_inside(value)
    if _written_by_us(kind):
        return {}
    if kind not in _SOURCES:
        code = source_hash(kind.__module__) or _written(kind)
        _SOURCES[kind] = {} if code is None else {"source": code}
    argument = getattr(value, "argument", None) if _written_by_us(type(value)) else None
    return {**_SOURCES[kind], "argument": argument} if argument else _SOURCES[kind]


def said_by(value: Any) -> Any:
    """What an option or an argument says: `setting_of` it, and the hash of the file that it names."""
    if not isinstance(value, str):
        return value
    name, path = _named_path(value)
    with contextlib.suppress(OSError, ValueError):
        if path.is_file():
            state = path.stat()
            content = _content(str(path), state.st_mtime_ns, state.st_size)
            return [name, content] if name else content
    return setting_of(value)


def setting_of(value: Any) -> Any:
    """An option or an argument without where on this machine a file or a folder lies; None for nothing else.

    >>> [setting_of(value) for value in ("clip:/srv/clip", "/srv/clip", "thumbnail:8", 8)]
    ['clip', None, 'thumbnail:8', 8]
    """
    if not isinstance(value, str):
        return value
    name, path = _named_path(value)
    return (name if path.is_absolute() else value) or None


def _named_path(text: str) -> tuple[str, Path]:
    """A path, and the name before an absolute one in "NAME:PATH"; an address is no such thing."""
    name, _, path = text.rpartition(":")
    behind = not Path(text).is_absolute() and Path(path).is_absolute() and path[:2] != "//"
    return (name, Path(path)) if behind else ("", Path(text))


@functools.lru_cache(maxsize=64)
def _content(path: str, changed: int, size: int) -> str:
    """The hash of a file, read again where it has changed."""
    del changed, size
    return file_hash(Path(path))


def _kind_inside(value: object) -> type:
    """The class of an object, of what it holds where it is of ours and holds a plugin; a class itself."""
    kind = value if isinstance(value, type) else type(value)
    inside = getattr(value, "plugin", None) if _written_by_us(kind) else None
    return kind if inside is None else type(inside)


def _written_by_us(kind: type) -> bool:
    return kind.__module__.startswith(_OURS)


def _imports(name: str, path: Path) -> Iterator[str]:
    """Every module that a source file may import, by its whole name, and its own packages."""
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts)))
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    package = parts if path.name == "__init__.py" else parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            if start:
                yield start
            yield from (f"{start}.{alias.name}" if start else alias.name for alias in node.names)


def _file_of(root: Path, name: str) -> Path | None:
    place = root.joinpath(*name.split("."))
    for path in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


def _written(value: Any) -> str | None:
    """A hash of the source of a class or function that was typed in, where Python still has it."""
    try:
        return hashlib.sha256(inspect.getsource(value).encode()).hexdigest()
    except (OSError, TypeError):
        return None


def _weights(network: Any) -> str:
    """A hash of everything that a `torch.nn.Module` keeps."""
    import torch

    def plain(value: torch.Tensor) -> Any:
        dense = value.detach().cpu()
        return (dense.float() if dense.dtype == torch.bfloat16 else dense).numpy()

    state = network.state_dict()
    return tensors_hash(
        (name, plain(value)) for name, value in state.items() if isinstance(value, torch.Tensor)
    )


def _holds_something(value: object) -> bool:
    """Whether an object of the Python API may be another one than its code says."""
    if isinstance(value, functools.partial):
        return bool(value.args or value.keywords) or _holds_something(value.func)
    if inspect.isclass(value):
        return False
    if inspect.ismethod(value):
        return _holds_something(value.__self__)
    if inspect.isroutine(value):
        return bool(getattr(value, "__closure__", None))
    return bool(getattr(value, "__dict__", None)) or hasattr(type(value), "__slots__")


def _token(value: Any) -> str:
    """A word for one object, the same as long as it lives."""
    try:
        return _TOKENS.setdefault(value, secrets.token_hex(8))
    except TypeError:  # no weak reference, or no hash
        return secrets.token_hex(8)
