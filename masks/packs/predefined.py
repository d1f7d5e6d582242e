"""predefined@1: masks that were made elsewhere."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from masks.digest import array_digest
from masks.packs.png import read_mask, write_mask
from masks.parameters import choice, names
from masks.parameters import folder as folder_parameter
from masks.protocol import Protocol
from masks.spec import DrawnEdit, Impossible, MaskError, Operation, Site, inpaint

__all__ = ["Pairing", "Predefined"]


@dataclass(frozen=True)
class Pairing:
    """Which mask goes with which scene.

    Attributes:
        masks: the mask's file name by scene, in the order of the scenes.
        unmasked: scenes that have no mask.
        left_over: masks that no scene takes.
        ignored: what else lies in the folder: other endings, hidden files, folders.
    """

    masks: dict[str, str]
    unmasked: tuple[str, ...]
    left_over: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Predefined(Protocol):
    """A folder of PNG masks, paired with scenes by stem or in sorted order (as SPMPGAN's).

    Source of the sorted pairing: docs/protocol/editing.md, D.4 (mask i goes with sorted test image
    i). Names count without their ending and in Unicode's composed form (NFC), as scenes do, and are
    sorted as text, so that 10.png comes before 2.png. Which pixels of a mask are masked says
    `masks.mask_image`; a mask is of the scene's size. A scene has one edit. `pairs` shows what goes
    with what.
    """

    key: ClassVar[str] = "predefined@1"
    operation: ClassVar[Operation] = "inpaint"
    title: ClassVar[str] = "masks from a folder"

    folder: str = folder_parameter("", "the folder with the masks, PNG files")
    pairing: str = choice("stem", ("stem", "sorted"), "how masks go with scenes")
    painted: str = choice("white", ("white", "black"), "which pixels are masked")
    scenes: tuple[str, ...] = names((), "all scenes of the dataset, for the sorted pairing")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.folder or not Path(self.folder).is_dir():
            raise MaskError(f"{self.key}: folder {self.folder!r} is not a folder of masks")
        if not self._files:
            raise MaskError(f"{self.key}: {self.folder} holds no PNG file")

    def pairs(self, scenes: Sequence[str]) -> Pairing:
        """Which mask goes with which of a dataset's scenes, and what is left over on both sides.

        Args:
            scenes: the ids of the scenes, in any order.
        """
        if self.pairing == "stem":
            found = {scene: self._stems[scene] for scene in scenes if scene in self._stems}
        else:
            found = dict(zip(sorted(scenes), sorted(self._files, key=_stem), strict=False))
        taken = {path.name for path in found.values()}
        files = {path.name for path in self._files}
        others = (path.name for path in Path(self.folder).iterdir() if path.name not in files)
        return Pairing(
            masks={scene: found[scene].name for scene in scenes if scene in found},
            unmasked=tuple(scene for scene in scenes if scene not in found),
            left_over=tuple(path.name for path in self._files if path.name not in taken),
            ignored=tuple(sorted(others)),
        )

    def paired_with(self, scenes: Sequence[str]) -> Predefined:
        """The same masks for these scenes, which the sorted pairing has to know.

        Raises:
            MaskError: where no scene has a mask, or the sorted pairing lacks masks or mixes numbers.
        """
        told = self if self.scenes else replace(self, scenes=tuple(scenes))
        pairing = told.pairs(told.scenes)
        if not pairing.masks:
            raise MaskError(
                f"{self.folder}: no mask has the name of a scene, such as {scenes[0]}.png; it holds "
                f"{pairing.left_over[0]}, for instance; rename the masks, or set pairing: sorted"
            )
        if self.pairing == "sorted":
            told._check_order(pairing)
        return told

    @property
    def identity(self) -> dict[str, Any]:
        """What tells these masks from others, wherever they lie; reads all of them."""
        return {
            "pairing": self.pairing,
            "painted": self.painted,
            "scenes": list(self.scenes),
            "masks": self._contents[0],
        }

    @property
    def varies(self) -> bool:
        """False: a scene has one mask."""
        return False

    @property
    def coverage(self) -> tuple[float, float]:
        """The least and the largest masked share of a mask; reads all of them."""
        white = self._contents[1:]
        least, largest = white if self.painted == "white" else (1 - white[1], 1 - white[0])
        return least, largest

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

    @classmethod
    def trial(cls, sites: Sequence[Site], folder: Path) -> Predefined:
        """Masks of half of each scene, paired by stem."""
        for site in sites:
            mask = np.zeros(site.size, dtype=np.bool_)
            mask[: site.size[0] // 2] = True
            write_mask(folder / f"{site.scene}.png", mask)
        return cls(folder=str(folder))

    @cached_property
    def _files(self) -> tuple[Path, ...]:
        """The masks, sorted by name: endings in any case; hidden files (macOS's `._1.png`) are none."""
        files = [
            path
            for path in Path(self.folder).iterdir()
            if path.suffix.lower() == ".png" and not path.name.startswith(".")
        ]
        for path in files:
            if _NOT_UTF8.search(path.name):
                raise MaskError(
                    f"{self.key}: {self.folder} holds {path.name!a}, a name that is not UTF-8; rename "
                    "that file"
                )
        return tuple(sorted(files, key=_name))

    @cached_property
    def _stems(self) -> dict[str, Path]:
        stems: dict[str, Path] = {}
        for path in self._files:
            stem = _stem(path)
            if stem in stems:
                raise MaskError(
                    f"{path}: {stems[stem].name} has the same stem; keep one of the two"
                )
            stems[stem] = path
        return stems

    @cached_property
    def _by_scene(self) -> dict[str, str]:
        if self.pairing == "sorted":
            pairing = self.pairs(self.scenes)
            self._check_order(pairing)
            return pairing.masks
        return {stem: path.name for stem, path in self._stems.items()}

    def _check_order(self, pairing: Pairing) -> None:
        """Refuses a sorted pairing without a mask for every scene, or against the order of numbers."""
        if pairing.unmasked:
            raise MaskError(
                f"{self.folder}: the sorted pairing needs a mask for each of {len(self.scenes)} scenes, "
                f"and there are {len(self._files)}; add masks, or take fewer scenes"
            )
        counted = sorted(self._files, key=lambda path: _natural(_stem(path)))
        natural = dict(zip(sorted(pairing.masks, key=_natural), counted, strict=False))
        for scene, mask in pairing.masks.items():
            if natural[scene].name != mask:
                raise MaskError(
                    f"{self.folder}: names are sorted as text, so scene {scene!r} would get {mask}, "
                    f"where counting gives {natural[scene].name}; give all numbers in the names as many "
                    "digits (002.png), or set pairing: stem"
                )

    def _file(self, scene: str) -> Path:
        if scene not in self._by_scene:
            raise MaskError(
                f"{self.folder}: no mask for the scene {scene!r} by {self.pairing} pairing"
            )
        return Path(self.folder) / self._by_scene[scene]

    @cached_property
    def _contents(self) -> tuple[str, float, float]:
        """A hash over all masks, and the least and the largest white share of one."""
        digest, shares = hashlib.sha256(), []
        for path in self._files:
            mask = read_mask(path)
            digest.update(f"{_name(path)} {array_digest(mask)}\n".encode())
            shares.append(float(mask.mean()))
        return digest.hexdigest(), min(shares), max(shares)


_NOT_UTF8 = re.compile("[\ud800-\udfff]")
"""As Python shows bytes of a file's name that are not UTF-8."""


def _name(path: Path) -> str:
    return unicodedata.normalize("NFC", path.name)


def _stem(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as a reader counts: 2 before 10."""
    parts = re.split(r"([0-9]+)", name)
    parts[1::2] = [number.lstrip("0") for number in parts[1::2]]
    return [(len(part) if i % 2 else 0, part) for i, part in enumerate(parts)]
