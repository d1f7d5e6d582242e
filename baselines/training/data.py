"""Training examples: scenes of any dataset with a mask, as edits whose ground truth is known.

Example number n is a pure function of the configuration, the seed and n: the scene comes from a
permutation keyed by the epoch, crop, flip and mask from streams keyed by scene and epoch. So order,
threads, devices and resuming change nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

import masks
from baselines.training.config import MaskProtocol, TrainingData
from bench.batch import EditBatch
from bench.core.device import upload
from bench.core.errors import BadInput
from bench.core.identity import Record
from bench.datasets import Dataset, Fit, open_dataset
from bench.scene import Bool, Int32, LabelSpace, Scene, UInt8, cut_scene
from bench.suite.protocols import make_protocol
from masks.parameters import places

__all__ = ["Example", "Examples", "Scenes", "check_size", "collate", "edit_batch", "mask_record"]

_REDRAWS = 4
_REDRAW = 10_000
"""How often an empty mask is drawn again, and how far apart the samples' numbers are."""


@dataclass(frozen=True, eq=False)
class Example:
    """One scene with a mask, all of one size [H,W]; the image is its own ground truth.

    `key` names the random stream of whatever a network draws for it; `mirrored` says whether all of
    it was mirrored.
    """

    id: str
    key: tuple[str | int, ...]
    image: UInt8
    mask: Bool
    labels: Int32
    instances: Int32 | None
    mirrored: bool = False


class Scenes:
    """A dataset's scenes at a configuration's size, each read once while `config.keep` has room.

    Args:
        config: which scenes.
        dataset: one of `config.also` in place of `config.dataset`.

    Raises:
        BadInput: a dataset that is not there.
    """

    def __init__(self, config: TrainingData, dataset: str | None = None) -> None:
        self.dataset: Dataset = open_dataset(
            dataset or config.dataset, config.path, config.subset, count=config.count
        )
        self._fit = Fit(config.load, "native" if config.load is None else "resize")
        self.read = functools.lru_cache(maxsize=config.keep)(self._load)

    def _load(self, scene: str) -> Scene:
        return self.dataset.read(scene, self._fit)


