"""predefined@1: masks that were made elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from masks.digest import array_digest
from masks.drafts import inpaint
from masks.errors import MaskError
from masks.packs.png import read_mask
from masks.parameters import Parameters, choice, names, text
from masks.spec import DrawnEdit, Impossible, Operation, Site

__all__ = ["Predefined"]


@dataclass(frozen=True)
class Predefined(Parameters):
    """A folder of PNG masks, paired with scenes by stem or in sorted order (as SPMPGAN's).

    Source of the sorted pairing: protocol/editing.md, D.4 (mask i goes with sorted test image i).
    Masks are grey, 0 and 255 or 0 and 1, and of the scene's size; anything else is refused. A
    scene has one edit.
    """

    key: ClassVar[str] = "predefined@1"
    operation: ClassVar[Operation] = "inpaint"

    folder: str = text("", "the folder with the masks, *.png")
    pairing: str = choice("stem", ("stem", "sorted"), "how masks go with scenes")
    painted: str = choice("white", ("white", "black"), "which pixels are painted")
    scenes: tuple[str, ...] = names((), "all scenes of the dataset, for the sorted pairing")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.folder or not Path(self.folder).is_dir():
            raise MaskError(f"{self.key}: folder {self.folder!r} is not a folder of masks")
        if not self._files:
            raise MaskError(f"{self.key}: {self.folder} holds no *.png")

    def paired_with(self, scenes: Sequence[str]) -> Predefined:
        """The same masks for these scenes, which the sorted pairing has to know."""
        return self if self.scenes else replace(self, scenes=tuple(scenes))

    @property
    def identity(self) -> dict[str, object]:
        """What tells these masks from others, wherever they lie; reads all of them."""
        return {
            "pairing": self.pairing,
            "painted": self.painted,
            "scenes": list(self.scenes),
            "masks": self._contents[0],
        }

    @property
    def coverages(self) -> tuple[float, float]:
        """The least and the largest painted share of a mask; reads all of them."""
        white = self._contents[1:]
        least, largest = white if self.painted == "white" else (1 - white[1], 1 - white[0])
        return least, largest

    @cached_property
    def _contents(self) -> tuple[str, float, float]:
        """A hash over all masks, and the least and the largest white share of one."""
        digest, shares = hashlib.sha256(), []
        for path in self._files:
            mask = read_mask(path)
            digest.update(f"{path.name} {array_digest(mask)}\n".encode())
            shares.append(float(mask.mean()))
        return digest.hexdigest(), min(shares), max(shares)

    def draw(self, site: Site, *, seed: int = 0, sample: int = 0) -> DrawnEdit | Impossible:
        """The edit of `site`; the seed changes nothing.

        Raises:
            MaskError: where the scene has no mask, or the mask is not binary or of another size.
        """
        del seed
        if sample:
            return Impossible("a folder of masks has one edit a scene; set samples to 1")
        path = self._file(site.scene)
        mask = read_mask(path)
        if mask.shape != site.size:
            raise MaskError(
                f"{path}: is {mask.shape[0]}x{mask.shape[1]} pixels, the scene "
                f"{site.size[0]}x{site.size[1]}; use masks of the suite's size"
            )
        return inpaint(site, mask if self.painted == "white" else ~mask)

    @cached_property
    def _files(self) -> tuple[Path, ...]:
        return tuple(sorted(Path(self.folder).glob("*.png"), key=lambda path: path.name))

    @cached_property
    def _by_scene(self) -> dict[str, Path]:
        if self.pairing == "stem":
            return {path.stem: path for path in self._files}
        if len(self.scenes) > len(self._files):
            raise MaskError(
                f"{self.folder}: {len(self._files)} masks for {len(self.scenes)} scenes; "
                f"the sorted pairing needs one each"
            )
        return dict(zip(sorted(self.scenes), self._files, strict=False))

    def _file(self, scene: str) -> Path:
        if scene not in self._by_scene:
            raise MaskError(
                f"{self.folder}: no mask for the scene {scene!r} by {self.pairing} pairing"
            )
        return self._by_scene[scene]
