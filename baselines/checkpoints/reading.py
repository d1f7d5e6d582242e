"""Reads checkpoint files without running anything in them.

A PyTorch checkpoint is a pickle, and a pickle may carry code. Only `torch.load(weights_only=True)` is
used: it builds tensors and plain containers. Harmless objects beside them are stood in for
(`stand_ins.py`); every other global is refused before it is called.
"""

from __future__ import annotations

import pickle
import re
import shlex
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from baselines.checkpoints.stand_ins import NAMES, listed, offering
from bench.core.errors import BadInput, first_line

__all__ = ["read_array", "read_entries", "read_pickle", "read_state"]

_DEEP = 5
"""Dictionaries inside each other in which a state dict is looked for."""

_SHOWN = 8


def read_pickle(path: Path, key: str | None = None) -> Any:
    """The content of a PyTorch file: tensors, numbers, strings and containers of them.

    What `stand_ins.py` lists is read as an object without content.

    Args:
        path: the file.
        key: where the tensors lie in it, for the command that cures a refused file.

    Raises:
        BadInput: no such file, a truncated one, one that is no checkpoint, or one that asks for
            code. Nothing in it runs.
    """
    _check_file(path)
    offered = NAMES
    while True:
        try:
            with offering(offered), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pickle protocols and former storages
                return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            asked = _asked_for(error)
            if asked is None or not listed(asked) or asked in offered:
                raise BadInput(_refusal(path, error, key)) from None
            offered |= {asked}
        except Exception as error:  # bytes that are no pickle lead to whatever they happen to mean
            if _other_protocol(path):
                raise BadInput(_refusal(path, error, key)) from None
            raise BadInput(
                f"{path}: not a whole PyTorch checkpoint ({first_line(error)}); download it again"
            ) from None


def read_state(path: Path, inside: str | None, key: str | None = None) -> dict[str, Tensor]:
    """The state dict in a file, pickled or safetensors, without the names that wrappers add.

    Args:
        path: the file.
        inside: the key under which the official file keeps it, or None.
        key: the keys that lead to it, with dots between them, in place of `inside`; the last may be
            the beginning of the tensors' names ("state_dict.generator").

    Raises:
        BadInput: where the file cannot be read or holds no state dict there, or several and no key
            says which.
    """
    content = _read(path, key or inside)
    if not isinstance(content, Mapping):
        raise BadInput(
            f"{path}: holds a {type(content).__name__}, expected a dictionary of tensors"
        )
    state = _tensors(_chosen(path, content, inside, key))
    odd = [name for name, value in state.items() if not _dense(value)]
    if odd:
        more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        raise BadInput(
            f"{path}: {', '.join(odd[:3])}{more}: sparse, quantised or without values; expected "
            "plain tensors: save them with `.to_dense()` or `.dequantize()`"
        )
    return _without_wrappers(state)


def read_entries(path: Path, inside: str) -> dict[str, Tensor]:
    """The state dict ENTRY.NAME of a file that keeps one state dict an entry.

    Args:
        path: the file.
        inside: the key under which it has the entries; an entry without tensors may be empty.

    Raises:
        BadInput: where the file cannot be read or has no entries there.
    """
    content = _read(path, inside)
    entries = content.get(inside) if isinstance(content, Mapping) else None
    if not isinstance(entries, Mapping) or not any(
        isinstance(e, Mapping) for e in entries.values()
    ):
        raise BadInput(f"{path}: has no state dicts by entry under {inside!r}; download it again")
    return {
        f"{entry}.{name}": value
        for entry, state in entries.items()
        if isinstance(state, Mapping)
        for name, value in _without_wrappers(_tensors(state)).items()
    }


def read_array(path: Path) -> np.ndarray[Any, np.dtype[Any]]:
    """A NumPy array file, never a pickled one.

    Raises:
        BadInput: where it is missing, truncated, or holds objects.
    """
    _check_file(path)
    try:
        array: np.ndarray[Any, np.dtype[Any]] = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BadInput(f"{path}: not a plain NumPy array ({error})") from None
    return array


def _read(path: Path, key: str | None) -> Any:
    if path.suffix != ".safetensors":
        return read_pickle(path, key)
    _check_file(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise BadInput(
            f"{path}: not a whole safetensors file ({error}); download it again"
        ) from None


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"{path}: no such file")


# What is refused


def _asked_for(error: Exception) -> str | None:
    found = re.search(r"GLOBAL ([\w.]+)", str(error))
    return None if found is None else found.group(1)


def _refusal(path: Path, error: Exception, key: str | None) -> str:
    asked = _asked_for(error)
    if asked is None and not _other_protocol(path):
        return f"{path}: not a PyTorch checkpoint, or a truncated one; download it again"
    why = (
        f"refused, because it asks for {asked}, which is code and no tensor"
        if asked is not None
        else "refused, because it is pickled in a form that cannot be read without running it"
    )
    return (
        f"{path}: {why}; nothing in it ran. Where you trust whoever made the file, save its tensors "
        f"alone with {_cure(path, key)} and import that"
    )


