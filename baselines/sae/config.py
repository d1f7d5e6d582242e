"""What a Swapping Autoencoder is built from (docs/protocol/generation.md, D.1-D.3)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["VARIANTS", "SAEConfig", "encoder_width", "generator_width", "sae_config"]

VARIANTS: dict[str, dict[str, Any]] = {
    "512": {},
    "256": {"size": 256},
    "1024": {
        "size": 768,
        "texture": 1536,
        "encoder_capacity": 0.4,
        "generator_capacity": 0.8,
        "downsamplings": 5,
        "patch_size": 256,
    },
}
"""The released configurations: FFHQ and mountains; church, bedroom and AFHQ; FFHQ at 1024."""


class SAEConfig(BaseModel):
    """The defaults are the published 512 configuration (FFHQ, mountains).

    Attributes:
        size: side of the image in pixels, for the image discriminator.
        structure: channels of the structure code.
        texture: length of the texture code.
        encoder_capacity, generator_capacity, discriminator_capacity, patch_capacity: width factors.
        downsamplings: halvings from the image to the structure code (16 = 2^4).
        texture_downsamplings: further halvings to the texture code.
        head: width of the generator's first head block.
        head_blocks: residual blocks before the first up-sampling.
        patch_size: side of the patches that the patch discriminator sees.
        patch_width: its largest width before the last block.
        patches: crops for each image.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(default=512, ge=32, le=4096, multiple_of=16)
    structure: int = Field(default=8, ge=1)
    texture: int = Field(default=2048, ge=1)
    encoder_capacity: float = Field(default=1.0, gt=0, le=64)
    generator_capacity: float = Field(default=1.0, gt=0, le=64)
    discriminator_capacity: float = Field(default=1.0, gt=0, le=64)
    patch_capacity: float = Field(default=4.0, gt=0, le=64)
    downsamplings: int = Field(default=4, ge=1, le=8)
    texture_downsamplings: int = Field(default=2, ge=1, le=8)
    head: int = Field(default=256, ge=1)
    head_blocks: int = Field(default=2, ge=1, le=64)
    patch_size: int = Field(default=128, ge=16)
    patch_width: int = Field(default=384, ge=1)
    patches: int = Field(default=8, ge=1)


def sae_config(variant: str = "512", **fields: Any) -> SAEConfig:
    """A released configuration; `fields` replace its values.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return SAEConfig(**{**VARIANTS[variant], **fields})


def encoder_width(config: SAEConfig, i: int) -> int:
    """Channels of the encoder after i halvings, rounded."""
    return min(config.texture, round(2.0 ** (5 + i) * config.encoder_capacity))


def generator_width(config: SAEConfig, k: int) -> int:
    """Channels of the generator after k doublings, truncated where the encoder rounds."""
    return int(min(512.0, 128 * 2.0 ** (config.downsamplings - k)) * config.generator_capacity)
