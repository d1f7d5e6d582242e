"""Scenes drawn from their names, at any size, with known styles and true answers for removals.

A scene's id is its split and a number, as in "test-000017"; its composition is drawn from the
stream named by label space and id, so splits cannot overlap. Composition does not depend on the size;
every size is drawn afresh, not resampled, except where a fit asks for an image that is not square.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.core.errors import BadInput, unknown
from bench.core.identity import record_hash
from bench.datasets.dataset import Dataset, Fit
from bench.datasets.fitting import fit_image, fit_plane, fit_values, grid_of
from bench.datasets.info import DatasetInfo, Licence
from bench.edit import KnownStyle
from bench.scene import Int32, LabelSpace, Scene, UInt8
from bench.scenes.composition import Composition, known_style, render
from bench.scenes.dice import Dice

__all__ = ["DEFAULT_COUNTS", "DrawnScenes", "procedural"]

DEFAULT_COUNTS = {"train": 4096, "val": 64, "test": 64}
"""How many scenes a split has when no count is asked for; any number up to a million can be."""

_LIMIT = 1_000_000
_NATIVE_SIDE = 256


class DrawnScenes:
    """Procedural scenes of one split (a `Dataset` that `RendersWithout` and `KnowsStyle`).

    Args:
        name: the registered name.
        space: the classes; its name, which carries the drawing's version, is part of every random key.
        compose: makes a scene's plan from its dice.
        split: "train", "val" or "test".
        count: how many scenes.
    """

    def __init__(
        self,
        name: str,
        space: LabelSpace,
        compose: Callable[[Dice], Composition],
        split: str,
        count: int,
    ) -> None:
        self.name = name
        self.space = space
        self._compose = compose
        self._ids = tuple(f"{split}-{number:06d}" for number in range(count))
        self._known = frozenset(self._ids)

    @property
    def ids(self) -> tuple[str, ...]:
        """Scene ids: split and six digits."""
        return self._ids

    def read(self, scene: str, fit: Fit) -> Scene:
        """The scene drawn at the fit's size (native: 256x256).

        Raises:
            BadInput: for an id that is not in the split.
        """
        image, labels, instances = self._draw(scene, fit, None)
        return Scene(scene, image, labels, instances)

    def read_without(self, scene: str, instance: int, fit: Fit) -> UInt8:
        """uint8 [H,W,3]: the scene had object `instance`, and its shadow, never been there.

        Raises:
            BadInput: for an id that is not in the split, or an object that is not in the scene.
        """
        return self.scene_without(scene, instance, fit).image

    def scene_without(self, scene: str, instance: int, fit: Fit) -> Scene:
        """The same with the labels and instances that show where the object was.

        Raises:
            BadInput: like `read_without`.
        """
        image, labels, instances = self._draw(scene, fit, instance)
        return Scene(scene, image, labels, instances)

    def read_style(self, scene: str, fit: Fit, without: int | None = None) -> KnownStyle:
        """The style of what `read` gives, or `read_without` where an object is left out.

        Raises:
            BadInput: like `read_without`.
        """
        plan, side = self._planned(scene, without), self._side(fit)
        style = known_style(plan, side, without)
        if fit.size in (None, (side, side)):
            return style
        grid = grid_of((side, side), fit)
        return KnownStyle(
            np.stack([fit_values(style.colours[..., c], grid) for c in range(3)], axis=-1),
            fit_values(style.grain, grid),
            fit_plane(style.labels, grid),
        )

    def fingerprint(self) -> str:
        """SHA-256 (hex) over the label space's name, which carries the drawing's version, and ids.

        The pixels follow from these; golden hashes in the tests hold them to it.
        """
        return record_hash({"name": self.name, "space": self.space.name, "ids": list(self._ids)})

    def _draw(self, scene: str, fit: Fit, without: int | None) -> tuple[UInt8, Int32, Int32]:
        side = self._side(fit)
        image, labels, instances = render(self._planned(scene, without), side, without)
        if fit.size in (None, (side, side)):
            return image, labels, instances
        grid = grid_of((side, side), fit)
        return fit_image(image, grid), fit_plane(labels, grid), fit_plane(instances, grid)

    @staticmethod
    def _side(fit: Fit) -> int:
        return max(fit.size) if fit.size else _NATIVE_SIDE

    def _planned(self, scene: str, without: int | None) -> Composition:
        if scene not in self._known:
            raise BadInput(
                f"{self.name} has no scene {scene!r}; they go from {self._ids[0]} to {self._ids[-1]}"
            )
        plan = self._compose(Dice(self.space.name, scene))
        objects = max((instance for instance, _ in plan.numbered()), default=0)
        if without is not None and not 1 <= without <= objects:
            raise BadInput(f"{self.name}, {scene}: has no object {without}; it has 1 to {objects}")
        return plan


def procedural(
    name: str, about: str, space: LabelSpace, compose: Callable[[Dice], Composition]
) -> DatasetInfo:
    """The registry entry of a procedural dataset."""

    def open_it(path: Path | None, split: str | None, count: int | None) -> Dataset:
        if path is not None:
            raise BadInput(
                f"{name} is drawn and takes no folder, but {path} was given; leave it out"
            )
        split = split or "test"
        if split not in DEFAULT_COUNTS:
            raise unknown(f"split of {name}", split, DEFAULT_COUNTS)
        scenes = DEFAULT_COUNTS[split] if count is None else count
        if scenes > _LIMIT:
            raise BadInput(f"{name}: count is {scenes}, but a split has at most {_LIMIT} scenes")
        return DrawnScenes(name, space, compose, split, scenes)

    return DatasetInfo(
        name=name,
        title=f"Drawn {name.removeprefix('procedural-')}",
        about=about,
        layout="drawn from a seed at any size; no folder",
        space=space,
        splits=tuple(DEFAULT_COUNTS),
        default_split="test",
        counts=DEFAULT_COUNTS,
        licence=Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
        drawn=True,
        open=open_it,
    )
