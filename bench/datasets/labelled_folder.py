"""A dataset of files on disk: images, label maps and instance maps, read one scene at a time."""

from __future__ import annotations

import functools
import hashlib
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bench.core.errors import BadInput, unknown
from bench.core.identity import file_hash
from bench.core.images import UPRIGHT, orientation, read_image
from bench.datasets.dataset import Fit
from bench.datasets.fitting import same_shape
from bench.datasets.layout import SceneFiles
from bench.datasets.map_facts import MapFacts
from bench.datasets.planes import Palette, check_labels, read_plane, void_at
from bench.scene import Int32, LabelSpace, Scene, UInt8

__all__ = ["Encoding", "LabelledFolder"]


def _as_they_stand(instances: Int32, labels: Int32) -> Int32:
    del labels
    return instances


_VOID_255 = void_at(255)


@dataclass(frozen=True)
class Encoding:
    """What the numbers in a dataset's files mean.

    Attributes:
        labels: raw label map, int32 [H,W] -> labels in 0..K-1, -1 = void.
        instances: (raw instance map, raw label map), int32 [H,W] each -> objects, 0 = none.
        instance_channel: the channel of an RGB instance map that counts, or None.
        palette: the classes' colours, where label maps may show these instead of numbers.
    """

    labels: Callable[[Int32], Int32] = _VOID_255
    instances: Callable[[Int32, Int32], Int32] = _as_they_stand
    instance_channel: int | None = None
    palette: Palette | None = None


_PATIENCE = 10.0
"""Seconds of hashing after which a line says what is going on."""


class LabelledFolder:
    """Scenes of one split on disk (a `bench.datasets.dataset.Dataset`).

    Args:
        name: the registered name.
        space: the label space that decoded labels count.
        scenes: the files of every scene by id, in order.
        encoding: what the files' numbers mean.
    """

    def __init__(
        self, name: str, space: LabelSpace, scenes: Mapping[str, SceneFiles], encoding: Encoding
    ) -> None:
        self.name = name
        self.space = space
        self._scenes = scenes
        self._encoding = encoding

    @property
    def ids(self) -> tuple[str, ...]:
        """Scene ids (stems of the images), sorted."""
        return tuple(self._scenes)

    def read(self, scene: str, fit: Fit) -> Scene:
        """The scene brought to the fit's size.

        Raises:
            BadInput: for an id that is not there, a missing, damaged or ill-encoded file, or an image
                and maps of different aspect; names the file.
        """
        return self.joined(scene, self.read_image(scene), *self.read_planes(scene), fit)

    def joined(
        self, scene: str, image: UInt8, labels: Int32, instances: Int32 | None, fit: Fit
    ) -> Scene:
        """The scene of an image and planes that `read_image` and `read_planes` gave.

        Raises:
            BadInput: where they do not show the same frame; names the file.
        """
        files = self.files(scene)
        _refuse_turned(files, square=image.shape[0] == image.shape[1])
        for plane, file in ((labels, files.labels), (instances, files.instances)):
            if plane is not None and not same_shape(image.shape[:2], plane.shape):
                raise BadInput(
                    f"{file}: is {_in_words(plane.shape)} but its image {files.image.name} is "
                    f"{_in_words(image.shape)}; they must show the same frame"
                )
        return fit.scene(scene, image, labels, instances)

    def files(self, scene: str) -> SceneFiles:
        """Where the scene's files are.

        Raises:
            BadInput: for an id that is not in the dataset.
        """
        if scene not in self._scenes:
            raise unknown(f"scene of {self.name}", scene, self._scenes)
        return self._scenes[scene]

    def read_image(self, scene: str) -> UInt8:
        """The image as stored, uint8 [H,W,3] RGB.

        Raises:
            BadInput: where it is missing or unreadable.
        """
        return read_image(self.files(scene).image)

    def read_planes(
        self, scene: str, told: Callable[[MapFacts], object] | None = None
    ) -> tuple[Int32, Int32 | None]:
        """Labels and instances as stored, decoded, int32 [h,w] each.

        Args:
            scene: its id.
            told: told what `read_map` tells of the label map, even where its labels are refused.

        Raises:
            BadInput: where a file is missing or unreadable, a label is beyond the classes, or the
                two maps differ in size.
        """
        files = self.files(scene)
        raw = read_plane(files.labels, palette=self._encoding.palette, told=told)
        labels = self._encoding.labels(raw)
        check_labels(labels, self.space, files.labels, raw)
        if files.instances is None:
            return labels, None
        objects = read_plane(files.instances, self._encoding.instance_channel)
        if objects.shape != raw.shape:
            raise BadInput(
                f"{files.instances}: is {_in_words(objects.shape)} but its labels are "
                f"{_in_words(raw.shape)}; the two maps must have one size"
            )
        return labels, self._encoding.instances(objects, raw).astype(np.int32)

    @functools.cached_property
    def _fingerprint(self) -> str:
        state = hashlib.sha256(f"{self.space.name}|".encode())
        told_at = time.monotonic() + _PATIENCE
        for number, (scene, files) in enumerate(self._scenes.items()):
            if time.monotonic() > told_at:
                told_at = float("inf")
                sys.stderr.write(
                    f"siebench: note: the files of {self.name} are hashed first; "
                    f"{number:,} of {len(self._scenes):,} scenes are done\n"
                )
            for file in (files.image, files.labels, files.instances):
                digest = file_hash(file) if file is not None and file.is_file() else "none"
                state.update(f"{scene}|{digest}|".encode())
        return state.hexdigest()

    def fingerprint(self) -> str:
        """SHA-256 (hex) over label space, ids and file bytes; read once, then kept in memory."""
        return self._fingerprint


def _in_words(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]} pixels"


def _refuse_turned(files: SceneFiles, *, square: bool) -> None:
    """Refuses an image that its file turns where the shape of its maps does not say whether they are."""
    turned = orientation(files.image)
    keeps_shape = square or turned in _MIRRORED_OR_UPSIDE_DOWN
    if keeps_shape and turned not in (UPRIGHT, orientation(files.labels)):
        raise BadInput(
            f"{files.image}: its EXIF orientation ({turned}) turns it and keeps its shape, so nobody can "
            "tell whether its label map is turned as well; save the image upright, without EXIF"
        )


_MIRRORED_OR_UPSIDE_DOWN = (2, 3, 4)
"""EXIF orientations that keep width and height."""
