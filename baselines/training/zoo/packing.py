"""Trained networks in archives of limited size, to be carried away from where they were trained.

A training's weights, card, snapshots, curve of losses and log lie in one archive, the first of the plan in
the first ones; checkpoints stay behind. `tar -xf zoo-1.tar -C FOLDER` unpacks one; all of them in one folder
are the zoo's folder again.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from baselines.training.zoo.training import ZooFolder
from bench.core.atomic import whole_file

__all__ = ["LARGEST", "MANY", "Archive", "pack"]

LARGEST = 16 * 2**20 - 1
"""Bytes of an archive, at most."""

MANY = 8
"""Archives that are written at a time, at most."""

_BLOCK = 512
_END = 20 * _BLOCK  # two empty blocks, filled up to twenty


@dataclass
class Archive:
    """One archive.

    Attributes:
        path: `zoo-N.tar`. names: of its trainings. files: what it holds. size: in bytes.
        written: whether it is there now.
    """

    path: Path
    names: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    size: int = _END
    written: bool = False


def pack(
    out: Path,
    names: Sequence[str],
    folder: Path,
    *,
    first: int = 1,
    many: int = MANY,
    largest: int = LARGEST,
) -> list[Archive]:
    """Packs a zoo's folder; which archive holds what depends on the names and the sizes alone.

    Args:
        out: the zoo's folder.
        names: of the trainings, the most wanted first; those without weights and card are passed over.
        folder: where the archives go.
        first: the number of the first archive that is written; earlier ones have been carried away.
        many: archives that are written, at most.
        largest: bytes of an archive, at most; a training beyond it has one of its own.

    Returns:
        All archives, those that were written and those that are still to be.

    Raises:
        BadInput: a folder that cannot be written.
    """
    place, found = ZooFolder(out), list[Archive]()
    for name in names:
        files = [place.weights(name), place.card(name)]
        if not all(one.is_file() for one in files):
            continue
        files += place.snapshots(name)
        files += [one for one in (place.losses(name), place.log(name)) if one.is_file()]
        size = sum(_BLOCK + -(-one.stat().st_size // _BLOCK) * _BLOCK for one in files)
        fitting = (one for one in found if one.size + size <= largest)
        archive = next(fitting, None) or Archive(folder / f"zoo-{len(found) + 1}.tar")
        if archive not in found:
            found.append(archive)
        archive.names.append(name)
        archive.files += files
        archive.size += size
    for archive in found[first - 1 : first - 1 + many]:
        _write(archive, out)
    return found


def _write(archive: Archive, out: Path) -> None:
    with whole_file(archive.path) as temporary, tarfile.open(temporary, "w") as tar:
        for file, member in _members(archive, out):
            with file.open("rb") as content:
                tar.addfile(member, content)
    archive.written = True


def _members(archive: Archive, out: Path) -> Iterator[tuple[Path, tarfile.TarInfo]]:
    """Files with their headers: names in the zoo's folder, sizes, and nothing of this machine."""
    for file in archive.files:
        member = tarfile.TarInfo(file.relative_to(out).as_posix())
        member.size = file.stat().st_size
        yield file, member
