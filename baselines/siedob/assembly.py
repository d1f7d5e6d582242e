"""How SIEDOB takes an edit apart and puts it together: the rule around its four networks.

    found = find_objects(labels, objects, hole, config)      # which, in which order, where
    crops = cut(known, hole, found, config.object_size)      # what the object networks see
    canvas = paste(painted, crops, found, known.shape)       # where they put it
    assembled = assemble(known, hole, foreground, canvas, background)

The steps and their numbers are those of docs/protocol/rivals.md, A.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.siedob.config import ObjectClass, SIEDOBConfig
from bench.scene import Bool

__all__ = [
    "Crops",
    "PlacedObject",
    "assemble",
    "crop_resized",
    "cut",
    "find_objects",
    "foreground_of",
    "number_labels",
    "objects_of",
    "paste",
    "visible_objects",
]

_SLIMMEST = 100
"""Height of a box by its width must be below this."""

Box = tuple[int, int, int, int]
"""First row, row past the last, first column, column past the last."""


@dataclass(frozen=True, eq=False)
class PlacedObject:
    """An object that an edit touches.

    Attributes:
        item: the edit's place in the batch.
        id: of the instance.
        kind: its class-map channel, the place of its class in `SIEDOBConfig.objects`.
        partly: whether something of the instance is visible.
        mask: bool [H,W], its pixels, hidden ones too.
        box: around them, with the margin.
    """

    item: int
    id: int
    kind: int
    partly: bool
    mask: Bool
    box: Box


@dataclass(frozen=True, eq=False)
class Crops:
    """N objects as their networks see them.

    Attributes:
        image: [N,3,S,S] in [-1,1], 0 outside the object and where it is hidden.
        instance: bool [N,S,S], the object.
        hole: bool [N,S,S], its hidden part.
        kinds: int64 [N].
    """

    image: Tensor
    instance: Tensor
    hole: Tensor
    kinds: Tensor

    @property
    def erased(self) -> Tensor:
        """Bool [N], True where the crop shows nothing of the object (step 7)."""
        return self.hole.sum((1, 2)) == self.instance.sum((1, 2))

    def take(self, where: Tensor) -> Crops:
        """The crops at bool or int64 `where`."""
        return Crops(*(plane[where] for plane in vars(self).values()))


def number_labels(labels: Tensor, config: SIEDOBConfig) -> Tensor:
    """Step 1: where the last channel stands for unlabelled pixels, it takes them and void."""
    if config.unlabelled is None:
        return labels
    last = config.classes - 1
    return torch.where((labels == config.unlabelled) | (labels < 0), last, labels)


def objects_of(labels: Tensor, instances: Tensor | None, config: SIEDOBConfig) -> Tensor:
    """int64 [B,H,W]: the instances, 0 = no object; without any, connected pieces of the object classes."""
    if instances is not None:
        return instances
    from scipy import ndimage

    found = []
    for plane in labels.cpu().numpy():
        numbers = np.zeros(plane.shape, dtype=np.int64)
        for one in config.objects:
            pieces, _ = ndimage.label(plane == one.label)
            numbers = np.where(pieces > 0, pieces + numbers.max(), numbers)
        found.append(torch.from_numpy(numbers))
    return torch.stack(found).to(labels.device)


def find_objects(
    labels: Tensor,
    objects: Tensor,
    hole: Tensor,
    config: SIEDOBConfig,
    least_hidden: float = 0.0,
) -> list[PlacedObject]:
    """Steps 2 to 4 for a batch: the objects to paint, edit by edit in the order of painting.

    An object whose box would leave the image is cut at its border, where the release crashes.

    Args:
        labels: int64 [B,H,W].
        objects: int64 [B,H,W], instance ids, 0 = no object.
        hole: bool [B,H,W].
        config: which classes are painted, and what their boxes must be like.
        least_hidden: an object must have more than this share of its pixels in the hole.
    """
    found: list[PlacedObject] = []
    for item, (classes, ids, hidden) in enumerate(_on_host(labels, objects, hole)):
        touched = np.unique(ids[hidden & (ids != 0)])
        candidates = [
            one
            for one in _placed(item, touched, classes, ids, hidden, config)
            if (one.mask & hidden).sum() > least_hidden * one.mask.sum()
        ]
        # Partly visible ones come first; within both, the order is that of the ids.
        ordered = sorted(candidates, key=lambda one: not one.partly)
        for kind in range(len(config.objects)):
            found += [one for one in ordered if one.kind == kind][: config.most]
    return found


def visible_objects(
    labels: Tensor, objects: Tensor, hole: Tensor, config: SIEDOBConfig
) -> list[PlacedObject]:
    """Objects whose look others can take: what is visible of each, for a batch as `find_objects`.

    Their boxes meet the same rule. The largest come first, equal ones by their ids.
    """
    found: list[PlacedObject] = []
    for item, (classes, ids, hidden) in enumerate(_on_host(labels, objects, hole)):
        shown = np.where(hidden, 0, ids)
        numbers = np.unique(shown[shown != 0])
        placed = _placed(item, numbers, classes, shown, shown != 0, config)
        found += sorted(placed, key=lambda one: -int(one.mask.sum()))
    return found


def _on_host(
    labels: Tensor, objects: Tensor, hole: Tensor
) -> Iterator[tuple[np.ndarray, np.ndarray, Bool]]:
    """The maps of each edit as arrays; a device is waited for once."""
    classes, ids, hidden = torch.stack([labels, objects, hole.to(labels)]).cpu().numpy()
    return zip(classes, ids, hidden > 0, strict=True)


def _placed(
    item: int,
    numbers: np.ndarray,
    labels: np.ndarray,
    ids: np.ndarray,
    counted: Bool,
    config: SIEDOBConfig,
) -> list[PlacedObject]:
    """The instances of these numbers that are painted; `counted` pixels decide on the class."""
    places = (_place(item, int(n), labels, ids, counted, config) for n in numbers)
    return [place for place in places if place is not None]


def _place(
    item: int,
    number: int,
    labels: np.ndarray,
    ids: np.ndarray,
    counted: Bool,
    config: SIEDOBConfig,
) -> PlacedObject | None:
    whole = ids == number
    kind = _kind(labels[whole & counted], config.objects)
    if kind is None:
        return None  # background
    one = config.objects[kind]
    mask = whole & (labels == one.label)
    box = _box(mask, config.margin)
    if box is None:
        return None
    height, width = box[1] - box[0], box[3] - box[2]
    if mask.sum() / (height * width) <= one.cover or height / width >= _SLIMMEST:
        return None
    return PlacedObject(item, number, kind, bool((whole & ~counted).any()), mask, box)


def _kind(labels: np.ndarray, objects: Sequence[ObjectClass]) -> int | None:
    """Step 2: the object class with most of the hidden pixels, the smaller label of equal ones."""
    counts = [(int((labels == one.label).sum()), -one.label, k) for k, one in enumerate(objects)]
    most = max(counts, default=(0, 0, 0))
    return most[2] if most[0] else None


def _box(mask: Bool, margin: int) -> Box | None:
    """Step 4: the box with its margin, or None where it has but one row or column."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    if len(rows) == 0 or rows[0] == rows[-1] or columns[0] == columns[-1]:
        return None
    height, width = mask.shape
    return (
        max(0, int(rows[0]) - margin),
        min(int(rows[-1]) + margin, height),
        max(0, int(columns[0]) - margin),
        min(int(columns[-1]) + margin, width),
    )


