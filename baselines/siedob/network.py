"""SIEDOB: background and objects painted apart, then fused (CVPR 2023).

    images = SIEDOB(siedob_config())(known, hole, labels, objects, edges, styles)
    result = images.composite                          # [B,3,256,256] in [-1,1], BGR

Parameters carry the published names behind one prefix a network (docs/protocol/rivals.md, A). Images
are BGR for official weights: see the adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baselines.layers.initial import draw_normal
from baselines.layers.label_map import fixed_sizes
from baselines.siedob.assembly import (
    Crops,
    PlacedObject,
    assemble,
    cut,
    find_objects,
    foreground_of,
    number_labels,
    paste,
)
from baselines.siedob.background import BackgroundGenerator
from baselines.siedob.config import SIEDOBConfig
from baselines.siedob.fusion import Fusion
from baselines.siedob.inpainting import ObjectInpainting
from baselines.siedob.object_style import ObjectStyle

__all__ = ["SIEDOB", "Assembly", "SIEDOBImages", "StyleImages", "StyleSource"]

_TOGETHER = 32
"""Objects of an edit that go through a network at once."""


@dataclass(frozen=True, eq=False)
class StyleImages:
    """Objects of one class whose look others take.

    Attributes:
        images: [n,3,S,S] in [-1,1], 0 outside the object.
        instances: bool [n,S,S].
    """

    images: Tensor
    instances: Tensor


StyleSource = Callable[[int, int], StyleImages]
"""Called with an edit's place in the batch and an object's kind, gives at least one style image."""

CarryOut = Callable[..., Tensor]
"""Called with a part's method, a function of tensors and the part alone, and the tensors; its result."""


