"""What is here of the catalogue, and whether it is what it claims to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.networks.weights.catalogue import CATALOGUE, Network
from bench.networks.weights.finder import Found, find, weight_folders

__all__ = ["Status", "verify"]


@dataclass(frozen=True)
class Status:
    """One line of `weights verify`.

    Attributes:
        network: the entry of the catalogue.
        path: the file that holds it, or None.
        identity: SHA-256 over the tensors in use, or None.
        official: whether the file's hash begins as the official file's name says.
        problems: what is wrong, one sentence a file. A network that is simply not here is no
            problem; a file that bears an official name and is something else is one.
    """

    network: Network
    path: Path | None = None
    identity: str | None = None
    official: bool = False
    problems: tuple[str, ...] = ()


def verify(folders: Sequence[Path] | None = None) -> list[Status]:
    """Every network of the catalogue, in its order, found or not."""
    return [_status(entry, folders) for entry in CATALOGUE]


def _status(entry: Network, folders: Sequence[Path] | None) -> Status:
    found = find(entry.name, folders)
    places = weight_folders() if folders is None else folders
    named = [folder / entry.file for folder in places if (folder / entry.file).is_file()]
    if found is None:
        lacking = (f"{path}: does not hold {entry.name}; fetch it again" for path in named)
        return Status(entry, problems=tuple(lacking))
    problems = tuple(
        f"{path}: its SHA-256 does not begin with {entry.sha256_prefix}, so it is "
        "not the official file whose name it bears; fetch it again or rename it"
        for path in named
        if not Found(entry, path).official
    )
    return Status(entry, found.path, found.identity, found.official, problems)