def foreground_of(found: Sequence[PlacedObject], hole: Tensor) -> Tensor:
    """Step 5: bool [B,H,W], True on every object that is painted."""
    foreground = np.zeros(hole.shape, bool)
    for one in found:
        foreground[one.item] |= one.mask
    return torch.from_numpy(foreground).to(hole.device)


def cut(known: Tensor, hole: Tensor, found: Sequence[PlacedObject], size: int) -> Crops:
    """Step 6: the objects' crops.

    Args:
        known: [B,3,H,W] in [-1,1], 0 in the hole.
        hole: bool [B,H,W].
        found: at least one object.
        size: S.
    """
    parts = []
    for one in found:
        mask = torch.from_numpy(one.mask).to(known.device)
        parts.append(crop_resized(known[one.item], mask, hole[one.item], one.box, size))
    image, instance, hidden = (torch.stack(planes) for planes in zip(*parts, strict=True))
    kinds = torch.tensor([one.kind for one in found], device=known.device)
    image = image.contiguous(memory_format=torch.channels_last)
    return Crops(image * instance.unsqueeze(1), instance, hidden & instance, kinds)


def crop_resized(
    image: Tensor, mask: Tensor, hole: Tensor, box: Box, size: int
) -> tuple[Tensor, Tensor, Tensor]:
    """A box of an image [3,H,W], an object's mask and a hole [H,W], all brought to [S,S].

    The image bilinear; the mask bilinear, then > 0.5; the hole nearest.
    """
    rows, columns = slice(box[0], box[1]), slice(box[2], box[3])

    def resized(planes: Tensor, mode: str) -> Tensor:
        inside = planes[:, rows, columns].unsqueeze(0)
        if mode == "nearest":
            return F.interpolate(inside, size=(size, size), mode=mode)[0]
        return F.interpolate(inside, size=(size, size), mode=mode, align_corners=False)[0]

    shown = resized(image, "bilinear")
    inside = resized(mask.to(image).unsqueeze(0), "bilinear")[0] > 0.5
    return shown, inside, resized(hole.to(image).unsqueeze(0), "nearest")[0] > 0.5


def paste(painted: Tensor, crops: Crops, found: Sequence[PlacedObject], known: Tensor) -> Tensor:
    """Step 8: the objects on an empty canvas like `known`, [B,3,H,W].

    Later objects cover earlier ones of their class; where two classes claim a pixel it holds the sum.
    """
    kinds = 1 + max((one.kind for one in found), default=0)
    canvases = known.new_zeros(kinds, *known.shape)
    for one, image, instance in zip(found, painted, crops.instance, strict=True):
        top, bottom, left, right = one.box
        size = (bottom - top, right - left)
        resized = F.interpolate(image[None].to(known), size, mode="bilinear", align_corners=False)
        inside = F.interpolate(instance[None, None].to(known), size, mode="nearest")[0] > 0.5
        place = canvases[one.kind, one.item, :, top:bottom, left:right]
        place.copy_(torch.where(inside, resized[0], place))
    return canvases.sum(0)


def assemble(
    known: Tensor, hole: Tensor, foreground: Tensor, canvas: Tensor, background: Tensor
) -> Tensor:
    """Steps 9 and 11: objects and background inside the hole, known pixels elsewhere.

    Args:
        known, canvas, background: [B,3,H,W].
        hole, foreground: bool [B,H,W].
    """
    inside = torch.where(foreground.unsqueeze(1), canvas, background)
    return torch.where(hole.unsqueeze(1), inside, known)