class Examples:
    """The endless stream of a configuration's examples.

    Args:
        config: which scenes, and how one becomes an example.
        seed: of all draws.
        scenes: where they are read; those of `config.dataset` where None.

    Raises:
        BadInput: a dataset that is not there, or a mask protocol that does not exist.
    """

    ready: ClassVar[bool] = False
    """Whether a batch costs no drawing, so that nothing has to draw ahead."""

    def __init__(self, config: TrainingData, seed: int, scenes: Scenes | None = None) -> None:
        self.config = config
        self.seed = seed
        self._scenes = scenes or Scenes(config)
        self.dataset = self._scenes.dataset
        self._masks = [_protocol(recipe) for recipe in config.masks]
        self._otherwise = _protocol(config.otherwise)
        self._places = {scene: place for place, scene in enumerate(self.dataset.ids)}
        self.order = functools.lru_cache(maxsize=2)(self._permuted)

    def __len__(self) -> int:
        return len(self.dataset.ids)

    @property
    def space(self) -> LabelSpace:
        """The classes."""
        return self.dataset.space

    def fingerprint(self) -> Record:
        """What the scenes are, for cards."""
        return {
            "dataset": self.dataset.name,
            "fingerprint": self.dataset.fingerprint(),
            "scenes": len(self),
            "space": self.space.name,
        }

    def contents(self) -> Record:
        """What lies in the files that the configuration names, wherever these are: scenes and masks."""
        return {
            "scenes": self.fingerprint(),
            "masks": {str(n): mask_record(one) for n, one in enumerate(self.config.masks)},
            "otherwise": mask_record(self.config.otherwise),
        }

    def example(self, number: int) -> Example:
        """Example `number` of the stream, from 0.

        Raises:
            BadInput: a file that cannot be read, with its name; or an image below the crop's size.
        """
        epoch, turn = divmod(number, len(self))
        return self.draw(self.order(epoch)[turn], epoch)

    def batch(self, first: int, count: int, device: torch.device) -> EditBatch:
        """Examples `first`, `first + 1`, ... as one batch.

        Raises:
            BadInput: as `example`.
        """
        numbers = range(first, first + count)
        return collate([self.example(number) for number in numbers], self.space, device)

    def draw(self, place: int, epoch: int) -> Example:
        """The example of the dataset's scene number `place` in an epoch.

        Raises:
            BadInput: as `example`.
        """
        scene = self._scenes.read(self.dataset.ids[place])
        key = self.key(place, epoch)
        dice = masks.Stream(*key)
        cropped = self._crop(scene, dice)
        mask, image, labels, instances = self._masked(cropped, dice, epoch)
        mirrored = bool(self.config.flip and dice.uniforms(1)[0] < 0.5)
        step = -1 if mirrored else 1
        return Example(
            scene.id,
            key,
            np.ascontiguousarray(image[:, ::step]),
            np.ascontiguousarray(mask[:, ::step]),
            np.ascontiguousarray(labels[:, ::step]),
            None if instances is None else np.ascontiguousarray(instances[:, ::step]),
            mirrored,
        )

    def key(self, place: int, epoch: int) -> tuple[str | int, ...]:
        """The name of the random stream of scene number `place` in an epoch."""
        return ("training", self.dataset.name, self.dataset.ids[place], self.seed, epoch)

    def _permuted(self, epoch: int) -> tuple[int, ...]:
        stream = masks.Stream("training order", self.dataset.name, self.seed, epoch)
        return tuple(int(i) for i in stream.choice(len(self), len(self)))

    def _crop(self, scene: Scene, dice: masks.Stream) -> Scene:
        if self.config.crop is None:
            return scene
        height, width = self.config.crop
        spare = (scene.size[1] - width, scene.size[0] - height)
        if min(spare) < 0:
            raise BadInput(
                f"{self.dataset.name}, {scene.id}: is {scene.size[1]}x{scene.size[0]} pixels, below "
                f"the crop of {width}x{height}; prepare larger images or set data.load"
            )
        # x first, as published (docs/protocol/editing.md, D.2)
        left, top = (int(dice.integers(0, room + 1, 1)[0]) for room in spare)
        cut = np.s_[top : top + height, left : left + width]
        instances = None if scene.instances is None else scene.instances[cut]
        return Scene(scene.id, scene.image[cut], scene.labels[cut], instances)

    def _masked(
        self, scene: Scene, dice: masks.Stream, epoch: int
    ) -> tuple[Bool, UInt8, Int32, Int32 | None]:
        if not self._masks:
            mask = np.ones(scene.size, dtype=np.bool_)
            return mask, scene.image, scene.labels, scene.instances
        place = self._places[scene.id]
        if self.config.mixture == "key":
            place = int(dice.integers(0, len(self._masks), 1)[0])
        drawn = self._draw(self._masks[place % len(self._masks)], scene, epoch)
        image = scene.image
        if drawn.window is not None:
            image = cut_scene(image, drawn.window, drawn.mask)
        return drawn.mask, image, drawn.labels, drawn.instances

    def _draw(self, protocol: masks.Protocol, scene: Scene, epoch: int) -> masks.DrawnEdit:
        site = masks.Site(
            self.dataset.name, scene.id, scene.labels, scene.instances, self.space.classes
        )
        reason = "the mask is empty"
        # A draw that comes out empty is followed by others: a scene seldom has two such in a row.
        further = ((self._otherwise, epoch + n * _REDRAW) for n in range(_REDRAWS + 1))
        for one, sample in ((protocol, epoch), *further):
            try:  # of masks from files a scene has one, in every epoch
                drawn = one.draw(site, seed=self.seed, sample=sample if one.varies else 0)
            except masks.MaskError as error:
                raise BadInput(f"data.masks: {error}") from error
            if isinstance(drawn, masks.Impossible):
                reason = drawn.reason
            elif drawn.mask.any():
                return drawn
        raise BadInput(f"{self.dataset.name}, {scene.id}: no mask can be drawn: {reason}")


