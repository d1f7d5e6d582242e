"""SemanticStyleGAN: an image as a composition of its classes, each with a shape and a texture.

    code = network.style(torch.randn(1, 512))            # one code for everything
    made = network(code)                                 # image, segmentation, shares, depths

mapping -> local generators -> composition by depth -> render net (docs/protocol/rivals.md, C).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from baselines.layers.equalised import EqualisedLinear
from baselines.semanticstylegan.config import SemanticStyleGANConfig
from baselines.semanticstylegan.latents import expand
from baselines.semanticstylegan.local_generators import (
    LocalGenerator,
    PositionEmbedding,
    compose,
    fuse,
)
from baselines.semanticstylegan.renderer import RenderNet

__all__ = ["SemanticStyleGAN", "Synthesis"]

MAPPING_RATE = 0.01
"""The mapping's weights learn at this share of the others' rate."""


@dataclass(frozen=True, eq=False)
class Synthesis:
    """What a pass makes.

    Attributes:
        image: [B,3,S,S] RGB, about -1..1 but not bounded.
        segmentation: [B,K,S,S], -1..1 about; its largest channel is the label. None where it was
            left out.
        coarse: [B,K,c,c], the classes' shares as 2a - 1.
        depths: [B,K,c,c].
    """

    image: Tensor
    segmentation: Tensor | None
    coarse: Tensor
    depths: Tensor

    @property
    def labels(self) -> Tensor:
        """int64 [B,S,S], the class of each pixel."""
        assert self.segmentation is not None
        return self.segmentation.argmax(1)


class SemanticStyleGAN(nn.Module):
    """The generator, its parameters named as in the released checkpoint."""

    def __init__(self, config: SemanticStyleGANConfig) -> None:
        super().__init__()
        self.config = config
        length = config.style_dim
        self.style = nn.Sequential(
            _PixelNorm(),
            *(
                EqualisedLinear(length, length, active=True, rate=MAPPING_RATE)
                for _ in range(config.n_mlp)
            ),
        )
        self.pos_embed = PositionEmbedding(config)
        self.local_nets = nn.ModuleList(
            LocalGenerator(config, background=k == 0) for k in range(config.seg_dim)
        )
        self.render_net = RenderNet(config)

    def forward(
        self,
        codes: Tensor,
        *,
        noise: Sequence[Tensor] | None = None,
        only: Tensor | None = None,
        segment: bool = True,
    ) -> Synthesis:
        """Images of codes.

        Args:
            codes: [B,D], [B,rows,D] or expanded, in W (see `latents.expand`).
            noise: the renderer's noise maps; the stored ones where None.
            only: composition mask over classes, [K] or [B,K,c,c].
            segment: False leaves the full-size segmentation out.
        """
        styles = expand(self.config, codes)
        place = self.pos_embed()
        made = [net(place, styles[:, k]) for k, net in enumerate(self.local_nets)]
        depths = torch.cat([depth for _, depth in made], dim=2)
        if only is not None and only.dim() == 4:
            only = only.flatten(2).transpose(1, 2)
        shares, weights = compose(depths, self.config.transparent_dims, only)
        feature = self._map(fuse(self.local_nets, [pixels for pixels, _ in made], weights))
        coarse = self._map(2 * shares - 1)
        image, segmentation = self.render_net(feature, coarse, noise=noise, segment=segment)
        return Synthesis(image, segmentation, coarse, self._map(depths))

    def mean_code(self, generator: Generator, count: int = 10_000) -> Tensor:
        """The mean of the mapping over normal z of a CPU generator, [D]."""
        (parameter, *_) = self.style.parameters()
        z = torch.randn(count, self.config.style_dim, generator=generator)
        mean: Tensor = self.style(z.to(parameter)).mean(0)
        return mean

    def _map(self, pixels: Tensor) -> Tensor:
        """[B,N,C] -> [B,C,c,c]; in memory it stays pixel by pixel, which is channels last."""
        side = self.config.coarse_size
        return torch.unflatten(pixels, 1, (side, side)).permute(0, 3, 1, 2)


class _PixelNorm(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
