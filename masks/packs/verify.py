"""Proving a pack, file by file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from masks.digest import array_digest
from masks.packs.manifest import EDITS, MANIFEST, Entry, Manifest, entries, file_digest
from masks.packs.read import planes
from masks.parameters import places
from masks.protocol import Protocol
from masks.registry import make_protocol, protocol_class
from masks.spec import MaskError

__all__ = ["Problem", "verify_pack"]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one file of a pack."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def verify_pack(
    folder: Path, find: Callable[[str], type[Protocol]] = protocol_class
) -> tuple[Problem, ...]:
    """Everything that is wrong with a pack; nothing means that it is what its manifest says.

    Checked are the manifest and its protocol, the list's hash and counts, every file's bytes and
    pixels, that masks are binary and planes of one size, the coverages, and that no other file
    lies in the folder.

    Args:
        folder: the pack.
        find: the class of the protocol of a key; raises `MaskError` for an unknown one. By default
            this package's protocols are known.
    """
    folder = Path(folder)
    try:
        manifest = Manifest.read(folder)
        if not (folder / EDITS).is_file():
            return (Problem(EDITS, "is missing"),)
        if file_digest(folder / EDITS) != manifest.list_sha256:
            return (Problem(EDITS, "differs from the manifest's hash"),)
        return (*_protocol(manifest, find), *_walk(folder, manifest))
    except (MaskError, OSError) as error:
        return (Problem(MANIFEST, str(error)),)


def _protocol(manifest: Manifest, find: Callable[[str], type[Protocol]]) -> Iterator[Problem]:
    """A protocol, parameters or operation that do not exist or do not go together."""
    try:
        kind = find(manifest.protocol)
        if places(kind):  # masks made elsewhere, which need not be here
            return
        make_protocol(kind, manifest.parameters)
    except MaskError as error:
        yield Problem(MANIFEST, str(error))
        return
    if manifest.operation != kind.operation:
        yield Problem(
            MANIFEST,
            f"operation {manifest.operation!r} is not that of {kind.key}, {kind.operation!r}",
        )


def _walk(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    named = {MANIFEST, EDITS}
    seen: set[tuple[str, int]] = set()
    shares: list[float] = []
    impossible = 0
    try:
        for entry in entries(folder):
            where = f"{entry.scene}, sample {entry.sample}"
            if (entry.scene, entry.sample) in seen:
                yield Problem(EDITS, f"lists {where} twice")
            seen.add((entry.scene, entry.sample))
            impossible += entry.impossible is not None
            if entry.coverage is not None:
                shares.append(entry.coverage)
            named |= {plane.path for plane in (entry.mask, entry.labels, entry.instances) if plane}
            yield from _edit(folder, entry)
    except MaskError as error:  # a line that is no entry: what follows it cannot be counted
        yield Problem(EDITS, str(error))
        return
    if (len(seen) - impossible, impossible) != (manifest.edits, manifest.impossible):
        yield Problem(
            MANIFEST, f"counts {manifest.edits} edits and {manifest.impossible} impossible ones"
        )
    if shares and _far(manifest.coverage, shares):
        yield Problem(MANIFEST, "its coverage is not that of the edits")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name not in named:
            yield Problem(name, "is not in the list")


def _edit(folder: Path, entry: Entry) -> Iterator[Problem]:
    if entry.mask is None:
        return
    sound = True
    for plane in (entry.mask, entry.labels, entry.instances):
        if plane is None:
            continue
        try:
            if file_digest(plane.within(folder)) != plane.sha256:
                yield Problem(plane.path, "differs from its SHA-256")
                sound = False
        except OSError:
            yield Problem(plane.path, "is missing")
            sound = False
        except MaskError as error:
            yield Problem(EDITS, str(error))
            sound = False
    if sound:
        yield from _pixels(folder, entry)


def _pixels(folder: Path, entry: Entry) -> Iterator[Problem]:
    assert entry.mask is not None
    try:
        mask, labels, instances = planes(folder, entry)
    except MaskError as error:
        yield Problem(entry.mask.path, str(error))
        return
    pairs = ((entry.mask, mask), (entry.labels, labels), (entry.instances, instances))
    for plane, array in pairs:
        if plane is not None and array is not None and array_digest(array) != plane.pixels:
            yield Problem(plane.path, "its pixels differ from their hash")
    if not mask.any():
        yield Problem(entry.mask.path, "is empty")
    if entry.coverage is None or abs(float(mask.mean()) - entry.coverage) > 1e-6:
        yield Problem(entry.mask.path, f"its coverage is {mask.mean():.6f}, not {entry.coverage}")


def _far(coverage: dict[str, float], shares: list[float]) -> bool:
    true = {"mean": sum(shares) / len(shares), "least": min(shares), "largest": max(shares)}
    return set(coverage) != set(true) or any(
        abs(float(coverage[name]) - value) > 2e-6 for name, value in true.items()
    )
