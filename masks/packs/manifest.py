"""What a pack says of itself.

A pack is a folder: `manifest.json` (protocol, parameters, seed, dataset and its fingerprint,
counts, coverage, and the SHA-256 of the list), `edits.jsonl` (the list: one edit or one
impossible edit a line) and the PNGs that the list names with their SHA-256 over file bytes and
over decoded pixels. The list is read line by line, so that a pack may hold any number of edits.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn, get_args

from masks.spec import GroundTruth, MaskError, Operation

__all__ = ["EDITS", "FORMAT", "MANIFEST", "Entry", "Manifest", "Plane", "entries", "file_digest"]

FORMAT = "sebench-masks@1"
MANIFEST = "manifest.json"
EDITS = "edits.jsonl"


@dataclass(frozen=True)
class Plane:
    """One PNG: its path inside the pack, SHA-256 of the file and of the decoded pixels."""

    path: str
    sha256: str
    pixels: str

    def within(self, folder: Path) -> Path:
        """The file's real path.

        Raises:
            MaskError: where it would lie outside of the pack.
        """
        inside = PurePosixPath(self.path)
        if inside.is_absolute() or ".." in inside.parts or "\\" in self.path or ":" in self.path:
            raise MaskError(f"{folder}: the path {self.path!r} leaves the pack")
        path = folder / inside
        try:
            real = path.resolve()
            unfit = path.exists() and not path.is_file()
        except (OSError, RuntimeError, ValueError):  # too long, a loop of links, or with a NUL
            raise MaskError(f"{folder}: {_short(self.path)} cannot be the name of a file") from None
        if unfit:
            raise MaskError(f"{path}: is no regular file")
        if not real.is_relative_to(folder.resolve()):
            raise MaskError(f"{folder}: the path {self.path!r} leaves the pack through a link")
        return path


@dataclass(frozen=True)
class Entry:
    """One line of the list: an edit, or why there is none (`impossible`, all else None).

    `size` is the (height, width) of the scene that a `window` lies in; None in packs of old.
    """

    scene: str
    sample: int
    impossible: str | None = None
    coverage: float | None = None
    region: str | None = None
    truth: str | None = None
    removed: int | None = None
    window: tuple[int, int, int, int] | None = None
    size: tuple[int, int] | None = None
    mask: Plane | None = None
    labels: Plane | None = None
    instances: Plane | None = None

    def content(self) -> tuple[object, ...]:
        """What the edit is, without its files' names and bytes."""
        planes = (self.mask, self.labels, self.instances)
        pixels = tuple(plane and plane.pixels for plane in planes)
        return (
            self.scene,
            self.sample,
            self.impossible is None,
            self.region,
            self.truth,
            self.removed,
            self.window,
            *pixels,
        )

    def line(self) -> str:
        """The entry as a line of JSON; what is None is left out."""
        kept = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(kept) + "\n"


