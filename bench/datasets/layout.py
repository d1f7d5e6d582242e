"""Where a labelled folder keeps its files: images/, labels/ and instances/, paired by stem.

    ROOT/[SPLIT/]images/STEM.jpg    labels/STEM.png    instances/STEM.png (or inst_map/)

A path may point at the dataset's root or straight at one of its splits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.core.documents import is_folder
from bench.core.errors import BadInput
from bench.core.images import IMAGE_SUFFIXES, image_files

__all__ = ["SceneFiles", "find_split", "list_scenes", "unread"]

_INSTANCE_FOLDERS = ("instances", "inst_map")


@dataclass(frozen=True)
class SceneFiles:
    """The files of one scene; `instances` is None where the dataset has none."""

    image: Path
    labels: Path
    instances: Path | None


def find_split(path: Path, split: str | None, default: str | None) -> Path:
    """The folder that holds images/, for a path at a dataset's root or at one of its splits.

    Args:
        path: what the user gave.
        split: the split asked for, or None for the default one.
        default: the dataset's default split; None where it has no splits.

    Raises:
        BadInput: where there is no such folder, naming the splits that are there.
    """
    if not is_folder(path):
        raise BadInput(f"{path}: no such folder; give the folder that holds images/ and labels/")
    wanted = split or default
    if wanted and (path / wanted / "images").is_dir():
        return path / wanted
    if (path / "images").is_dir() and (split is None or path.resolve().name == split):
        return path
    there = sorted(entry.name for entry in path.iterdir() if (entry / "images").is_dir())
    found = f"splits found: {', '.join(there)}" if there else f"it holds {_named(_names(path))}"
    target = f"{wanted}/images" if wanted else "images"
    raise BadInput(f"{path}: holds no folder {target}; {found}")


def list_scenes(split: Path) -> Mapping[str, SceneFiles]:
    """The files of every scene of a split by scene id (the image's stem), in sorted order.

    Label and instance files are named here and looked for only when a scene is read.

    Raises:
        BadInput: where there is no labels/, no image at all, or two files that share a stem.
    """
    images = image_files(split / "images")
    if not images:
        raise BadInput(f"{split / 'images'}: holds no image {_instead(split / 'images')}")
    labels = image_files(split / "labels")
    folder = next((split / n for n in _INSTANCE_FOLDERS if (split / n).is_dir()), None)
    instances = image_files(folder) if folder else {}
    return {
        stem: SceneFiles(
            image=image,
            labels=labels.get(stem, split / "labels" / f"{stem}.png"),
            instances=instances.get(stem, folder / f"{stem}.png") if folder else None,
        )
        for stem, image in images.items()
    }


def unread(folder: Path) -> list[str]:
    """The names in a folder of images that are passed over: subfolders (with a slash) and other files."""
    return [
        name
        for name in _names(folder)
        if name.endswith("/") or Path(name).suffix.lower() not in IMAGE_SUFFIXES
    ]


def _names(folder: Path) -> list[str]:
    there = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return [f"{path.name}/" if path.is_dir() else path.name for path in there]


def _instead(folder: Path) -> str:
    """What there is where images were expected, and what would have been read."""
    there = unread(folder)
    if any(name.endswith("/") for name in there):
        named = _named([name for name in there if name.endswith("/")])
        return f"(not looked into: {named}; images lie side by side, paired with labels/ by stem)"
    found = f"; found: {_named(there)}" if there else ""
    return f"(of {', '.join(sorted(IMAGE_SUFFIXES))}{found})"


def _named(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "") or "nothing"


_SHOWN = 3
