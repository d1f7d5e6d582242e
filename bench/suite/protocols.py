"""Protocols by name, for suites and commands: ours, those of plugins, and objects of the Python API."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import masks
from bench.core.errors import BadInput, PluginFailed, number_hint
from bench.plugins.foreign import foreign
from bench.plugins.kinds import PROTOCOLS
from bench.plugins.origin import is_ours
from bench.suite.places import beside
from masks.parameters import places

__all__ = [
    "asked",
    "check_drawn",
    "describe_protocol",
    "make_protocol",
    "parameters_beside",
    "protocol_class",
    "protocol_keys",
    "protocol_title",
]


def protocol_keys() -> list[str]:
    """The names of all protocols, as in "freeform@1", sorted; imports nothing."""
    return PROTOCOLS.names()


def protocol_class(name: str, *, trust: bool = False) -> type[masks.Protocol]:
    """The class of a protocol.

    Args:
        name: a key ("freeform@1"), a name without version, which means the newest, or
            `package.module:attribute`.
        trust: agreement to import foreign code, which the last form asks for.

    Raises:
        BadInput: an unknown name (with the nearest known one), a module without trust, a plugin that
            cannot be used or has another key than its name.
    """
    plugin = PROTOCOLS.find(masks.newest(name, protocol_keys()), trust=trust)
    kind: type[masks.Protocol] = plugin.usable()
    if ":" not in plugin.name and kind.key != plugin.name:
        raise BadInput(
            f"protocol {plugin.name!r} ({plugin.target}) has the key {kind.key!r}; register it under "
            "its key"
        )
    return kind


def make_protocol(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    trust: bool = False,
    home: Path | None = None,
) -> masks.Protocol:
    """A protocol with its parameters.

    Args:
        name: as `protocol_class` takes it.
        parameters: values by field; those left out keep their defaults.
        trust: as `protocol_class` takes it.
        home: the folder that folders among the parameters count from; None = the working folder.

    Raises:
        BadInput: as `protocol_class`; an unknown field (with the nearest known one), a value that is
            not accepted (with what is).
    """
    kind = protocol_class(name, trust=trust)
    try:
        with asked(kind, "making it"):
            return masks.make_protocol(kind, parameters_beside(kind, parameters or {}, home))
    except masks.MaskError as error:
        refused = (v for v in (parameters or {}).values() if str(error).endswith(f"not {v!r}"))
        raise BadInput(f"{error}{number_hint(next(refused, None))}") from None


def parameters_beside(
    kind: type[masks.Protocol], parameters: Mapping[str, Any], home: Path | None
) -> dict[str, Any]:
    """The parameters of a protocol, with folders among them as `beside` finds them from `home`."""
    paths = places(kind)
    return {
        field: beside(value, home) if field in paths and isinstance(value, str) else value
        for field, value in parameters.items()
    }


@contextlib.contextmanager
def asked(protocol: masks.Protocol | type[masks.Protocol], what: str) -> Iterator[None]:
    """A block in which a protocol is asked something.

    Args:
        protocol: whose code runs; what goes wrong in one of `masks` itself is a fault of ours.
        what: what is asked, as in "draw()".

    Raises:
        PluginFailed: in the block, for anything but `BadInput` and `masks.MaskError`, of a protocol
            from elsewhere.
    """
    if is_ours(protocol):
        yield
        return
    try:
        with foreign(f"protocol {protocol.key!r}: {what}"):
            yield
    except PluginFailed as error:
        if isinstance(error.__cause__, masks.MaskError):
            raise error.__cause__ from None
        raise


def describe_protocol(name: str, *, trust: bool = False) -> masks.Described:
    """What a protocol does, its parameters and its source; arguments and errors as `protocol_class`."""
    return masks.describe(protocol_class(name, trust=trust))


def protocol_title(name: str) -> str:
    """What a reader of a table calls a protocol's edits; from the name where it cannot be asked."""
    try:
        return protocol_class(name).title
    except BadInput:
        return masks.title_of(name.rpartition(":")[2])


def check_drawn(protocol: masks.Protocol, site: masks.Site, drawn: object) -> None:
    """Whether a protocol from elsewhere has drawn what an edit can be made of.

    Raises:
        BadInput: naming what is wrong.
    """
    if is_ours(protocol):
        return
    what = f"protocol {protocol.key!r}: draw()"
    if isinstance(drawn, masks.Impossible):
        if not isinstance(drawn.reason, str) or not drawn.reason:
            raise BadInput(f"{what}: an Impossible without a reason; say why there is no edit")
        return
    if not isinstance(drawn, masks.DrawnEdit):
        raise BadInput(f"{what} gave a {type(drawn).__name__}, not a DrawnEdit or an Impossible")
    planes = (("mask", drawn.mask, np.bool_), ("labels", drawn.labels, np.int32))
    size = drawn.mask.shape if drawn.window is not None else site.size
    for name, plane, dtype in planes:
        if not isinstance(plane, np.ndarray) or plane.dtype != dtype or plane.shape != size:
            kind = getattr(plane, "dtype", type(plane).__name__)
            raise BadInput(
                f"{what}: {name}: is {kind} {list(np.shape(plane))}; expected {np.dtype(dtype)} "
                f"{list(size)}"
            )
    if drawn.labels.min() < -1 or drawn.labels.max() >= len(site.classes):
        raise BadInput(
            f"{what}: labels: are not in -1..{len(site.classes) - 1}, the site's classes"
        )
