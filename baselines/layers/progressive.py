"""The U-Net stage and the three-stage chain that SPMPGAN and DivSem share.

A stage gives a whole image at its size; the next stage starts from that raw output, twice as
large, inside the mask and from the known image outside (docs/protocol/editing.md, A.2 and A.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.condition import Condition
from baselines.layers.neighbourhoods import resize_nearest
from baselines.layers.style_preserved import Modulation, StylePreservedBlock, UpBlock

__all__ = ["Border", "Stage", "StageImages", "composite", "reduce_known", "run_stages"]

Border = Literal["original", "grey", "visible"]
"""What a reduced known image shows in cells that the mask's border crosses: averages with the
true pixels inside the mask (`original`, a leak), with grey there (`grey`), or of known pixels only
(`visible`)."""

_ENCODER = (1, 2, 4, 4, 8, 8, 16, 16, 32)
"""Encoder widths in units of ngf; a stage uses as many as it has levels, plus two."""

_DECODERS = {5: (8,), 6: (16, 8), 7: (16, 8, 8)}
"""Widths of the deepest decoder blocks in units of ngf, by the number of levels."""

_OUTER = (4, 2, 1, 1)
"""Widths of the outermost decoder blocks, the same at every depth."""


@dataclass(frozen=True, eq=False)
class StageImages:
    """What one stage saw and made, each float [B,3,s,s] in [-1,1].

    Attributes:
        known: the image at the stage's size.
        start: the stage's input.
        raw: its raw output.
        composite: `raw` inside the mask, `known` outside.
    """

    known: Tensor
    start: Tensor
    raw: Tensor
    composite: Tensor


class Stage(nn.Module):
    """One U-Net of style-preserved blocks: [B,3,s,s] -> [B,3,s,s] in [-1,1].

    Halves the image while that stays whole and at least 2x2, seven times at most: five times
    at 64, six at 128, seven at 256, as published; smaller stages lose their innermost levels
    (docs/protocol/editing.md, G). The first and the last strided encoder are no skips.

    Args:
        size: the stage's side s in pixels.
        ngf: channels of the first encoder.
        encoder, decoder: modulation of the blocks of either side.
        spectral_norm: the decoder in training form.
    """

    def __init__(
        self,
        size: int,
        ngf: int,
        encoder: Modulation,
        decoder: Modulation,
        *,
        spectral_norm: bool,
    ) -> None:
        super().__init__()
        self.levels = _levels(size)
        widths = [ngf * unit for unit in _ENCODER[: self.levels + 2]]
        for i, width in enumerate(widths, start=1):
            stride = 1 if i in (1, len(widths)) else 2
            inputs = 3 if i == 1 else widths[i - 2]
            self.add_module(f"enc{i}", StylePreservedBlock(inputs, width, encoder, stride=stride))
        below = widths[-1]
        for k, unit in zip(self._decoders(), _decoder_units(self.levels), strict=True):
            skip = widths[k - 2] if k > 2 else 0
            self.add_module(
                f"dec{k}",
                UpBlock(below + skip, unit * ngf, decoder, spectral_norm=spectral_norm),
            )
            below = unit * ngf
        self.dec1 = _ToImage(below)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """The stage's raw output for the whole image `x`."""
        skips: list[Tensor] = []
        for i in range(1, self.levels + 3):
            x = self.get_submodule(f"enc{i}")(x, condition)
            skips.append(x)
        for k in self._decoders():
            x = self.get_submodule(f"dec{k}")(x, skips[k - 2] if k > 2 else None, condition)
        image: Tensor = self.dec1(x)
        return image

    def _decoders(self) -> range:
        return range(self.levels + 1, 1, -1)


class _ToImage(nn.Module):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 3, 3, 1, 1, bias=False, padding_mode="replicate")

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.conv(x))


def run_stages(
    stages: Sequence[Stage],
    masked: Tensor,
    condition: Condition,
    original: Tensor | None,
    border: Border,
) -> tuple[StageImages, ...]:
    """The chain, smallest stage first; the last stage works at the image's own size.

    Args:
        stages: one to three stages.
        masked: [B,3,H,W], 0 inside the mask.
        condition: labels, edges and mask at the same size.
        original: the whole image, for `border = "original"` only.
        border: see `Border`.
    """
    images: list[StageImages] = []
    for i, stage in enumerate(stages):
        shrink = 2 ** (len(stages) - 1 - i)
        size = (masked.shape[2] // shrink, masked.shape[3] // shrink)
        mask = resize_nearest(condition.mask, size).unsqueeze(1)
        known = reduce_known(masked, condition.mask, original, size, border)
        start = _resize(images[-1].raw if images else masked, size)
        if images:
            start = composite(mask, start, known)
        raw = stage(start, condition)
        images.append(StageImages(known, start, raw, composite(mask, raw, known)))
    return tuple(images)


def composite(mask: Tensor, raw: Tensor, known: Tensor) -> Tensor:
    """`raw` where the bool map `mask` [B,1,H,W] is True, `known` elsewhere."""
    return torch.where(mask, raw, known)


def reduce_known(
    masked: Tensor, mask: Tensor, original: Tensor | None, size: tuple[int, int], border: Border
) -> Tensor:
    """The known image at a stage's size, [B,3,h,w]; what it shows inside the mask does not count.

    Args:
        masked: [B,3,H,W], 0 inside the mask.
        mask: bool [B,H,W], True = edit.
        original: the whole image; needed for `border = "original"` only.
        size: (h, w).
        border: what cells across the mask's border show.

    Raises:
        ValueError: `border` is "original" and there is no original.
    """
    if border == "original":
        if original is None:
            raise ValueError("border='original' needs the original image")
        return _resize(original, size)
    reduced = _resize(masked, size)
    if border == "grey" or size == tuple(masked.shape[2:]):
        return reduced
    visible = _resize((~mask).unsqueeze(1).to(masked.dtype), size)
    # Cells whose samples all lie in the mask show their nearest pixel, as the reduced mask does.
    return torch.where(visible > 0, reduced / visible.clamp(min=1e-6), _nearest_image(masked, size))


def _nearest_image(image: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(image, size=size, mode="nearest")


def _resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    if size == tuple(image.shape[2:]):
        return image
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False)


def _levels(size: int) -> int:
    levels = 0
    while levels < 7 and size % 2 == 0 and size >= 4:
        size //= 2
        levels += 1
    return levels


def _decoder_units(levels: int) -> tuple[int, ...]:
    if levels in _DECODERS:
        return (*_DECODERS[levels], *_OUTER)
    return _OUTER[len(_OUTER) - levels :]
