"""What SSAE is built from, and its ablations (docs/protocol/generation.md, D.4 and D.5)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from baselines.sae import SAEConfig

__all__ = ["REGIONS", "VARIANTS", "SSAEConfig", "ssae_config"]

REGIONS: dict[str, tuple[str, ...]] = {
    "hair": ("hair",),
    "skin": ("skin",),
    "nose": ("nose",),
    "eyes": ("l_eye", "r_eye", "left eye", "right eye"),
    "mouth": ("mouth", "u_lip", "l_lip", "lips"),
}
"""The five regions and the classes that make them up: CelebAMask-HQ (D.5, 3), procedural faces."""

VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "noise in the last block": {"noise_block": 0},
    "noise per pixel": {"noise": "iid"},
    "w/o refinement": {"refine": False},
}


class SSAEConfig(BaseModel):
    """The defaults are the proposed ones of D.5.

    Attributes:
        sae: the autoencoder that is edited through.
        noise: "vector" = one vector for each image and region; "iid" = one for each pixel.
        noise_scale: its standard deviation.
        noise_block: the residual block that gets it, counted from the last up-sampling block (0); the
            head's blocks follow after these.
        refine: False = `w/o refinement`.
        width: channels inside a refinement block.
        first_blocks, second_blocks: residual blocks before and after eq. 2.
        mask_encoder: channels of a mask predictor's first encoder level (64 = ResNet-18).
        mask_width: channels of its branches and decoder.
        threshold: a predicted probability above it is the region.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sae: SAEConfig = SAEConfig()
    noise: Literal["vector", "iid"] = "vector"
    noise_scale: float = Field(default=1.0, ge=0)
    noise_block: int = Field(default=1, ge=0)
    refine: bool = True
    width: int = Field(default=64, ge=1)
    first_blocks: int = Field(default=4, ge=0, le=64)
    second_blocks: int = Field(default=2, ge=0, le=64)
    mask_encoder: int = Field(default=64, ge=1)
    mask_width: int = Field(default=64, ge=1)
    threshold: float = Field(default=0.5, gt=0, lt=1)

    @model_validator(mode="after")
    def _within_the_generator(self) -> SSAEConfig:
        blocks = self.sae.head_blocks + self.sae.downsamplings
        if self.noise_block >= blocks:
            raise ValueError(
                f"noise_block is {self.noise_block}, but the generator has {blocks} blocks, counted from 0"
            )
        return self


def ssae_config(variant: str = "full", **fields: Any) -> SSAEConfig:
    """The configuration of a variant; `fields` replace defaults.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return SSAEConfig(**{**VARIANTS[variant], **fields})
