"""Datasets from elsewhere: what they say and give is looked at before anything is built on it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from bench.core.errors import BadInput
from bench.datasets.dataset import Dataset, Fit, RendersWithout
from bench.plugins.foreign import foreign
from bench.plugins.origin import is_ours
from bench.scene import LabelSpace, Scene, UInt8

__all__ = ["guarded_dataset"]

_ID = re.compile("[^\x00-\x1f\x7f\ud800-\udfff]{1,1000}")


def guarded_dataset(name: str, dataset: Dataset) -> Dataset:
    """The dataset itself where it is ours; of any other one that is looked at when it is asked.

    Args:
        name: as the suite has it.
        dataset: opened.

    Raises:
        BadInput: ids, a name or a label space that no run can use.
        PluginFailed: where one of these raises.
    """
    if is_ours(dataset):
        return dataset
    return (_GuardedRendered if isinstance(dataset, RendersWithout) else _Guarded)(name, dataset)


class _Guarded:
    def __init__(self, name: str, dataset: Any) -> None:
        self._called = f"dataset {name!r}"
        self.plugin = dataset
        with foreign(f"{self._called}: reading its attributes"):
            self.name, self.space = dataset.name, dataset.space
            self.ids = tuple(dataset.ids)
        if not isinstance(self.name, str) or not self.name:
            raise BadInput(f"{self._called}: name: is {self.name!r}; give a short word")
        if not isinstance(self.space, LabelSpace) or not len(self.space):
            raise BadInput(f"{self._called}: space: must be a siebench.LabelSpace with a class")
        for one in self.ids:
            if not isinstance(one, str) or not _ID.fullmatch(one):
                raise BadInput(f"{self._called}: ids: {one!r:.60} can be no scene's name")
        if len(set(self.ids)) < len(self.ids):
            twice = next(one for one in self.ids if self.ids.count(one) > 1)
            raise BadInput(f"{self._called}: ids: {twice!r} is there twice")

    def read(self, scene: str, fit: Fit) -> Scene:
        """The scene, with arrays of the right kind and size."""
        with foreign(f"{self._called}: read({scene!r})"):
            found = self.plugin.read(scene, fit)
        wrong = self._wrong(scene, fit, found)
        if wrong is not None:
            raise BadInput(f"{self._called}: read({scene!r}): {wrong}")
        assert isinstance(found, Scene)
        return found

    def fingerprint(self) -> str:
        """The dataset's own."""
        with foreign(f"{self._called}: fingerprint()"):
            found = self.plugin.fingerprint()
        if not isinstance(found, str) or not found:
            raise BadInput(f"{self._called}: fingerprint() gave {found!r:.60}; give a hash as text")
        return found

    def _wrong(self, scene: str, fit: Fit, found: object) -> str | None:
        if not isinstance(found, Scene):
            return f"gave a {type(found).__name__}, not a siebench.Scene"
        if found.id != scene:
            return f"gave the scene {found.id!r}"
        labels, size = found.labels, found.image.shape[:2]
        if fit.size is not None and size != tuple(fit.size):
            return f"is {list(size)} pixels where {list(fit.size)} are asked for"
        if labels.min() < -1 or labels.max() >= len(self.space):
            return (
                f"labels: are from {labels.min()} to {labels.max()}; expected -1 (void) to "
                f"{len(self.space) - 1}"
            )
        return None


class _GuardedRendered(_Guarded):
    def read_without(self, scene: str, instance: int, fit: Fit) -> UInt8:
        """The image without an object."""
        with foreign(f"{self._called}: read_without({scene!r}, {instance})"):
            found: UInt8 = self.plugin.read_without(scene, instance, fit)
        if not _is(found, np.uint8, 3) or found.shape[2] != 3:
            raise BadInput(
                f"{self._called}: read_without({scene!r}, {instance}): gave {_said(found)}; expected "
                "uint8 [H,W,3]"
            )
        return found


def _is(array: object, dtype: type[np.generic], dimensions: int) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == dimensions


def _said(array: object) -> str:
    if isinstance(array, np.ndarray):
        return f"{array.dtype} {list(array.shape)}"
    return type(array).__name__
