"""What a SemanticStyleGAN is built from (docs/protocol/rivals.md, C.1)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["FACE", "VARIANTS", "SemanticStyleGANConfig", "semanticstylegan_config"]

FACE: tuple[str, ...] = (
    "background",
    "skin",
    "eyes",
    "brows",
    "mouth",
    "nose",
    "ears",
    "hair",
    "neck",
    "cloth",
    "glasses",
    "hat",
    "earring",
)
"""The released network's 13 classes, in their order (docs/protocol/generation.md, end of D.5)."""

VARIANTS: dict[str, dict[str, Any]] = {
    "512": {},
    "256": {"size": 256},
}
"""The released configuration (CelebAMask-HQ), and the same at 256 pixels."""


class SemanticStyleGANConfig(BaseModel):
    """The defaults are the released configuration; fields bear the released arguments' names.

    Attributes:
        size: side of the image in pixels, a power of two.
        style_dim: length of a code. n_mlp: layers of the mapping.
        channel_multiplier: of the widths above 32 pixels.
        width: channels at 4 to 32 pixels; above, width * channel_multiplier * 32 / size.
        discriminator_width: the same of the discriminator.
        seg_dim: classes, the background first.
        classes: their names; of the released network where there are 13 and none are given.
        transparent_dims: classes that are laid over the others.
        local_layers, local_channel: depth and width of a local generator.
        base_layers: layers that take the rows which all classes but the background share.
        depth_layers: layers before the depth is read; those after it make the texture.
        coarse_size, coarse_channel: side and channels of what the local generators give together.
        min_feat_size: side at which the renderer begins.
        residual_refine: add the coarse segmentation at the level of its size.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(default=512, ge=16, le=1024)
    style_dim: int = Field(default=512, ge=1)
    n_mlp: int = Field(default=8, ge=1, le=64)
    channel_multiplier: float = Field(default=2, gt=0, le=64)
    width: int = Field(default=512, ge=1)
    discriminator_width: int = Field(default=512, ge=1)
    seg_dim: int = Field(default=13, ge=2, le=256)
    classes: tuple[str, ...] = ()
    transparent_dims: tuple[int, ...] = (10, 12)
    local_layers: int = Field(default=10, ge=1, le=64)
    local_channel: int = Field(default=64, ge=1)
    base_layers: int = Field(default=2, ge=0)
    depth_layers: int = Field(default=6, ge=1)
    coarse_size: int = Field(default=64, ge=4)
    coarse_channel: int = Field(default=512, ge=1)
    min_feat_size: int = Field(default=16, ge=2)
    residual_refine: bool = True

    @model_validator(mode="after")
    def _fits(self) -> SemanticStyleGANConfig:
        for name in ("size", "coarse_size", "min_feat_size"):
            side = getattr(self, name)
            if side & (side - 1):
                raise ValueError(f"{name} is {side}, which is no power of two")
        if (
            not self.min_feat_size <= self.coarse_size <= self.size
            or self.min_feat_size == self.size
        ):
            raise ValueError(
                "needs min_feat_size <= coarse_size <= size, and a level above the first"
            )
        if not self.base_layers <= self.depth_layers <= self.local_layers:
            raise ValueError("needs base_layers <= depth_layers <= local_layers")
        if any(not 0 <= k < self.seg_dim for k in self.transparent_dims):
            raise ValueError("transparent_dims names a class beyond seg_dim")
        if self.classes and len(self.classes) != self.seg_dim:
            raise ValueError(f"names {len(self.classes)} classes, but seg_dim is {self.seg_dim}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The classes' names; numbers where nothing names them."""
        if self.classes:
            return self.classes
        numbers = tuple(str(k) for k in range(self.seg_dim))
        return FACE if self.seg_dim == len(FACE) else numbers

    @property
    def levels(self) -> tuple[int, ...]:
        """Sides of the renderer's outputs, each twice the one before."""
        first, last = self.min_feat_size.bit_length(), self.size.bit_length()
        return tuple(2**k for k in range(first, last))

    def channels(self, side: int) -> int:
        """The renderer's width at a side."""
        return level_width(side, self.width, self.channel_multiplier)


def level_width(side: int, width: int, multiplier: float) -> int:
    """StyleGAN2's width at a side: `width` up to 32 pixels, then halved at each doubling."""
    return width if side <= 32 else max(1, int(width * 32 * multiplier / side))


def semanticstylegan_config(variant: str = "512", **fields: Any) -> SemanticStyleGANConfig:
    """The configuration of a variant; `fields` replace its values.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return SemanticStyleGANConfig(**{**VARIANTS[variant], **fields})
