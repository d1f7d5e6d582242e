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
        return self.restyle(image, mask, *self.draw(image, generators), region=region)

    def draw(self, image: Tensor, generators: list[Generator]) -> list[Tensor]:
        """All normals of edits of `image`: two maps for each block of the generator, then the region's."""
        share = 2**self.config.sae.downsamplings
        noise = draw_noise(self.G, (image.shape[2] // share, image.shape[3] // share), generators)
        maps = [one for pair in noise.values() for one in pair]
        return [*maps, self._draw_region(image, self.config.sae.texture, generators)]

    def restyle(
        self, image: Tensor, mask: Tensor | None, *normals: Tensor, region: str
    ) -> SSAEImages:
        """`forward` with the normals that `draw` drew: a function of tensors for each region."""
        if mask is None:
            mask = self.predict(image, region)
        structure, texture = self.E(image)
        *maps, drawn = normals
        noise = dict(zip(self.G.blocks, zip(maps[::2], maps[1::2], strict=True), strict=True))
        noisy = self.G(structure, texture, noise=noise, textures=self._noisy(texture, mask, drawn))
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
        return self._noisy(texture, mask, self._draw_region(mask, texture.shape[1], generators))

    def _noisy(
        self, texture: Tensor, mask: Tensor, drawn: Tensor
    ) -> dict[str, tuple[RegionTexture, RegionTexture]]:
        noise = drawn.to(texture) * self.config.noise_scale
        name = self.G.blocks[-1 - self.config.noise_block]
        region = RegionTexture(normalise(texture), noise, mask)
        return {name: (region, region)}

    def _draw_region(self, like: Tensor, length: int, generators: list[Generator] | int) -> Tensor:
        """Normals of textures of a length, for images or masks of the size of `like`."""
        size: tuple[int, ...] = ()
        if self.config.noise != "vector":
            # The block's first layer works at this share of the image, a head block's at the structure's.
            share = 2 ** min(self.config.noise_block + 1, self.config.sae.downsamplings)
            size = (like.shape[2] // share, like.shape[3] // share)
        return draw_normal_maps((length, *size), generators, like.device)
