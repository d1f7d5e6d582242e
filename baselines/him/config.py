"""What HIM is built from, and its forms."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["VARIANTS", "HIMConfig", "him_config"]

_CITYSCAPES = {"classes": 35}
_ADE20K = {"classes": 49, "layout_norm": "instance", "dilated": True, "layout_margin": 3.0}
_IMAGE = {"layout": False}

VARIANTS: dict[str, dict[str, Any]] = {
    "cityscapes": _CITYSCAPES,
    "cityscapes image": {**_CITYSCAPES, **_IMAGE},
    "ade20k": _ADE20K,
    "ade20k image": {**_ADE20K, **_IMAGE},
    "labels": {},
    "labels image": _IMAGE,
}
"""The released forms, the same without the layout generator, and plain ones for other label spaces."""


class HIMConfig(BaseModel):
    """What HIM is built from; the defaults are the published values for Cityscapes.

    Attributes:
        classes: one-hot channels L (35 Cityscapes labelIds, 49 ADE20K bedroom); the last one stands
            for a background box.
        size: side of the window that the networks see, pixels.
        ngf, ndf: width of the image generator's first layer, of a discriminator's.
        downsamplings, blocks: of the image generator.
        discriminator_layers, scales: of both discriminators.
        layout: whether there is a layout generator.
        layout_norm: its normalisation; "batch" has running statistics.
        dilated: two dilated blocks at its deepest size (ADE20K).
        layout_width, layout_widths: of its first layer, and of the three below it.
        layout_blocks: its residual blocks n; floor(n/2) in the encoder, ceil(n/2) in each decoder.
        layout_margin: side of its window over the longer side of the box.
        align_corners: whether bilinear up-sampling aligns corners, as under the release's PyTorch
            0.3.1; the released weights expect it (docs/protocol/rivals.md, D.7).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: int = Field(ge=2, le=4096)
    size: int = Field(default=256, ge=16)
    ngf: int = Field(default=64, ge=1)
    ndf: int = Field(default=64, ge=1)
    downsamplings: int = Field(default=4, ge=1, le=8)
    blocks: int = Field(default=9, ge=0, le=64)
    discriminator_layers: int = Field(default=3, ge=1, le=8)
    scales: int = Field(default=2, ge=1, le=8)
    layout: bool = True
    layout_norm: Literal["batch", "instance"] = "batch"
    dilated: bool = False
    layout_width: int = Field(default=64, ge=2)
    layout_widths: tuple[int, int, int] = (96, 128, 256)
    layout_blocks: int = Field(default=6, ge=0, le=64)
    layout_margin: float = Field(default=2.0, ge=1)
    align_corners: bool = True

    @model_validator(mode="after")
    def _halved(self) -> HIMConfig:
        divisor = max(self.divisor, 16 if self.layout else 1)
        if self.size % divisor or self.size < 2 * divisor:
            raise ValueError(f"size must be a multiple of {divisor}, and at least {2 * divisor}")
        return self

    @property
    def divisor(self) -> int:
        """What the image generator's sides must be divisible by."""
        return int(2**self.downsamplings)


def him_config(variant: str = "cityscapes", **fields: Any) -> HIMConfig:
    """The configuration of a variant; `fields` replace its values.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return HIMConfig(**{**VARIANTS[variant], **fields})
