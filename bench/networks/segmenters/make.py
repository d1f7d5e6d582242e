"""Segmenters by what a suite calls them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.core.errors import BadInput
from bench.networks.feature_network import factory_of
from bench.networks.segmenters.segmenter import RememberedSegmenter
from bench.networks.weights import weight_folders
from bench.plugins.foreign import foreign
from bench.plugins.kinds import SEGMENTERS
from bench.plugins.origin import said_by
from bench.scene import LabelSpace

__all__ = ["make_segmenter", "untried_segmenter"]


def make_segmenter(
    name: str,
    device: str = "cpu",
    folders: Sequence[Path] | None = None,
    *,
    trust: bool = False,
) -> RememberedSegmenter:
    """The segmenter of a name; the same object for the same name within a process.

    Args:
        name: "KIND:ARGUMENT" with a registered kind ("onnx:FILE", "hf:FOLDER",
            "mmseg:CONFIG,CHECKPOINT", "procedural:DATASET"); the path or the bare name of an .onnx
            file, which is then looked for among the weights; or, with trust,
            `package.module:attribute` (`...:attribute:ARGUMENT`).
        device: where its network runs (an ONNX network always runs on the CPU).
        folders: where weights are looked for; None = where SIEBENCH_WEIGHTS says.
        trust: agreement to import the module that `name` may point at.

    Raises:
        Unavailable: where a file or a package is not there.
        BadInput: where a file is there and wrong, or the kind is not known.
        PluginFailed: where it raises anything else when it is made or tried, or calls `sys.exit`.
    """
    given = tuple(weight_folders() if folders is None else folders)
    factory, argument = _factory(name, trust)
    return _remembered(factory, argument, device, given, said_by(argument))


def untried_segmenter(name: str, device: str = "cpu", *, trust: bool = False) -> object:
    """What a segmenter's factory gives, as it is: for checks of its contract.

    Args and Raises: as `make_segmenter`.
    """
    factory, argument = _factory(name, trust)
    return _called(factory, argument, device, tuple(weight_folders()))


def _factory(name: str, trust: bool) -> tuple[Callable[..., Any], str]:
    """What makes a segmenter, and the argument it is called with."""
    kind, argument = SEGMENTERS.split(name)
    known = SEGMENTERS.names()
    front = kind.partition(":")[0] if ":" in kind else ""
    if kind in known:
        # One of ours needs an argument; another one takes it as its author says.
        if kind in _FORMS and not argument:
            raise BadInput(f"segmenter {name!r}: say which, as in {_FORMS[kind]}")
    # Without trust a word before a colon is a kind that was mistyped, rather than a module.
    elif name.endswith(".onnx") or not front or not (trust or "." in front):
        if front and not Path(name).suffix:
            forms = ", ".join(_FORMS.get(one, f"{one}:...") for one in known)
            raise BadInput(
                f"segmenter {name!r}: {front!r} is no kind of segmenter; write {forms}, or "
                "module:attribute with --trust"
            )
        name = f"onnx:{name}"
    return factory_of(SEGMENTERS, name, "segment", trust)


_FORMS = {
    "hf": "hf:FOLDER",
    "mmseg": "mmseg:CONFIG,CHECKPOINT",
    "onnx": "onnx:FILE",
    "procedural": "procedural:DATASET",
}


def _called(
    factory: Callable[..., Any], argument: str, device: str, folders: tuple[Path, ...]
) -> Any:
    with foreign(f"segmenter {_words(factory, argument)!r}: its constructor"):
        return factory(argument, device, folders)


def _words(factory: Callable[..., Any], argument: str) -> str:
    return ":".join(part for part in (getattr(factory, "__name__", ""), argument) if part)


@functools.lru_cache(maxsize=8)
def _remembered(
    factory: Callable[..., Any],
    argument: str,
    device: str,
    folders: tuple[Path, ...],
    said: str | None,
) -> RememberedSegmenter:
    made = _called(factory, argument, device, folders)
    missing = [part for part in ("name", "space", "segment", "identity") if not hasattr(made, part)]
    if missing:
        raise BadInput(
            f"a segmenter's factory gave a {type(made).__name__} without {', '.join(missing)}; see "
            "docs/extending.md"
        )
    if not isinstance(made.space, LabelSpace) or not len(made.space):
        raise BadInput(
            f"segmenter {_words(factory, argument)!r}: space: must be a siebench.LabelSpace with at "
            "least one class"
        )
    remembered = RememberedSegmenter(made, device, said)
    remembered.try_out()
    return remembered
