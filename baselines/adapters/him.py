"""HIM as an editor (docs/protocol/rivals.md, D.3, D.4 and D.10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.adapters.demands import Demands
from baselines.adapters.network_editor import NetworkEditor
from baselines.adapters.options import Arithmetic, Precision, check_choice
from baselines.him import (
    HIM,
    VARIANTS,
    LayoutGenerator,
    bounding_box,
    box_plane,
    him_labels,
    layout_condition,
    resolve_layout,
    soften,
)
from baselines.layers.neighbourhoods import resize_nearest
from bench.batch import EditBatch
from bench.core.errors import BadInput, EditFailed
from masks.windows import Extent, square_around

__all__ = ["HIMEditor", "LayoutSource"]

LayoutSource = Literal["given", "predicted"]
"""Who says what the masked region shows: the edit's labels, or the layout generator."""


_PREDICTABLE = frozenset({"inpaint", "add", "remove", "relabel"})
"""What a box and a class can say; a restyled or a moved region has a layout already."""


class HIMEditor(NetworkEditor[HIM]):
    """HIM (NeurIPS 2018): fills the masked region of a square window from known pixels and labels.

    An image of the network's own size is one window. From any other the square around the masked
    region's bounding box is cut, three times the longer side, brought to that size and back.

    Args:
        weights: a file of `siebench models import him`.
        variant: what the weights must be of; any where None.
        layout: "given" = the edit's target labels; "predicted" = the layout generator's, from the
            bounding box of the masked region and the class of the edit's region (a background box
            where the edit removes something or names no class). It never sees target labels
            inside the masked region.
        precision: of convolutions and products; the halves change images by grey levels.
        compile: fuse pixel-by-pixel arithmetic into compiled kernels; takes seconds to start.

    Raises:
        BadInput: weights that are missing, truncated, or of another system or variant; an unknown
            option; a layout to predict without a layout generator.
    """

    system = "him"
    network_class = HIM
    variants = tuple(VARIANTS)

    def __init__(
        self,
        weights: str,
        variant: str | None = None,
        layout: LayoutSource = "given",
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        check_choice("him", "layout", layout, LayoutSource)
        self.load(weights, variant, Arithmetic(precision, compile), layout=layout)
        if layout == "given":
            self.network.layout = None  # it never runs, so it costs nothing
        elif self.network.layout is None:
            raise BadInput(
                f"{weights}: layout: {self.card.variant!r} has no layout generator; import both "
                "checkpoints, or use `layout: given`"
            )
        self.layout = layout

    @property
    def demands(self) -> Demands:
        """Labels of the weights, masked and known pixels; what a predicted layout can be asked for."""
        return Demands(
            self.network.config.classes,
            self.card.label_space,
            masked=True,
            known=True,
            operations=None if self.layout == "given" else _PREDICTABLE,
        )

    def generate(self, batch: EditBatch) -> Tensor:
        """Images whose windows are the network's, the rest as it was given.

        Raises:
            EditFailed: a masked region that no square window holds, or a class that the network
                does not know.
        """
        boxes = [bounding_box(mask) for mask in batch.masked_region[:, 0]]
        labels = batch.labels
        if self.network.layout is not None:
            labels = self._predicted(batch, boxes, self.network.layout)
        size = self.network.config.size
        windows = [self._window(batch, i, box, 3.0) for i, box in enumerate(boxes)]
        mask = _cut(batch.mask, windows, size, _reduced_mask)
        masked = _cut(batch.masked, windows, size, _reduced_image) * (1 - mask)
        seen = _cut(labels.unsqueeze(1), windows, size, _reduced_labels)[:, 0]
        made = self.replayed(self._painted, masked, seen, mask).float()
        out = batch.masked.clone()
        for i, window in enumerate(windows):
            place = _seen_through(window, out[i])
            place.copy_(_resized(made[i : i + 1], (place.shape[1], place.shape[2]))[0])
        return out.clamp(-1, 1)  # bicubic resizing overshoots

    def _painted(self, masked: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        made: Tensor = self.network(masked, him_labels(self.network.config, labels), mask)
        return made

    def _predicted(self, batch: EditBatch, boxes: list[Extent], network: LayoutGenerator) -> Tensor:
        """The label canvases with the boxes' layouts in them, int64 [B,H,W]."""
        config = self.network.config
        classes = torch.tensor(
            [self._class(batch, i) for i in range(len(batch))], device=batch.labels.device
        )
        windows = [self._window(batch, i, box, config.layout_margin) for i, box in enumerate(boxes)]
        side = (config.size, config.size)
        inside = [_inside(b, w, config.size) for b, w in zip(boxes, windows, strict=True)]
        box = box_plane(inside, side, batch.labels.device)
        soft = box_plane([soften(one, side) for one in inside], side, batch.labels.device)
        # What stands inside the masked region is asked for: there is no old label.
        known = batch.labels.masked_fill(batch.masked_region[:, 0], -1)
        seen = _cut(known.unsqueeze(1), windows, config.size, _reduced_labels)[:, 0]
        condition = layout_condition(seen, box, classes, config.classes)
        context, objects = (logits.float() for logits in network(condition))
        canvas = known.clone()
        for i, window in enumerate(windows):
            one = slice(i, i + 1)
            place = (one, *window.slices)
            canvas[place] = _layout(
                (context[one], objects[one]),
                soft[one],
                known[place],
                batch.masked_region[:, 0][place],
                classes[one],
                align_corners=config.align_corners,
            )
        return canvas

    def _class(self, batch: EditBatch, item: int) -> int:
        """The network's class of an edit's box; the last one is the background's."""
        background = self.network.config.classes - 1
        region = batch.regions[item]
        if region is None or batch.operation == "remove":
            return background
        if region not in batch.space.classes:
            raise EditFailed(
                f"regions: edit {batch.ids[item]} is of {region!r}, which is no class of "
                f"{batch.space.name!r}; use `layout: given`"
            )
        return batch.space.classes.index(region)

    def _window(self, batch: EditBatch, item: int, box: Extent, margin: float) -> Extent:
        height, width = batch.labels.shape[1:]
        if (height, width) == (self.network.config.size,) * 2:
            return Extent(0, 0, height, width)
        window = square_around(box, (height, width), margin)
        if box.longest > window.longest:
            raise EditFailed(
                f"mask: edit {batch.ids[item]} hides {box.right - box.left}x{box.bottom - box.top} "
                f"pixels, more than a square window of the {width}x{height} image; set the "
                f"dataset's size to {self.network.config.size}x{self.network.config.size}"
            )
        return window


def _inside(box: Extent, window: Extent, size: int) -> Extent:
    """A box in its window of `size` pixels: truncated to integers, at least a pixel wide."""
    side = window.bottom - window.top
    top, bottom = ((y - window.top) * size // side for y in (box.top, box.bottom))
    left, right = ((x - window.left) * size // side for x in (box.left, box.right))
    return Extent(top, left, max(bottom, top + 1), max(right, left + 1))


def _layout(
    logits: tuple[Tensor, Tensor],
    soft: Tensor,
    old: Tensor,
    hidden: Tensor,
    classes: Tensor,
    *,
    align_corners: bool,
) -> Tensor:
    """One window's labels at its own size, [1,h,w]; hidden pixels beside an object take the context's."""
    size = (old.shape[1], old.shape[2])
    last = torch.full_like(classes, logits[0].shape[1] - 1)

    def resolved(labels: Tensor, of: Tensor) -> Tensor:
        return resolve_layout(*logits, soft, labels, of, size=size, align_corners=align_corners)

    return resolved(torch.where(hidden, resolved(old, last), old), classes)


def _seen_through(window: Extent, planes: Tensor) -> Tensor:
    """The window of planes [...,H,W], a view."""
    rows, columns = window.slices
    return planes[..., rows, columns]


def _cut(
    planes: Tensor, windows: list[Extent], size: int, resize: Callable[[Tensor, int], Tensor]
) -> Tensor:
    """Each item's window, [B,C,size,size]."""
    cut = [_seen_through(w, planes[i : i + 1]) for i, w in enumerate(windows)]
    return torch.cat([one if one.shape[2] == size else resize(one, size) for one in cut])


def _reduced_image(image: Tensor, size: int) -> Tensor:
    return _resized(image, (size, size))


def _reduced_labels(labels: Tensor, size: int) -> Tensor:
    return resize_nearest(labels[:, 0], (size, size)).unsqueeze(1)


def _reduced_mask(mask: Tensor, size: int) -> Tensor:
    # A cell that the mask touches belongs to it, so that hidden pixels colour few known cells.
    return (F.adaptive_max_pool2d(mask, (size, size)) > 0).to(mask.dtype)


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(image.shape[2:]) == size:
        return image
    return F.interpolate(image, size=size, mode="bicubic", align_corners=False, antialias=True)
