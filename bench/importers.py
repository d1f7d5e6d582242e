"""Checkpoint importers, found through the entry points of the group `sebench.importers`.

An importer is called with the system's name, the official file and the file to write, and keyword
arguments `variant`, `label_space`, `style_codes` and `options` (each may be None); it gives a card:
an object whose text tells what was written.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from bench.errors import unknown

__all__ = ["GROUP", "find_importer"]

GROUP = "sebench.importers"


def find_importer(system: str) -> Callable[..., Any]:
    """The importer of a system's official checkpoints.

    Raises:
        BadInput: where nobody registered one for that system.
    """
    points = {point.name: point for point in entry_points(group=GROUP)}
    if system not in points:
        raise unknown("system", system, points)
    importer: Callable[..., Any] = points[system].load()
    return importer
