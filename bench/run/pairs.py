"""Which files of two folders belong together: those of one relative path, whatever their endings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import BadInput
from bench.core.images import image_tree
from bench.core.text import counted

__all__ = ["Folders", "Pair", "find_pairs"]

_SHOWN = 3


@dataclass(frozen=True)
class Pair:
    """Files of one stem; `stem` has the subfolder before it ("day/a")."""

    stem: str
    real: Path
    fake: Path
    mask: Path | None
    labels: Path | None


@dataclass(frozen=True)
class Folders:
    """The folders to score, and what they hold.

    Attributes:
        real, fake: the two folders' images by stem.
        masks, labels: those of the other folders; None where there is no such folder.
        notices: a sentence for each folder that holds files which are not read.
    """

    real: dict[str, Path]
    fake: dict[str, Path]
    masks: dict[str, Path] | None
    labels: dict[str, Path] | None
    notices: tuple[str, ...]

    @classmethod
    def of(cls, real: Path, fake: Path, masks: Path | None, labels: Path | None) -> Folders:
        """Lists the folders with their subfolders; one that lies in another is not part of it.

        Raises:
            BadInput: a folder that is missing or holds no image.
        """
        given = [folder for folder in (real, fake, masks, labels) if folder is not None]
        notices: list[str] = []

        def listed(folder: Path) -> dict[str, Path]:
            found, others = image_tree(folder, given)
            if not found:
                raise BadInput(f"{folder}: holds no images; give a folder of PNG or JPEG files")
            if others:
                names = _named(path.relative_to(folder).as_posix() for path in others)
                notice = f"{folder}: {counted(len(others), 'file')} not read, no image: {names}"
                if notice not in notices:
                    notices.append(notice)
            return found

        return cls(
            listed(real),
            listed(fake),
            None if masks is None else listed(masks),
            None if labels is None else listed(labels),
            tuple(notices),
        )


def find_pairs(
    real: Path, fake: Path, masks: Path | None = None, labels: Path | None = None
) -> tuple[list[Pair], tuple[str, ...]]:
    """The folders' pairs, sorted by stem, and notices of the files that are left over.

    Raises:
        BadInput: a folder that is missing or empty, or an image without its partner.
    """
    found = Folders.of(real, fake, masks, labels)
    alone = [
        _lacks(where, missing)
        for where, missing in (
            (fake, found.real.keys() - found.fake.keys()),
            (real, found.fake.keys() - found.real.keys()),
        )
        if missing
    ]
    if alone:
        raise BadInput(
            f"{'; '.join(alone)}; pairs share a stem (for FID and the like without pairs, give "
            "--allow-unpaired)"
        )
    notices = list(found.notices)
    for folder, there in ((masks, found.masks), (labels, found.labels)):
        if folder is None or there is None:
            continue
        missing = found.real.keys() - there.keys()
        if missing:
            lack = _lacks(folder, missing).replace("no image", "no file")
            raise BadInput(f"{lack}; pairs share a stem")
        over = there.keys() - found.real.keys()
        if over:
            count = counted(len(over), "file")
            notices.append(f"{folder}: {count} left over, of no pair: {_named(sorted(over))}")
    pairs = [
        Pair(
            stem,
            path,
            found.fake[stem],
            found.masks[stem] if found.masks is not None else None,
            found.labels[stem] if found.labels is not None else None,
        )
        for stem, path in found.real.items()
    ]
    return pairs, tuple(notices)


def _lacks(folder: Path, stems: Collection[str]) -> str:
    return f"{folder}: no image with the stem {_named(sorted(stems))}"


def _named(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    every = [repr(name) for name in names]
    more = f" (and {len(every) - _SHOWN} more)" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
