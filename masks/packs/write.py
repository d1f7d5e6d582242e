"""Making a pack."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from masks.digest import array_digest
from masks.packs import png
from masks.packs.manifest import EDITS, MANIFEST, Entry, Manifest, Plane, file_digest
from masks.parameters import places
from masks.protocol import Protocol
from masks.spec import DrawnEdit, Impossible, MaskError, Site

__all__ = ["write_pack"]


def write_pack(
    folder: Path,
    protocol: Protocol,
    sites: Iterable[tuple[Site, int]],
    *,
    seed: int,
    fingerprint: str,
) -> Manifest:
    """Draws edits and writes them as a pack, which appears whole or not at all.

    Masks are always written; target maps and instances for every operation but filling a scene
    by its own map ("inpaint", "synthesise"), and for every edit in a window. One edit is in
    memory at a time. A power cut right after may still lose bytes, which `verify_pack` finds.

    Args:
        folder: where the pack shall be; must not exist, or be empty.
        protocol: what draws.
        sites: (site, sample) pairs of one dataset, read lazily.
        seed: the seed of all edits.
        fingerprint: the dataset's, to be recorded.

    Raises:
        MaskError: where the folder is taken, there is no site, or sites are of two datasets.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise MaskError(f"{folder}: is already there; choose another folder or remove it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = folder.parent / f".{folder.name}.{secrets.token_hex(8)}.part"
        part.mkdir()
    except OSError as error:
        raise MaskError(f"{folder}: cannot be written ({error.strerror or error})") from None
    try:
        manifest = _fill(part, protocol, sites, seed, fingerprint)
        if folder.exists():
            folder.rmdir()
        part.replace(folder)
    except OSError as error:
        raise MaskError(f"{folder}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def _fill(
    part: Path,
    protocol: Protocol,
    sites: Iterable[tuple[Site, int]],
    seed: int,
    fingerprint: str,
) -> Manifest:
    tally = _Tally()
    with (part / EDITS).open("w", encoding="utf-8", newline="\n") as lines:
        for number, (site, sample) in enumerate(sites):
            drawn = protocol.draw(site, seed=seed, sample=sample)
            entry = _entry(part, number, site, sample, drawn, protocol.operation)
            tally.add(site.dataset, entry)
            lines.write(entry.line())
    # Where masks lay when they were copied is no part of what the pack holds.
    left_out = places(type(protocol))
    parameters = {n: v for n, v in protocol.parameters().items() if n not in left_out}
    manifest = Manifest(
        protocol=protocol.key,
        operation=protocol.operation,
        parameters=parameters,
        seed=seed,
        dataset=tally.the_dataset(),
        fingerprint=fingerprint,
        edits=tally.edits,
        impossible=tally.impossible,
        coverage=tally.coverage(),
        list_sha256=file_digest(part / EDITS),
    )
    (part / MANIFEST).write_text(manifest.text(), encoding="utf-8", newline="\n")
    return manifest


class _Tally:
    """What the manifest says of all edits together, without keeping them."""

    def __init__(self) -> None:
        self.edits = self.impossible = 0
        self._dataset: str | None = None
        self._total, self._least, self._largest = 0.0, 1.0, 0.0

    def add(self, dataset: str, entry: Entry) -> None:
        self._dataset = self._dataset or dataset
        if dataset != self._dataset:
            raise MaskError(f"a pack holds one dataset, not {self._dataset} and {dataset}")
        if entry.coverage is None:
            self.impossible += 1
            return
        self.edits += 1
        self._total += entry.coverage
        self._least = min(self._least, entry.coverage)
        self._largest = max(self._largest, entry.coverage)

    def the_dataset(self) -> str:
        if self._dataset is None:
            raise MaskError("there is no scene to draw edits for")
        return self._dataset

    def coverage(self) -> dict[str, float]:
        if not self.edits:
            return {}
        mean = round(self._total / self.edits, 6)
        return {"mean": mean, "least": self._least, "largest": self._largest}


def _entry(
    part: Path, number: int, site: Site, sample: int, drawn: DrawnEdit | Impossible, operation: str
) -> Entry:
    if isinstance(drawn, Impossible):
        return Entry(site.scene, sample, impossible=drawn.reason)
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", site.scene)[:80]
    name = f"{number:06d}-{plain}-{sample}.png"
    with_maps = operation not in ("inpaint", "synthesise") or drawn.window is not None
    instances = drawn.instances if with_maps else None
    return Entry(
        scene=site.scene,
        sample=sample,
        coverage=round(float(drawn.mask.mean()), 6),
        region=drawn.region,
        truth=drawn.ground_truth,
        removed=drawn.removed,
        window=drawn.window,
        size=None if drawn.window is None else site.size,
        mask=_plane(part, f"masks/{name}", png.write_mask, drawn.mask),
        labels=_plane(part, f"labels/{name}", png.write_labels, drawn.labels)
        if with_maps
        else None,
        instances=None
        if instances is None
        else _plane(part, f"instances/{name}", png.write_instances, instances),
    )


def _plane(part: Path, path: str, write: Any, array: Any) -> Plane:
    write(part / path, array)
    return Plane(path, file_digest(part / path), array_digest(array))
