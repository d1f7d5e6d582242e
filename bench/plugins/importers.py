"""The registry of checkpoint importers: official files in, weights files out.

An importer is an entry point of the group `siebench.importers`, named like the system whose files it
takes: a function (system, file, out, *, variant, label_space, style_codes, options) -> card, where the
card is a pydantic model. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from bench.core.errors import BadInput, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

__all__ = ["GROUP", "Importer", "find_importer", "importer_names"]

GROUP = "siebench.importers"


class Importer(Protocol):
    """Checks an official checkpoint and writes it as a weights file."""

    def __call__(
        self,
        system: str,
        file: Path,
        out: Path,
        *,
        variant: str | None = None,
        label_space: str | None = None,
        style_codes: Path | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> BaseModel:
        """The card of what was written.

        Raises:
            BadInput: where the file is not what it should be; nothing is written then.
        """
        ...


def importer_names() -> list[str]:
    """The systems whose official files can be imported, sorted."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def find_importer(system: str) -> Importer:
    """The importer of a system.

    Raises:
        BadInput: where there is none of that name, or where it cannot be imported.
    """
    points = {point.name: point for point in entry_points(group=GROUP)}
    if system not in points:
        raise unknown("system", system, points)
    try:
        return cast(Importer, points[system].load())
    except Exception as error:
        raise BadInput(f"importer of {system!r} cannot be used: {error}") from None