def collate(examples: Sequence[Example], space: LabelSpace, device: torch.device) -> EditBatch:
    """Examples of one size as a batch on a device, with the images as originals.

    Raises:
        BadInput: examples of several sizes; the sentence names two of them.
    """
    first = examples[0]
    for one in examples:
        if one.labels.shape != first.labels.shape:
            sizes = [f"{e.id} is {e.labels.shape[1]}x{e.labels.shape[0]}" for e in (first, one)]
            raise BadInput(
                f"data.load: {' and '.join(sizes)} pixels, but the images of a batch have one size; "
                "set data.load or data.crop"
            )
    instances = [one.instances for one in examples if one.instances is not None]
    return edit_batch(
        _stacked([one.image for one in examples], device),
        _stacked([one.mask for one in examples], device),
        _stacked([one.labels for one in examples], device),
        _stacked(instances, device) if len(instances) == len(examples) else None,
        space=space,
        ids=tuple(one.id for one in examples),
        keys=tuple(one.key for one in examples),
    )


def edit_batch(
    images: Tensor,
    mask: Tensor,
    labels: Tensor,
    instances: Tensor | None,
    *,
    space: LabelSpace,
    ids: tuple[str, ...],
    keys: tuple[tuple[str | int, ...], ...],
) -> EditBatch:
    """A batch of what the examples are made of, all on one device.

    Args:
        images: uint8 [B,H,W,3] RGB; they are the originals.
        mask: bool [B,H,W], True = edit.
        labels, instances: integers [B,H,W].
        space: the classes.
        ids, keys: of the B scenes, and of their random streams.
    """
    planes = images.permute(0, 3, 1, 2).float() / 127.5 - 1
    original = planes.contiguous(memory_format=torch.channels_last)
    hidden = mask.unsqueeze(1)
    return EditBatch(
        masked=original * ~hidden,
        mask=hidden.float(),
        labels=labels.long(),
        instances=None if instances is None else instances.long(),
        space=space,
        operation="inpaint",
        regions=(None,) * len(ids),
        ids=ids,
        scenes=ids,
        samples=(0,) * len(ids),
        seeds=keys,
        original=original,
    )


def check_size(image: Tensor, *, side: int | None = None, multiple: int = 1) -> None:
    """Refuses images that a network cannot be trained on.

    Args:
        image: [B,3,H,W].
        side: of the squares that its editor works on, where it works on no others.
        multiple: of what both sides must be multiples.

    Raises:
        BadInput: images of another size; the sentence names both.
    """
    height, width = image.shape[2:]
    known = f"data.load: images are {width}x{height} pixels, but the network"
    if side is not None and (height, width) != (side, side):
        raise BadInput(f"{known} makes {side}x{side}; make them equal")
    if height % multiple or width % multiple:
        raise BadInput(
            f"{known} takes sides that are multiples of {multiple}; set data.load or data.crop to such"
        )


def _stacked(arrays: Sequence[np.ndarray], device: torch.device) -> Tensor:
    return upload(torch.from_numpy(np.stack(arrays)), device)


def mask_record(recipe: MaskProtocol) -> Record:
    """What masks follow from: the recipe as it is written, but what a folder holds, not where it lies.

    Raises:
        BadInput: a protocol or a folder that is not there.
    """
    protocol, record = _protocol(recipe), recipe.model_dump(mode="json")
    return {**record, "parameters": protocol.identity} if places(type(protocol)) else record


def _protocol(recipe: MaskProtocol) -> masks.Protocol:
    try:
        return make_protocol(recipe.protocol, recipe.parameters)
    except BadInput as error:
        raise BadInput(f"data.masks: {error}") from None