@dataclass(frozen=True)
class Manifest:
    """The pack's head.

    Attributes:
        protocol: the key of the protocol that drew the edits.
        operation: what the edits ask for.
        parameters: the protocol's, as JSON; folders that it read are left out.
        seed: the seed of all edits.
        dataset: the dataset's registered name.
        fingerprint: the dataset's fingerprint when the pack was made.
        edits: how many edits the pack holds.
        impossible: how many could not be made.
        coverage: mean, least and largest masked share of the image; empty without edits.
        list_sha256: SHA-256 of `edits.jsonl`.
        format: `FORMAT`.
    """

    protocol: str
    operation: str
    parameters: dict[str, Any]
    seed: int
    dataset: str
    fingerprint: str
    edits: int
    impossible: int
    coverage: dict[str, float]
    list_sha256: str
    format: str = FORMAT

    def text(self) -> str:
        """The manifest as indented JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @staticmethod
    def read(folder: Path) -> Manifest:
        """The manifest of a pack.

        Raises:
            MaskError: where there is none, or it is not one of this format.
        """
        path = folder / MANIFEST
        manifest: Manifest = _made(Manifest, _json(path, _text(path)), path)
        if manifest.format != FORMAT:
            raise MaskError(f"{path}: the format is {_short(manifest.format)}, not {FORMAT!r}")
        if manifest.operation not in get_args(Operation):
            raise MaskError(
                f"{path}: operation must be one of {get_args(Operation)}, not "
                f"{_short(manifest.operation)}"
            )
        for name, share in manifest.coverage.items():
            if not isinstance(share, (int, float)) or isinstance(share, bool):
                raise MaskError(f"{path}: coverage: {name} must be a number, not {_short(share)}")
        return manifest


def entries(folder: Path) -> Iterator[Entry]:
    """The list's entries in order, read line by line.

    Raises:
        MaskError: naming the line that is not an entry.
    """
    path = folder / EDITS
    try:
        if path.exists() and not path.is_file():
            raise MaskError(f"{path}: is no regular file; get the pack again")
        with path.open(encoding="utf-8") as lines:
            number = 0
            while line := lines.readline(_LONGEST + 1):
                number += 1
                if len(line) > _LONGEST:
                    raise MaskError(
                        f"{path}, line {number}: is longer than {_LONGEST:,} characters"
                    )
                yield _entry(line, f"{path}, line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise MaskError(f"{path}: cannot be read ({error}); get the pack again") from None


_LONGEST = 1 << 16
"""Characters of a line; an entry has a few hundred."""

_LARGEST = 1 << 26
"""Bytes of a manifest, whose parameters may list the scenes of a dataset."""


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _entry(line: str, where: str) -> Entry:
    value = _json(where, line)
    if isinstance(value, dict):
        for name in ("mask", "labels", "instances"):
            if name in value:
                value[name] = _made(Plane, value[name], where)
        for name, words in (("window", "top, left, bottom, right"), ("size", "height, width")):
            if name in value:
                value[name] = _integers(value[name], f"{where}: {name}", words)
    entry: Entry = _made(Entry, value, where)
    if (entry.mask is None) == (entry.impossible is None):
        raise MaskError(f"{where}: an entry has either a mask or a reason why there is none")
    if entry.mask is not None and entry.coverage is None:
        raise MaskError(f"{where}: coverage is missing")
    if entry.mask is not None and entry.truth not in get_args(GroundTruth):
        raise MaskError(
            f"{where}: truth must be one of {get_args(GroundTruth)}, not {entry.truth!r}"
        )
    return entry


def _integers(value: Any, where: str, words: str) -> tuple[int, ...]:
    count = words.count(",") + 1
    if not (isinstance(value, list) and len(value) == count and all(type(x) is int for x in value)):
        raise MaskError(f"{where} must be [{words}], not {_short(value)}")
    return tuple(value)


def _text(path: Path) -> str:
    try:
        if path.is_file() and path.stat().st_size > _LARGEST:
            raise MaskError(f"{path}: is larger than {_LARGEST:,} bytes; is this folder a pack?")
        if path.is_file() or not path.exists():
            return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # a path with NUL, text that is not UTF-8
        raise MaskError(f"{path}: cannot be read ({error}); is this folder a pack?") from None
    raise MaskError(f"{path}: is no regular file; is this folder a pack?")


def _json(where: Path | str, text: str) -> Any:
    """A JSON text, within bounds: no infinities, numbers of thousands of digits, endless nesting."""
    try:
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_once
        )
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a plain ValueError
        raise MaskError(f"{where}: is not JSON ({error})") from None
    level, depth = [value], 0
    while level:
        if depth > _DEPTH:
            raise MaskError(f"{where}: is nested more than {_DEPTH} levels deep")
        inside = [one.values() if isinstance(one, dict) else one for one in level if _nests(one)]
        level, depth = [part for parts in inside for part in parts], depth + 1
    return value


_DEPTH = 64


def _nests(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_constant(text[:40])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which every name is given once."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {_short(twice)} is given twice")
    return made


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a finite number")


def _made(kind: Any, value: Any, where: Path | str) -> Any:
    """A dataclass from a JSON object whose values are of the annotated kinds."""
    if not isinstance(value, dict):
        raise MaskError(f"{where}: expected an object, not {_short(value)}")
    fields = kind.__dataclass_fields__
    for name, given in value.items():
        if name not in fields:
            raise MaskError(f"{where}: {name!r} does not belong here")
        accepted, words = _KINDS[fields[name].type]
        if not isinstance(given, accepted) or isinstance(given, bool):
            raise MaskError(f"{where}: {name} must be {words}, not {_short(given)}")
    try:
        return kind(**value)
    except TypeError as error:
        missing = str(error).partition(": ")[2]
        raise MaskError(f"{where}: {missing} is missing") from None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


_KINDS: dict[str, tuple[Any, str]] = {
    "str": (str, "text"),
    "int": (int, "an integer"),
    "str | None": (str, "text"),
    "int | None": (int, "an integer"),
    "float | None": ((int, float), "a number"),
    "dict[str, Any]": (dict, "an object"),
    "dict[str, float]": (dict, "an object"),
    "tuple[int, int, int, int] | None": (tuple, "four integers"),
    "tuple[int, int] | None": (tuple, "two integers"),
    "Plane | None": (Plane, "an object"),
}
"""What a field of an annotation accepts, and the words for it."""
