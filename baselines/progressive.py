"""The progressive editing networks: what SPMPGAN and DivSem have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from baselines.layers.condition import Condition
from baselines.layers.progressive import Border, Stage, StageImages, run_stages
from baselines.layers.style_preserved import Modulation

__all__ = ["ProgressiveConfig", "ProgressiveNetwork"]


class ProgressiveConfig(BaseModel):
    """What SPMPGAN and DivSem have in common; the defaults are the published values.

    Attributes:
        classes: one-hot label channels (34 Cityscapes, 151 ADE20K).
        size: side of the image in pixels; the stages work at 1/4, 1/2 and 1 of it.
        ngf: channels of a stage's first encoder.
        ndf: channels of a discriminator's first layer.
        hidden: width inside the modulation branches.
        progressive: False = one stage at full size.
        border: what the reduced known image shows at the mask's border.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: int = Field(ge=1, le=4096)
    size: int = Field(default=256, ge=16, le=1024, multiple_of=16)
    ngf: int = Field(default=32, ge=1)
    ndf: int = Field(default=64, ge=1)
    hidden: int = Field(default=64, ge=1)
    progressive: bool = True
    border: Border

    @property
    def stages(self) -> dict[str, int]:
        """The stages' published names and their sizes in pixels, smallest first."""
        if not self.progressive:
            return {"G3": self.size}
        return {"G1": self.size // 4, "G2": self.size // 2, "G3": self.size}

    @property
    def modulation(self) -> Modulation:
        """The form of the blocks: condition channels are labels, edge and mask."""
        return Modulation(channels=self.classes + 2, hidden=self.hidden)


class ProgressiveNetwork(nn.Module):
    """A chain of U-Net stages, smallest first.

    Args:
        config: its configuration.
        decoder: modulation of the decoders' blocks; the encoders' is the configuration's.
        spectral_norm: True = training form (`weight_orig`, `weight_u`, `weight_v` in the decoders);
            False = plain folded weights, for inference.
    """

    def __init__(
        self, config: ProgressiveConfig, decoder: Modulation, *, spectral_norm: bool
    ) -> None:
        super().__init__()
        self.config = config
        for name, size in config.stages.items():
            stage = Stage(size, config.ngf, config.modulation, decoder, spectral_norm=spectral_norm)
            self.add_module(name, stage)

    def forward(
        self, masked: Tensor, condition: Condition, original: Tensor | None = None
    ) -> tuple[StageImages, ...]:
        """What each stage saw and made, smallest first.

        Args:
            masked: float [B,3,size,size] in [-1,1], 0 inside the mask.
            condition: labels, edges and mask of the same size, and the regions' styles where the
                decoder reads them.
            original: the whole image, where the configuration's border is "original".
        """
        stages = [stage for stage in self.children() if isinstance(stage, Stage)]
        return run_stages(stages, masked, condition, original, self.config.border)
