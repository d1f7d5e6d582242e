"""SSAE: a region's style is changed by noise on the texture code, inside the region's mask.

    edited = SSAE(config)(image, "hair", [generator])        # .refined is the result

The structure code stays; the texture code is repeated over space and gets noise where a mask
predictor sees the region, at one of the generator's blocks (docs/protocol/generation.md, D.4 and D.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from baselines.layers.modulated_conv import RegionTexture
from baselines.sae import SAEEncoder, SAEGenerator, draw_noise
from baselines.sae.encoder import normalise
from baselines.sae.generator import draw_normal_maps
from baselines.ssae.config import REGIONS, SSAEConfig
from baselines.ssae.mask_predictor import MaskPredictor
from baselines.ssae.refinement import Refinement

__all__ = ["SSAE", "SSAEImages"]


@dataclass(frozen=True, eq=False)
class SSAEImages:
    """What an edit went through.

    Attributes:
        mask: [B,1,H,W], the region M.
        noisy: [B,3,H,W], Y_noise.
        refined: [B,3,H,W], Y_ref, or Y_noise without refinement.
    """

    mask: Tensor
    noisy: Tensor
    refined: Tensor


class SSAE(nn.Module):
    """The autoencoder, and for each region a mask predictor and a refinement block."""

    def __init__(self, config: SSAEConfig) -> None:
        super().__init__()
        self.config = config
        self.E = SAEEncoder(config.sae)
        self.G = SAEGenerator(config.sae)
        self.masks = nn.ModuleDict(
            {name: MaskPredictor(config.mask_width, config.mask_encoder) for name in REGIONS}
        )
        if config.refine:
            self.refinements = nn.ModuleDict(
                {
                    name: Refinement(config.width, config.first_blocks, config.second_blocks)
                    for name in REGIONS
                }
            )

    def forward(
        self,
        image: Tensor,
        region: str,
        generators: list[Generator],
        mask: Tensor | None = None,
    ) -> SSAEImages:
        """Changes the style of one region.

        Args:
            image: [B,3,H,W] RGB in [-1,1], the whole image.
            region: one of `REGIONS`.
            generators: a CPU generator for each image: first the generator's own noise, which is
                fixed during an edit, then the region's.
            mask: [B,1,H,W] in place of the predicted one (in training the true one; may be soft).
        """
        if mask is None:
            mask = self.predict(image, region)
        structure, texture = self.E(image)
        noise = draw_noise(self.G, (structure.shape[2], structure.shape[3]), generators)
        noisy = self.G(
            structure, texture, noise=noise, textures=self.textures(texture, mask, generators)
        )
        if not self.config.refine:
            return SSAEImages(mask, noisy, noisy)
        return SSAEImages(mask, noisy, self.refinements[region](noisy, mask))

    def predict(self, image: Tensor, region: str) -> Tensor:
        """The hard mask [B,1,H,W] of a region, 0 or 1."""
        probability = torch.sigmoid(self.masks[region](image))
        return (probability > self.config.threshold).to(image.dtype)

    def textures(
        self, texture: Tensor, mask: Tensor, generators: list[Generator] | int
    ) -> dict[str, tuple[RegionTexture, RegionTexture]]:
        """Eq. 1 for the block that gets noise: S' = S + N(0,1) * M, one noise for both layers.

        `generators` as for `draw_noise`.
        """
        clean = normalise(texture)
        size = self._noise_size(mask)
        drawn = draw_normal_maps((*texture.shape[1:], *size), generators, texture.device)
        noise = drawn.to(texture) * self.config.noise_scale
        name = self.G.blocks[-1 - self.config.noise_block]
        region = RegionTexture(clean, noise, mask)
        return {name: (region, region)}

    def _noise_size(self, mask: Tensor) -> tuple[int, ...]:
        if self.config.noise == "vector":
            return ()
        # The block's first layer works at this share of the image.
        share = 2 ** (self.config.noise_block + 1)
        return (mask.shape[2] // share, mask.shape[3] // share)
