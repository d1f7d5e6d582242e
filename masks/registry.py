"""This package's protocols by name: which there are, what they take, and how one is made.

Protocols of other packages come through siebench's registry, which makes them by the same functions.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from masks.packs.predefined import Predefined
from masks.packs.read import Packed
from masks.parameters import Parameter, parameters_of
from masks.protocol import Protocol
from masks.protocols.box import Box
from masks.protocols.extension import Extension
from masks.protocols.freeform import FreeForm
from masks.protocols.freeform_sesame import FreeFormSesame
from masks.protocols.legacy_spmpgan import LegacySpmpgan
from masks.protocols.object_move import ObjectMove
from masks.protocols.one_class import ClassRegion, Restyle
from masks.protocols.one_object import ObjectAdd, ObjectRemove
from masks.protocols.outpainting import Outpainting
from masks.protocols.panorama import Panorama
from masks.protocols.relabel import Relabel
from masks.protocols.sesame_windows import SesameAdd, SesameRemove
from masks.protocols.stratified import Stratified
from masks.protocols.synthesis import Synthesis
from masks.spec import MaskError, nearest

__all__ = ["Described", "describe", "make_protocol", "newest", "protocol_class", "protocol_keys"]

_PROTOCOLS: dict[str, type[Protocol]] = {
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
class Described:
    """What a reader wants to know of a protocol.

    Attributes:
        key: name and version.
        operation: what its edits ask for.
        title: as a reader of a table calls its edits.
        summary: one line.
        text: the whole description with source and coverage.
        parameters: in declared order.
    """

    key: str
    operation: str
    title: str
    summary: str
    text: str
    parameters: tuple[Parameter, ...]


def protocol_keys() -> tuple[str, ...]:
    """The keys of this package's protocols, as in "freeform@1", sorted."""
    return tuple(sorted(_PROTOCOLS))


def make_protocol(
    protocol: str | type[Protocol], parameters: Mapping[str, Any] | None = None
) -> Protocol:
    """A protocol with its parameters.

    Args:
        protocol: a key ("freeform@1"), a name without version, which means the newest, or a class of
            one's own.
        parameters: values by field; those left out keep their defaults.

    Raises:
        MaskError: for an unknown name or field (with the nearest known one) or a value that is
            not accepted (with what is).
    """
    kind = protocol_class(protocol) if isinstance(protocol, str) else protocol
    given = dict(parameters or {})
    known = {parameter.name: parameter for parameter in parameters_of(kind)}
    for field in given:
        if field not in known:
            raise MaskError(f"{kind.key} has no parameter {field!r}; {nearest(str(field), known)}")
    for name, parameter in known.items():
        if parameter.default is dataclasses.MISSING and name not in given:
            raise MaskError(f"{kind.key}: {name} is missing; give it under `parameters`")
    try:
        return kind(**given)
    except MaskError:
        raise
    except (
        TypeError,
        ValueError,
    ) as error:  # what a protocol of somebody else's makes of its values
        raise MaskError(f"{kind.key}: {error}") from error


def describe(protocol: str | type[Protocol]) -> Described:
    """What a protocol does, its parameters and its source.

    Args:
        protocol: as `make_protocol` takes it.

    Raises:
        MaskError: for an unknown name.
    """
    kind = protocol_class(protocol) if isinstance(protocol, str) else protocol
    text = inspect.cleandoc(kind.__doc__ or "")
    return Described(
        key=kind.key,
        operation=kind.operation,
        title=kind.title,
        summary=text.split("\n", 1)[0],
        text=text,
        parameters=parameters_of(kind),
    )


def newest(name: str, keys: Iterable[str]) -> str:
    """The key among `keys` of the newest version of `name`; `name` itself where there is none.

    Args:
        name: a key or a name without version.
        keys: names with versions, as in "freeform@1"; others are passed over.
    """
    versions = {
        int(version): key
        for key in keys
        for short, _, version in [key.rpartition("@")]
        if short == name and version.isdecimal()
    }
    return versions[max(versions)] if versions else name


def protocol_class(name: str) -> type[Protocol]:
    """The class of one of this package's protocols.

    Args:
        name: a key, or a name without version, which means the newest.

    Raises:
        MaskError: for an unknown name, with the nearest known one.
    """
    key = newest(name, _PROTOCOLS)
    if key in _PROTOCOLS:
        return _PROTOCOLS[key]
    short = {key.rpartition("@")[0] for key in _PROTOCOLS}
    raise MaskError(
        f"unknown protocol {name!r}; {nearest(name, _PROTOCOLS if '@' in name else short)}"
    )
