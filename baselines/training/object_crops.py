"""What SIEDOB's object networks train on: objects cut out of scenes (docs/protocol/rivals.md, A.8)."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.siedob import SIEDOBConfig
from baselines.siedob.assembly import Crops, cut, visible_objects
from masks.protocols.freeform import FreeForm, freeform_batch

__all__ = ["draw_holes", "draw_objects", "others_of_the_class"]

# 3 to 6 segments of 30 to 60 pixels in a crop of 64; the brush counts at 256.
_BRUSH = FreeForm(least_segments=3, most_segments=6, thinnest=120, thickest=240)
_LARGER = 72 / 64
"""How much larger half of the objects are before they are cut again."""


def draw_objects(
    image: Tensor, labels: Tensor, objects: Tensor, config: SIEDOBConfig
) -> Crops | None:
    """One object of each image, drawn from PyTorch's generator; None where no image has any.

    Half of them are enlarged and cut at random. Nothing is hidden.

    Args:
        image: [B,3,H,W] in [-1,1].
        labels, objects: int64 [B,H,W].
        config: which classes count, and the crop's size.
    """
    nothing = torch.zeros_like(labels, dtype=torch.bool)
    found = visible_objects(labels, objects, nothing, config)
    chosen = []
    for item in range(len(image)):
        mine = [one for one in found if one.item == item]
        if mine:
            chosen.append(mine[int(torch.randint(len(mine), (1,)))])
    if not chosen:
        return None
    crops = cut(image, nothing, chosen, config.object_size)
    drawn = [
        _enlarged(one, mask) if torch.rand(()) < 0.5 else (one, mask)
        for one, mask in zip(crops.image, crops.instance, strict=True)
    ]
    images, instances = (torch.stack(planes) for planes in zip(*drawn, strict=True))
    return replace(crops, image=images, instance=instances)


def _enlarged(image: Tensor, instance: Tensor) -> tuple[Tensor, Tensor]:
    size = image.shape[-1]
    side = round(size * _LARGER)
    top, left = torch.randint(side - size + 1, (2,)).tolist()
    place = (..., slice(top, top + size), slice(left, left + size))
    large = F.interpolate(image[None], (side, side), mode="bilinear", align_corners=False)[0]
    mask = F.interpolate(instance[None, None].to(image), (side, side), mode="nearest")[0, 0] > 0.5
    return large[place] * mask[place], mask[place]


def draw_holes(crops: Crops, seed: int, step: int) -> Crops:
    """The crops with a part hidden: two in three by a brush, the others along one side."""
    size, device = crops.image.shape[-1], crops.image.device
    names = [("siedob objects", str(step), n) for n in range(len(crops.image))]
    drawn = [mask for few in freeform_batch(_BRUSH, names, (size, size), seed=seed) for mask in few]
    holes = torch.stack([torch.from_numpy(mask) for mask in drawn])
    for n in range(2, len(holes), 3):
        holes[n] = _strip(size)
    hole = holes.to(device) & crops.instance
    return replace(crops, image=crops.image * ~hole.unsqueeze(1), hole=hole)


def _strip(size: int) -> Tensor:
    """A strip of 15 to 65 % along one of the four sides, bool [S,S]."""
    width = int(size * (float(torch.rand(())) / 2 + 0.15))
    hole = torch.zeros(size, size, dtype=torch.bool)
    hole[:width] = True
    upright, far = torch.randint(2, (2,)).tolist()
    hole = hole.t() if upright else hole
    return hole.flip(0, 1) if far else hole


def others_of_the_class(kinds: Tensor) -> Tensor:
    """int64 [N]: for each object the next one of its class, itself where it is the only one."""
    ordered, places = kinds.sort(stable=True)
    first, end = (torch.searchsorted(ordered, ordered, right=right) for right in (False, True))
    following = torch.arange(1, len(kinds) + 1, device=kinds.device)
    return torch.empty_like(places).scatter_(
        0, places, places[torch.where(following < end, following, first)]
    )
