"""The protocols by name: which there are, what they take, and how one is made."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from masks.errors import MaskError, nearest
from masks.legacy import LegacySpmpgan
from masks.packs.predefined import Predefined
from masks.packs.read import Packed
from masks.parameters import Parameters
from masks.protocols.box import Box
from masks.protocols.classes import ClassRegion
from masks.protocols.extension import Extension
from masks.protocols.freeform import FreeForm
from masks.protocols.freeform_sesame import FreeFormSesame
from masks.protocols.object_add import ObjectAdd
from masks.protocols.object_move import ObjectMove
from masks.protocols.object_remove import ObjectRemove
from masks.protocols.outpainting import Outpainting
from masks.protocols.panorama import Panorama
from masks.protocols.relabel import Relabel
from masks.protocols.restyle import Restyle
from masks.protocols.sesame_windows import SesameAdd, SesameRemove
from masks.protocols.stratified import Stratified
from masks.protocols.synthesis import Synthesis
from masks.spec import Protocol

__all__ = [
    "Described",
    "Parameter",
    "coverages",
    "describe",
    "drawn_by",
    "edit_size",
    "make_protocol",
    "paired",
    "parameters_of",
    "protocol_keys",
]

_PROTOCOLS: dict[str, Any] = {
    each.key: each
    for each in (
        Box,
        ClassRegion,
        Extension,
        FreeForm,
        FreeFormSesame,
        LegacySpmpgan,
        ObjectAdd,
        ObjectMove,
        ObjectRemove,
        Outpainting,
        Packed,
        Panorama,
        Predefined,
        Relabel,
        Restyle,
        SesameAdd,
        SesameRemove,
        Stratified,
        Synthesis,
    )
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a protocol: its name, default, what is accepted, and what it means."""

    name: str
    default: Any
    expected: str
    summary: str


@dataclass(frozen=True)
class Described:
    """What a reader wants to know of a protocol.

    Attributes:
        key: name and version.
        operation: what its edits ask for.
        summary: one line.
        text: the whole description with source and coverage.
        parameters: in declared order.
    """

    key: str
    operation: str
    summary: str
    text: str
    parameters: tuple[Parameter, ...]


def protocol_keys() -> tuple[str, ...]:
    """The keys of all protocols, as in "freeform@1", sorted."""
    return tuple(sorted(_PROTOCOLS))


def make_protocol(name: str, parameters: Mapping[str, Any] | None = None) -> Protocol:
    """A protocol with its parameters.

    Args:
        name: a key ("freeform@1"), or a name without version, which means the newest.
        parameters: values by field; those left out keep their defaults.

    Raises:
        MaskError: for an unknown name or field (with the nearest known one) or a value that is
            not accepted (with what is).
    """
    kind = _kind(name)
    given = dict(parameters or {})
    known = {field.name for field in dataclasses.fields(kind)}
    for field in given:
        if field not in known:
            raise MaskError(f"{kind.key} has no parameter {field!r}; {nearest(str(field), known)}")
    made: Protocol = kind(**given)
    return made


def parameters_of(protocol: Protocol) -> dict[str, Any]:
    """A protocol's parameters as JSON holds them: what `make_protocol` makes it from again."""
    if not isinstance(protocol, Parameters):
        raise MaskError(f"{protocol.key} is not a protocol of this package")
    values = {f.name: getattr(protocol, f.name) for f in dataclasses.fields(_kind(protocol.key))}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def paired(protocol: Protocol, scenes: Sequence[str]) -> Protocol:
    """The protocol for a dataset's scenes: those that pair by order are told the order.

    `predefined@1` (sorted pairing) and `legacy-spmpgan@1` are; every other protocol is itself.
    """
    if isinstance(protocol, (Predefined, LegacySpmpgan)):
        return protocol.paired_with(scenes)
    return protocol


def drawn_by(protocol: Protocol) -> str:
    """The key of the protocol that drew the edits: a pack's own, and of any other its key."""
    return protocol.manifest.protocol if isinstance(protocol, Packed) else protocol.key


def edit_size(protocol: Protocol, size: tuple[int, int] | None) -> tuple[int, int] | None:
    """(height, width) of every edit that is drawn of scenes of one size.

    Args:
        protocol: what draws.
        size: of the scenes; None where each has its own.

    Returns:
        None where edits differ, or where only drawing them tells.
    """
    if isinstance(protocol, (SesameAdd, SesameRemove)):
        return protocol.size, protocol.size
    return None if isinstance(protocol, Packed) and protocol.windowed else size


def coverages(protocol: Protocol) -> tuple[float, float] | None:
    """The least and the largest share of the picture that an edit hides, where that is known."""
    if isinstance(protocol, Synthesis):
        return 1.0, 1.0
    return protocol.coverages if isinstance(protocol, (Packed, Predefined)) else None


def describe(name: str) -> Described:
    """What a protocol does, its parameters and its source.

    Raises:
        MaskError: for an unknown name.
    """
    kind = _kind(name)
    text = inspect.cleandoc(kind.__doc__ or "")
    return Described(
        key=kind.key,
        operation=kind.operation,
        summary=text.split("\n", 1)[0],
        text=text,
        parameters=tuple(
            Parameter(f.name, f.default, f.metadata["expected"], f.metadata["summary"])
            for f in dataclasses.fields(kind)
        ),
    )


def _kind(name: str) -> Any:
    if name in _PROTOCOLS:
        return _PROTOCOLS[name]
    versions = [key for key in _PROTOCOLS if key.rpartition("@")[0] == name]
    if versions:
        return _PROTOCOLS[max(versions, key=lambda key: int(key.rpartition("@")[2]))]
    short = {key.rpartition("@")[0] for key in _PROTOCOLS}
    raise MaskError(
        f"unknown protocol {name!r}; {nearest(name, short if '@' not in name else _PROTOCOLS)}"
    )
