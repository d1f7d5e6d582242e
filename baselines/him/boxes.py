"""Boxes, and from the layout generator's outputs to labels (docs/protocol/rivals.md, D.3)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.layers.label_map import one_hot
from masks.windows import Extent

__all__ = ["RATIO", "bounding_box", "box_plane", "resolve_layout", "soften"]

RATIO = 1.35
"""How far a box is enlarged into the soft box; the release draws it from U(1.2, 1.5) (D.10)."""


def bounding_box(mask: Tensor) -> Extent:
    """The smallest rectangle around the True pixels of a map [H,W] that has some."""
    rows, columns = (mask.any(axis).nonzero()[:, 0].tolist() for axis in (1, 0))
    return Extent(rows[0], columns[0], rows[-1] + 1, columns[-1] + 1)


def soften(box: Extent, size: tuple[int, int], ratio: float = RATIO) -> Extent:
    """The soft box: enlarged about its centre by `ratio`, truncated, clipped to (height, width)."""
    found = []
    sides = ((box.top, box.bottom, size[0]), (box.left, box.right, size[1]))
    for start, end, side in sides:
        centre, half = (start + end) / 2, (end - start) / 2 * ratio
        found.append((max(int(centre - half), 0), min(int(centre + half), side)))
    (top, bottom), (left, right) = found
    return Extent(top, left, bottom, right)


def box_plane(boxes: list[Extent], size: tuple[int, int], device: torch.device) -> Tensor:
    """Bool [B,H,W], True inside each item's box."""
    plane = torch.zeros(len(boxes), *size, dtype=torch.bool, device=device)
    for one, box in zip(plane, boxes, strict=True):
        one[box.slices] = True
    return plane


def resolve_layout(
    context: Tensor,
    objects: Tensor,
    soft: Tensor,
    labels: Tensor,
    classes: Tensor,
    *,
    size: tuple[int, int] | None = None,
    align_corners: bool = True,
) -> Tensor:
    """The labels of a window, int64 [B,h,w].

    An object's box: its class where the probability inside the soft box is above a half, elsewhere
    the old label. A background box (of the last class): the likeliest label inside the soft box,
    the old one outside.

    Args:
        context: logits [B,L,H,W] of the labels.
        objects: logits [B,1,H,W] of the object.
        soft: bool [B,H,W], the soft box.
        labels: int64 [B,h,w], the old labels at the window's own size; -1 = no class at all.
        classes: int64 [B], of each box.
        size: (h, w) that probabilities are enlarged to (bilinear), or None = as they are.
        align_corners: of that enlargement.
    """
    gate = soft.unsqueeze(1).to(context.dtype)
    wanted = size or (context.shape[2], context.shape[3])

    def enlarged(x: Tensor) -> Tensor:
        if wanted == tuple(x.shape[2:]):
            return x
        return F.interpolate(x, size=wanted, mode="bilinear", align_corners=align_corners)

    count = context.shape[1]
    found = enlarged(torch.sigmoid(objects) * gate)[:, 0] > 0.5
    of_object = torch.where(found, classes.view(-1, 1, 1), labels)
    background = classes == count - 1
    if not background.any():
        return of_object
    hot = one_hot(labels, count, context.dtype)
    inside = enlarged(gate)
    scores = enlarged(context.log_softmax(1) * gate) + hot * (1 - inside)
    # A void pixel outside the soft box has no label at all and keeps it.
    likeliest = torch.where((inside[:, 0] > 0) | (labels >= 0), scores.argmax(1), labels)
    return torch.where(background.view(-1, 1, 1), likeliest, of_object)
