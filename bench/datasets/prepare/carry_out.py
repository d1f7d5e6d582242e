"""Carrying out a preparation: every file whole, resumable, recorded, checked.

Two states can be left by a crash: no manifest (nothing was begun), or a manifest in state "running"
beside some whole files. Starting again with the same downloads writes the files that are missing.
A finished preparation is checked against its manifest, byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.core.atomic import whole_file, write_json
from bench.core.documents import read_json
from bench.core.errors import BadInput, unknown
from bench.core.identity import file_hash
from bench.datasets.prepare import ade20k, celebamask_hq, cityscapes, coco_stuff
from bench.datasets.prepare.archive import open_sources
from bench.datasets.prepare.preparation import Item, Preparation, ScenePlan

__all__ = ["MANIFEST", "PREPARATIONS", "PreparedFiles", "prepare_dataset"]

MANIFEST = "manifest.json"

PREPARATIONS: Mapping[str, Preparation] = {
    preparation.name: preparation
    for preparation in (
        ade20k.WHOLE,
        ade20k.ROOM,
        ade20k.LANDSCAPE,
        cityscapes.PREPARATION,
        celebamask_hq.PREPARATION,
        coco_stuff.PREPARATION,
    )
}
"""Every preparation by the name of its dataset."""


@dataclass(frozen=True)
class PreparedFiles:
    """What came of a preparation: files written now, files found there and good, and notes."""

    written: int
    verified: int
    notes: tuple[str, ...]


def prepare_dataset(
    name: str,
    archives: Sequence[Path],
    out: Path,
    *,
    start: Callable[[int], None] = lambda _: None,
    advance: Callable[[int], None] = lambda _: None,
) -> PreparedFiles:
    """Prepares a dataset from its official downloads.

    Args:
        name: the dataset, one of `PREPARATIONS`.
        archives: the downloads (zip or tar), or the folders they were unpacked into.
        out: the dataset's new root; a preparation that was interrupted there goes on.
        start: told once how many scenes there are.
        advance: told after each scene.

    Raises:
        BadInput: an unknown dataset, a download that is missing, damaged or refused, a folder that
            holds something else, or a file that is no longer what the manifest says.
    """
    if name not in PREPARATIONS:
        raise unknown("dataset to prepare", name, PREPARATIONS)
    preparation = PREPARATIONS[name]
    with open_sources(archives) as sources:
        plan = preparation.plan(sources)
        if not plan.items:
            raise BadInput(
                f"{name}: no scene was found in the archives; it takes {preparation.takes}"
            )
        key = {"dataset": name, "recipe": preparation.version, "archives": sources.describe()}
        recorded = _take_up(out, key, preparation)
        start(len(plan.items))
        hashes: dict[str, str] = {}
        written = 0
        for item in plan.items:
            written += _write(out, item, recorded, hashes)
            advance(1)
    _sweep(out, hashes)
    _finish(out, key, plan, hashes)
    return PreparedFiles(written, len(hashes) - written, plan.notes)


def _take_up(out: Path, key: Mapping[str, Any], preparation: Preparation) -> Mapping[str, str]:
    """Begins or goes on; gives the recorded hashes of a finished preparation."""
    file = out / MANIFEST
    if not file.exists():
        if out.is_dir() and any(out.iterdir()):
            raise BadInput(f"{out}: holds other files; choose an empty folder as --out")
        write_json(file, {**key, "state": "running"})
        return {}
    try:
        old = read_json(file)
        same = {field: old[field] for field in key} == dict(key)
        recorded: dict[str, str] = old.get("files", {})
    except BadInput as error:
        raise BadInput(f"{error}; delete the folder and begin anew") from None
    except (KeyError, TypeError, AttributeError):
        raise BadInput(f"{file}: is no manifest; delete the folder and begin anew") from None
    if not same:
        raise BadInput(
            f"{out}: was prepared from other downloads or by another version; choose another --out"
            f" (this takes {preparation.takes})"
        )
    return recorded


def _write(out: Path, item: Item, recorded: Mapping[str, str], hashes: dict[str, str]) -> int:
    """Writes the item's missing files and checks those that are there; gives how many it wrote."""
    missing = [name for name in item.files if not (out / name).is_file()]
    made = item.make() if missing else {}
    for name in item.files:
        if name in missing:
            with whole_file(out / name) as temporary:
                temporary.write_bytes(made[name])
            hashes[name] = hashlib.sha256(made[name]).hexdigest()
        else:
            hashes[name] = file_hash(out / name)
        if recorded.get(name, hashes[name]) != hashes[name]:
            raise BadInput(
                f"{out / name}: is not what the manifest says; delete this file and prepare again"
            )
    return len(missing)


def _sweep(out: Path, names: Iterable[str]) -> None:
    """Removes what killed preparations left of the files that are whole now (see `whole_file`)."""
    whole = {out / name for name in (*names, MANIFEST)}
    for folder in {path.parent for path in whole}:
        for left in folder.glob(".*.part"):
            meant = _PART.fullmatch(left.name)
            if meant is not None and folder / meant.group(1) in whole:
                left.unlink()


_PART = re.compile(r"\.(.+)\.[^.]+\.part")


def _finish(out: Path, key: Mapping[str, Any], plan: ScenePlan, hashes: Mapping[str, str]) -> None:
    about = {item.files[0]: dict(item.about) for item in plan.items if item.about}
    done = {"state": "done", "notes": list(plan.notes), "scenes": about, "files": dict(hashes)}
    write_json(out / MANIFEST, {**key, **done})