def _cure(path: Path, key: str | None) -> str:
    """The command that makes of a file one that is read; it runs what the file carries."""
    code = (
        f"import torch; c = torch.load({str(path)!r}, map_location='cpu', weights_only=False); "
        + (f"c = c[{key!r}] if isinstance(c, dict) and {key!r} in c else c; " if key else "")
        + "c = c.state_dict() if hasattr(c, 'state_dict') else c; "
        "torch.save({n: t for n, t in c.items() if torch.is_tensor(t)}, "
        f"{path.stem + '-tensors.pth'!r})"
    )
    return f"`python -c {shlex.quote(code)}`"


def _other_protocol(path: Path) -> bool:
    """Whether a file is a pickle of protocol 3 or later, which PyTorch reads in part only."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                inside = [one for one in archive.namelist() if one.endswith("data.pkl")]
                if not inside:
                    return False
                with archive.open(inside[0]) as file:
                    head = file.read(2)
        else:
            with path.open("rb") as file:
                head = file.read(2)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return False
    return len(head) == 2 and head[0] == 0x80 and 3 <= head[1] <= pickle.HIGHEST_PROTOCOL


# Where the state dict is


def _tensors(content: Mapping[Any, Any]) -> dict[str, Tensor]:
    return {
        str(name): value.detach() for name, value in content.items() if isinstance(value, Tensor)
    }


def _dense(value: Tensor) -> bool:
    return (
        value.layout is torch.strided
        and not value.is_quantized
        and not value.is_nested
        and not value.is_meta
    )


def _chosen(
    path: Path, content: Mapping[Any, Any], inside: str | None, key: str | None
) -> Mapping[Any, Any]:
    """The dictionary of tensors that is meant."""
    known = _dictionaries(content)
    if key is not None:
        found = _under(content, key)
        if found is None or not _tensors(found):
            others = f"it has them under {_list(known)}" if known else "it has none anywhere"
            raise BadInput(f"{path}: --key {key}: no dictionary of tensors there; {others}")
        return found
    if inside is not None and isinstance(content.get(inside), Mapping):
        content = content[inside]
    if _tensors(content):
        return content
    if len(known) == 1:
        return next(iter(known.values()))
    if known:
        raise BadInput(
            f"{path}: holds {len(known)} dictionaries of tensors; say which: --key {_list(known)}"
        )
    wanted = "a state dict" if inside is None else f"a state dict or one under {inside!r}"
    names = ", ".join(sorted(str(name) for name in content)[:_SHOWN]) or "nothing"
    raise BadInput(f"{path}: expected {wanted}; the file has {names}")


def _list(known: Mapping[str, Any]) -> str:
    names = list(known)
    more = f" (and {len(names) - _SHOWN} more)" if len(names) > _SHOWN else ""
    return " or ".join(names[:_SHOWN]) + more


def _dictionaries(content: Mapping[Any, Any]) -> dict[str, Mapping[Any, Any]]:
    """{keys with dots: dictionary} of those inside others that hold tensors by name."""
    found: dict[str, Mapping[Any, Any]] = {}
    seen = {id(content)}  # a pickle may hold itself
    level: list[tuple[str, Mapping[Any, Any]]] = [("", content)]
    for _ in range(_DEEP):
        deeper: list[tuple[str, Mapping[Any, Any]]] = []
        for where, one in level:
            for name, value in one.items():
                if isinstance(name, str) and isinstance(value, Mapping) and id(value) not in seen:
                    seen.add(id(value))
                    deeper.append((f"{where}{name}", value))
                    if any(isinstance(each, str) for each in value) and _tensors(value):
                        found[f"{where}{name}"] = value
        level = [(f"{where}.", one) for where, one in deeper]
    return found


def _under(content: Mapping[Any, Any], key: str) -> Mapping[Any, Any] | None:
    """What `key` leads to; names may hold dots themselves, so that the longest one is tried first."""
    if isinstance(content.get(key), Mapping):
        inner: Mapping[Any, Any] = content[key]
        return inner
    for end in sorted((i for i, sign in enumerate(key) if sign == "."), reverse=True):
        inside = content.get(key[:end])
        if isinstance(inside, Mapping):
            return _under(inside, key[end + 1 :])
    beginning = f"{key}."
    flat = {
        name.removeprefix(beginning): value
        for name, value in content.items()
        if isinstance(name, str) and name.startswith(beginning)
    }
    return flat or None


def _without_wrappers(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names as the network itself has them.

    `torch.compile` puts "_orig_mod." into names, `DataParallel`, `DistributedDataParallel` and
    `AveragedModel` "module." before all of them, in either order; the last counts in `n_averaged`.
    """
    named = {name.replace("_orig_mod.", ""): value for name, value in state.items()}
    own = set(named) - {"n_averaged"}
    while own and all(name.startswith("module.") for name in own):
        named = {name.removeprefix("module."): named[name] for name in named if name in own}
        own = set(named)
    return named
