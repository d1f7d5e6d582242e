"""Using a pack in place of the protocol that made it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np

from masks.packs import png
from masks.packs.manifest import EDITS, Entry, Manifest, Plane, entries, file_digest
from masks.packs.write import write_pack
from masks.parameters import folder as folder_parameter
from masks.protocol import Protocol
from masks.protocols.freeform import FreeForm
from masks.spec import Bool, DrawnEdit, GroundTruth, Impossible, Int32, MaskError, Operation, Site
from masks.windows import Extent, seen

__all__ = ["Packed", "planes"]


@dataclass(frozen=True)
class Packed(Protocol):
    """The edits of a pack that `siebench masks make` wrote, each checked by hash when it is read.

    The operation is the pack's, not this protocol's. A scene, sample or seed that the pack does
    not hold, and a scene of another size (or with other labels in an edit's window) are refused; what
    was impossible when the pack was made still is.
    """

    key: ClassVar[str] = "pack@1"
    operation: ClassVar[Operation] = "inpaint"
    title: ClassVar[str] = "pack"

    folder: str = folder_parameter("", "the pack's folder")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.folder:
            raise MaskError(f"{self.key}: folder is missing; name the pack's folder")
        object.__setattr__(self, "operation", self.manifest.operation)

    @cached_property
    def manifest(self) -> Manifest:
        """The pack's head."""
        manifest = Manifest.read(Path(self.folder))
        listed = Path(self.folder) / EDITS
        if not listed.is_file():
            raise MaskError(f"{listed}: is missing; get the pack again")
        if file_digest(listed) != manifest.list_sha256:
            raise MaskError(
                f"{self.folder}: {EDITS} differs from the manifest's hash; get the pack again"
            )
        return manifest

    @property
    def samples(self) -> int:
        """How many edits of a scene the pack holds at most."""
        return 1 + max((entry.sample for entry in self._index.values()), default=0)

    @property
    def identity(self) -> dict[str, Any]:
        """What tells this pack's edits from others, wherever it lies.

        Taken from pixels, not from the files' bytes, which depend on the machine's zlib.
        """
        digest = hashlib.sha256()
        for entry in self._index.values():
            digest.update(repr(entry.content()).encode("utf-8", "surrogatepass"))
        manifest = self.manifest
        # A pack of former versions names the folder that its masks were copied from.
        parameters = {n: v for n, v in manifest.parameters.items() if n != "folder"}
        return {
            "protocol": manifest.protocol,
            "parameters": parameters,
            "seed": manifest.seed,
            "edits": digest.hexdigest(),
        }

    @property
    def coverage(self) -> tuple[float, float] | None:
        """The least and the largest masked share of the image; None without edits."""
        shares = [e.coverage for e in self._index.values() if e.coverage is not None]
        return (min(shares), max(shares)) if shares else None

    @property
    def drawn_by(self) -> str:
        """The key of the protocol that drew the pack."""
        return self.manifest.protocol

    def edit_size(self, size: tuple[int, int] | None) -> tuple[int, int] | None:
        """That of the scenes; None where an edit sees a cut-out, which has a size of its own."""
        windowed = any(entry.window is not None for entry in self._index.values())
        return None if windowed else size

    @classmethod
    def trial(cls, sites: Sequence[Site], folder: Path) -> Packed:
        """A pack of free-form edits."""
        pairs = ((site, sample) for site in sites for sample in range(8))
        write_pack(folder / "pack", FreeForm(), pairs, seed=0, fingerprint="")
        return cls(folder=str(folder / "pack"))

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
        drawn_in = mask.shape if entry.window is None else entry.size
        if drawn_in is not None and drawn_in != site.size:
            raise MaskError(
                f"{self.folder}: edit of {site.scene!r} is of a scene of {drawn_in[0]}x{drawn_in[1]} "
                f"pixels, this one has {site.size[0]}x{site.size[1]}; make the pack at the suite's size"
            )
        if entry.window is not None and not _inside(entry.window, site.size):
            raise MaskError(
                f"{self.folder}: edit of {site.scene!r} has the window {list(entry.window)} (top, left, "
                f"bottom, right), which is not in a scene of {site.size[0]}x{site.size[1]} pixels; make "
                "the pack at the suite's size"
            )
        if entry.window is not None and labels is not None:
            there = seen(site.labels, Extent(*entry.window), mask.shape)
            if np.count_nonzero((there != labels) & ~mask) > _ROUNDING * np.count_nonzero(~mask):
                raise MaskError(
                    f"{self.folder}: edit of {site.scene!r} has other labels than the scene in its window "
                    f"{list(entry.window)} (top, left, bottom, right), so it was drawn in a scene of another "
                    "size or with another label map; make the pack at the suite's size"
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


_ROUNDING = 0.15
"""The share of known pixels whose labels may differ: another protocol may take the nearest pixel in another
way, which moves borders (a tenth of the drawn scenes' pixels); at another size most differ."""


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


def _inside(window: tuple[int, int, int, int], size: tuple[int, int]) -> bool:
    top, left, bottom, right = window
    return 0 <= top < bottom <= size[0] and 0 <= left < right <= size[1]


def _check(folder: Path, plane: Plane) -> None:
    path = plane.within(folder)
    if not path.is_file():
        raise MaskError(f"{path}: is missing; get the pack again")
    if file_digest(path) != plane.sha256:
        raise MaskError(f"{path}: differs from its SHA-256 in {EDITS}; get the pack again")