def _as_written(method: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    return method(*tensors)


@dataclass(frozen=True, eq=False)
class Assembly:
    """Edits up to what the fusion sees.

    Attributes:
        found: the painted objects, in the order of painting.
        crops, objects: what their networks saw, and made of it, [N,3,S,S]; None without objects.
        foreground: bool [B,H,W].
        background, canvas, assembled: [B,3,H,W].
        borders: bool [B,H,W], edges inside the hole.
    """

    found: list[PlacedObject]
    crops: Crops | None
    objects: Tensor | None
    foreground: Tensor
    background: Tensor
    canvas: Tensor
    assembled: Tensor
    borders: Tensor


@dataclass(frozen=True, eq=False)
class SIEDOBImages(Assembly):
    """What edits went through.

    Attributes:
        fused: [B,3,H,W] in [-2,2], the fusion's own output.
        composite: the result.
    """

    fused: Tensor
    composite: Tensor


class SIEDOB(nn.Module):
    """The four networks and the rule between them.

    Args:
        config: their configuration.
        spectral_norm: True = training form of the up-sampling layers (`weight_orig`, `weight_u`,
            `weight_v`); False = folded, for inference.
    """

    def __init__(self, config: SIEDOBConfig, *, spectral_norm: bool = False) -> None:
        super().__init__()
        self.config = config
        self.background = BackgroundGenerator(config, spectral_norm=spectral_norm)
        self.object_inpainting = ObjectInpainting(config, spectral_norm=spectral_norm)
        self.object_style = ObjectStyle(config)
        self.fusion = Fusion(config, spectral_norm=spectral_norm)
        draw_normal(self)

    def forward(
        self,
        known: Tensor,
        hole: Tensor,
        labels: Tensor,
        objects: Tensor,
        edges: Tensor,
        styles: StyleSource,
        carry_out: CarryOut = _as_written,
    ) -> SIEDOBImages:
        """Carries out edits; sides are multiples of 16.

        Args:
            known: [B,3,H,W] in [-1,1], 0 in the hole.
            hole: bool [B,H,W].
            labels: int64 [B,H,W], target labels, -1 = void.
            objects: int64 [B,H,W], target instances, 0 = no object.
            edges: bool [B,H,W], True at the border of a region.
            styles: the style images of objects of which nothing is visible.
            carry_out: how the four networks are carried out.
        """
        parts = self.assemble(known, hole, labels, objects, edges, styles, carry_out=carry_out)
        fused = carry_out(self.fusion.forward, parts.assembled, hole, parts.borders).to(known)
        composite = torch.where(hole.unsqueeze(1), fused, known)
        return SIEDOBImages(**vars(parts), fused=fused, composite=composite)

    def assemble(
        self,
        known: Tensor,
        hole: Tensor,
        labels: Tensor,
        objects: Tensor,
        edges: Tensor,
        styles: StyleSource,
        least_hidden: float = 0.0,
        carry_out: CarryOut = _as_written,
    ) -> Assembly:
        """Steps 1 to 11, everything before the fusion; arguments as `forward` and `find_objects`."""
        found = find_objects(labels, objects, hole, self.config, least_hidden)
        foreground = foreground_of(found, hole)
        crops = painted = None
        canvas = torch.zeros_like(known)
        if found:
            crops = cut(known, hole, found, self.config.object_size)
            painted = self.paint(crops, found, styles, carry_out)
            canvas = paste(painted, crops, found, known)
        borders = edges & hole
        numbers = number_labels(labels, self.config)
        background = carry_out(
            self.background.forward, known, numbers, borders, hole, ~foreground
        ).to(known)
        assembled = assemble(known, hole, foreground, canvas, background)
        return Assembly(found, crops, painted, foreground, background, canvas, assembled, borders)

    def paint(
        self,
        crops: Crops,
        found: Sequence[PlacedObject],
        styles: StyleSource,
        carry_out: CarryOut = _as_written,
    ) -> Tensor:
        """Step 7: each object by the network that is for it, [N,3,S,S]."""
        painted = torch.empty_like(crops.image)
        erased: list[bool] = crops.erased.tolist()
        images, instances = self._styles(erased, found, styles, like=crops)
        inpainting, style = self.object_inpainting, self.object_style
        for item in sorted({one.item for one in found}):
            # Edit by edit, so that no digit of one depends on what is beside it in the batch.
            mine = [n for n, one in enumerate(found) if one.item == item]
            for few, several in _few_at_once([n for n in mine if not erased[n]], painted.device):
                seen = crops.take(several)
                made = carry_out(
                    inpainting.forward, seen.image, seen.instance, seen.hole, seen.kinds
                )
                painted[few] = made[: len(few)].to(painted)
            for few, several in _few_at_once([n for n in mine if erased[n]], painted.device):
                seen = crops.take(several)
                code = carry_out(style.encode, images[several], instances[several], seen.kinds)
                made = carry_out(style.generate, seen.instance, seen.kinds, code)
                painted[few] = made[: len(few)].to(painted)
        return painted

    def _styles(
        self,
        erased: Sequence[bool],
        found: Sequence[PlacedObject],
        styles: StyleSource,
        like: Crops,
    ) -> tuple[Tensor, Tensor]:
        """For each erased object its style image; the k-th object of a class takes the k-th, in turns."""
        images, instances = torch.zeros_like(like.image), torch.zeros_like(like.instance)
        seen: dict[tuple[int, int], int] = {}
        for n, (one, nothing) in enumerate(zip(found, erased, strict=True)):
            k = seen.get((one.item, one.kind), 0)
            seen[one.item, one.kind] = k + 1
            if nothing:
                given = styles(one.item, one.kind)
                images[n] = given.images[k % len(given.images)]
                instances[n] = given.instances[k % len(given.instances)]
        return images, instances


def _few_at_once(places: Sequence[int], device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Places, int64 [n], in pieces; none where there is no place.

    Beside each piece what a network is given: the same places, on an accelerator with the last
    one repeated up to a power of two, so that batches have few sizes.
    """
    for start in range(0, len(places), _TOGETHER):
        few = [*places[start : start + _TOGETHER]]
        more = (1 << (len(few) - 1).bit_length()) - len(few) if fixed_sizes(device) else 0
        together = torch.tensor([*few, *few[-1:] * more], device=device)
        yield together[: len(few)], together
