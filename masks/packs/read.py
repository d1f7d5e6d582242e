"""Using a pack in place of the protocol that made it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, cast

from masks.errors import MaskError
from masks.packs import png
from masks.packs.manifest import EDITS, Entry, Manifest, Plane, entries, file_digest
from masks.parameters import Parameters, text
from masks.spec import Bool, DrawnEdit, GroundTruth, Impossible, Int32, Operation, Site

__all__ = ["Packed", "planes"]


@dataclass(frozen=True)
class Packed(Parameters):
    """The edits of a pack that `siebench masks make` wrote, each checked by hash when it is read.

    The operation is the pack's, not this protocol's. A scene, sample or seed that the pack does
    not hold, and a scene of another size, are refused; what was impossible when the pack was made
    still is.
    """

    key: ClassVar[str] = "pack@1"
    operation: ClassVar[Operation] = "inpaint"

    folder: str = text("", "the pack's folder")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.folder:
            raise MaskError(f"{self.key}: folder is missing; name the pack's folder")
        object.__setattr__(self, "operation", self.manifest.operation)

    @cached_property
    def manifest(self) -> Manifest:
        """The pack's head."""
        manifest = Manifest.read(Path(self.folder))
        if file_digest(Path(self.folder) / EDITS) != manifest.list_sha256:
            raise MaskError(
                f"{self.folder}: {EDITS} differs from the manifest's hash; get the pack again"
            )
        return manifest

    @property
    def identity(self) -> dict[str, object]:
        """What tells this pack's edits from others, wherever it lies: for the protocol hash.

        Taken from pixels, not from the files' bytes, which depend on the machine's zlib.
        """
        digest = hashlib.sha256()
        for entry in self._index.values():
            digest.update(repr(entry.content()).encode("utf-8", "surrogatepass"))
        manifest = self.manifest
        return {
            "protocol": manifest.protocol,
            "parameters": manifest.parameters,
            "seed": manifest.seed,
            "edits": digest.hexdigest(),
        }

    @property
    def windowed(self) -> bool:
        """Whether an edit sees a cut-out of its scene, and so has a size of its own."""
        return any(entry.window is not None for entry in self._index.values())

    @property
    def coverages(self) -> tuple[float, float] | None:
        """The least and the largest painted share of the picture; None without edits."""
        shares = [e.coverage for e in self._index.values() if e.coverage is not None]
        return (min(shares), max(shares)) if shares else None

    @cached_property
    def _index(self) -> dict[tuple[str, int], Entry]:
        return {(entry.scene, entry.sample): entry for entry in entries(Path(self.folder))}

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site` as the pack has it.

        Raises:
            MaskError: where the pack has no such edit, or a file of it is not what the list says.
        """
        manifest = self.manifest
        for name, has, wanted in (
            ("dataset", manifest.dataset, site.dataset),
            ("seed", manifest.seed, seed),
        ):
            if has != wanted:
                raise MaskError(f"{self.folder}: the pack's {name} is {has!r}, not {wanted!r}")
        entry = self._index.get((site.scene, sample))
        if entry is None:
            raise MaskError(f"{self.folder}: holds no edit of {site.scene!r}, sample {sample}")
        if entry.impossible is not None:
            return Impossible(entry.impossible)
        return self._draft(site, entry)

    def _draft(self, site: Site, entry: Entry) -> DrawnEdit:
        folder = Path(self.folder)
        for plane in (entry.mask, entry.labels, entry.instances):
            if plane is not None:
                _check(folder, plane)
        mask, labels, instances = planes(folder, entry)
        if entry.window is None and mask.shape != site.size:
            raise MaskError(
                f"{self.folder}: edit of {site.scene!r} is {mask.shape[0]}x{mask.shape[1]} pixels, "
                f"the scene {site.size[0]}x{site.size[1]}; make the pack at the suite's size"
            )
        own = labels is None
        return DrawnEdit(
            mask=mask,
            labels=site.labels if labels is None else labels,
            instances=site.instances if own else instances,
            region=entry.region,
            ground_truth=cast(GroundTruth, entry.truth),
            removed=entry.removed,
            window=entry.window,
        )


def planes(folder: Path, entry: Entry) -> tuple[Bool, Int32 | None, Int32 | None]:
    """Mask, labels and instances of an edit, those that the pack holds, all of one size.

    Raises:
        MaskError: naming the file that is not what it should be.
    """
    assert entry.mask is not None
    mask = png.read_mask(entry.mask.within(folder))
    labels = png.read_labels(entry.labels.within(folder)) if entry.labels else None
    instances = png.read_instances(entry.instances.within(folder)) if entry.instances else None
    for plane, array in ((entry.labels, labels), (entry.instances, instances)):
        if plane is not None and array is not None and array.shape != mask.shape:
            raise MaskError(f"{folder / plane.path}: is not of the mask's size")
    return mask, labels, instances


def _check(folder: Path, plane: Plane) -> None:
    path = plane.within(folder)
    if not path.is_file():
        raise MaskError(f"{path}: is missing; get the pack again")
    if file_digest(path) != plane.sha256:
        raise MaskError(f"{path}: differs from its SHA-256 in {EDITS}; get the pack again")
