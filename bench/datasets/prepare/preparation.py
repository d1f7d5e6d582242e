"""What a preparation is made of: which scenes, from which files, and how each is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.core.errors import BadInput
from bench.datasets.prepare.archive import Sources

__all__ = ["Item", "Preparation", "ScenePlan", "count_note", "need"]


@dataclass(frozen=True, eq=False)
class Item:
    """One scene of the prepared dataset.

    Attributes:
        files: the paths it is written to, relative to the dataset's root.
        make: gives the bytes of each of `files`; a pure function of the archives.
        about: what the manifest says of it beyond its files (the crop's place).
    """

    files: tuple[str, ...]
    make: Callable[[], Mapping[str, bytes]]
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ScenePlan:
    """Everything that a preparation will write, and what the reader must know of it."""

    items: Sequence[Item]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Preparation:
    """How one dataset is prepared.

    Attributes:
        name: the registered dataset.
        version: raised when the same archives would give other files.
        takes: the official downloads, in words.
        plan: finds the scenes in the downloads; reads only lists, no image.
    """

    name: str
    version: int
    takes: str
    plan: Callable[[Sources], ScenePlan]


def need(found: Mapping[str, str], key: str, what: str) -> str:
    """The member that belongs to a scene.

    Raises:
        BadInput: where the downloads have none.
    """
    if key not in found:
        raise BadInput(f"scene {key!r} has no {what} in the archives; give all downloads, whole")
    return found[key]


def count_note(
    what: str, counts: Mapping[str, int], published: Mapping[str, int], source: str = "the paper"
) -> str:
    """One sentence: how many scenes each split has, and whether `source` has as many."""
    found, wanted = (
        " and ".join(f"{count:,} {split}" for split, count in one.items())
        for one in (counts, published)
    )
    if dict(counts) == dict(published):
        return f"{what}: {found} scenes, as in {source}"
    return f"{what}: {found} scenes, where {source} has {wanted}"
