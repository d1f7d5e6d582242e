"""Region-adaptive normalisation: SEAN's, called ACE in the released code.

Each region of the label map has a style code of its own. A layer maps the codes to vectors, spreads
them over their regions and convolves that map to a gamma and a beta; SPADE gives another pair
from the label map; two learned numbers blend the pairs. One Gaussian map an image, scaled per
channel, is added before the normalisation, at test time too (docs/protocol/generation.md, C.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.label_conv import (
    conv_as_one,
    joint_conv,
    joint_layer,
    joint_maps,
    lookup_conv,
    table_conv,
)
from baselines.layers.label_map import SymbolMap, fixed_sizes
from baselines.layers.layout import Joining, joined
from baselines.layers.modulated_norm import ModulatedNorm, modulated
from baselines.layers.modulation import modulated_in_training
from baselines.layers.pointwise import SLOPE, rectify
from baselines.layers.spade import (
    SPADE,
    batch_norm_line,
    batch_norm_statistics,
    fuses_batch_norm,
    scale_and_shift,
)

__all__ = ["RegionAdaptiveNorm", "StyledRegions"]


@dataclass(frozen=True, eq=False)
class StyledRegions:
    """What conditions a SEAN layer: regions, their style codes, and its noise.

    Attributes:
        labels: int64 [B,H,W] in 0..classes-1, -1 = no region (zero labels, zero style).
        map: the one-hot labels; symbol b*(classes+1) + label, so that two images share none.
        codes: float [B, classes, E*D], the style codes of each class, one an encoder side by side.
        noises: the normals [B,1,h,w] of each layer, in the order in which layers ask; None = drawn
            afresh (training).
    """

    labels: Tensor
    map: SymbolMap
    codes: Tensor
    noises: Iterator[Tensor] | None = None

    @classmethod
    def of(cls, labels: Tensor, codes: Tensor) -> StyledRegions:
        """Regions of a label map [B,H,W] with codes [B,classes,E*D]."""
        batch, classes = codes.shape[:2]
        plain = SymbolMap.of_labels(labels, classes, codes.dtype)
        offset = (classes + 1) * torch.arange(batch, device=labels.device).reshape(-1, 1, 1)
        map = SymbolMap(plain.symbols + offset, plain.columns.repeat(batch, 1))
        return cls(labels, map, codes)

    def present(self) -> list[int]:
        """The classes that stand anywhere in the batch."""
        return [int(label) for label in torch.unique(self.labels) if label >= 0]

    def spread(self) -> SymbolMap:
        """One-hot labels and each region's code, [B,classes+E*D,H,W]: what SPADE++ reads."""
        codes = F.pad(self.codes, (0, 0, 0, 1)).flatten(0, 1)  # void has no style
        return SymbolMap(self.map.symbols, torch.cat([self.map.columns, codes], dim=1))

    def noise(self, x: Tensor) -> Tensor:
        """Normals [B,1,H,W] of the size of x; others at each call, each image its own."""
        if self.noises is None:
            return torch.randn(len(x), 1, *x.shape[-2:], dtype=x.dtype, device=x.device)
        return next(self.noises).to(x)


class RegionAdaptiveNorm(Joining):
    """norm(x + noise) * (1 + gamma) + beta, gamma and beta blended from style and labels.

    Args:
        channels: C of the features.
        classes: how many style codes and one-hot channels.
        style_length: D of a code.
        hidden: width inside SPADE.
        styled: False = labels only, unblended (the last block, up_3).
        noise: False = none is added (an ablation).
        encoder: whose code it reads, of those that lie side by side.
    """

    def __init__(
        self,
        channels: int,
        classes: int,
        style_length: int,
        hidden: int,
        *,
        styled: bool = True,
        noise: bool = True,
        encoder: int = 0,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.styled = styled
        self.code = slice(encoder * style_length, (encoder + 1) * style_length)
        self.blending_gamma = nn.Parameter(torch.zeros(1))
        self.blending_beta = nn.Parameter(torch.zeros(1))
        self.noise_var = nn.Parameter(torch.zeros(channels)) if noise else None
        self.Spade = SPADE(channels, classes, hidden)
        self.param_free_norm = nn.BatchNorm2d(channels, affine=False)
        if styled:
            for label in range(classes):
                self.add_module(f"fc_mu{label}", nn.Linear(style_length, style_length))
            self.conv_gamma = nn.Conv2d(style_length, channels, 3, padding=1)
            self.conv_beta = nn.Conv2d(style_length, channels, 3, padding=1)

    @property
    def together(self) -> tuple[tuple[nn.Module, ...], ...]:
        """Gamma's convolution and beta's, and the layers of the codes."""
        if not self.styled:
            return ()
        return (self.conv_gamma, self.conv_beta), self._linears

    def forward(self, x: Tensor, regions: StyledRegions, rectified: bool = False) -> Tensor:
        """[B,C,H,W] normalised, modulated and, where `rectified`, under the LeakyReLU."""
        here = regions.map.resize(x.shape[-2:])
        slope = SLOPE if rectified else 1
        if fuses_batch_norm(self.param_free_norm, x, here):
            return self._fused(x, here, regions, slope)
        if torch.is_grad_enabled():
            normal = self.param_free_norm(self._noisy(x, regions))
            return modulated_in_training(normal, self._dense_maps(here, regions), slope=slope)
        if self.training or not here.tabulated:
            normal = self.param_free_norm(self._noisy(x, regions))
            out = scale_and_shift(normal, *self._maps(here, regions))
        else:
            gamma, beta = self._table(here, regions)
            scale, shift = batch_norm_line(self.param_free_norm)
            noisy = self._noisy(x, regions)
            out = here.far.modulate(noisy, scale * (1 + gamma), shift * (1 + gamma) + beta)
        return rectify(out) if rectified else out

    def _fused(self, x: Tensor, here: SymbolMap, regions: StyledRegions, slope: float) -> Tensor:
        """The same in one pass: both pairs are blended by their weights, before they are maps."""
        noise = None
        if self.training:  # statistics are of what the noise makes of x
            x = self._noisy(x, regions)
        elif self.noise_var is not None:
            noise = regions.noise(x)
        statistics = batch_norm_statistics(self.param_free_norm, x)
        if self.styled:
            own = self._shares(x.shape[1])
            style, style_bias = self._style_maps(here, regions, own)
            maps, bias = self.Spade.joint(here, 1 - own)
            bias = bias + style_bias
        else:
            style = None
            maps, bias = self.Spade.joint(here)
        return modulated(
            ModulatedNorm(
                x,
                *statistics,
                maps,
                bias,
                more=style,
                noise=noise,
                noise_scale=None if noise is None else self.noise_var,
                slope=slope,
            )
        )

    def _style_maps(
        self, here: SymbolMap, regions: StyledRegions, own: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Gamma before beta of the style, times what it counts, and their biases: see `joint_maps`."""
        layers = [self.conv_gamma, self.conv_beta]
        if self.training:
            return joint_maps(self._spread(here, regions), layers, own)
        weight, bias = joint_layer(layers)
        vectors = here.recoloured(self.style_vectors(regions))
        return lookup_conv(vectors, weight * own.view(-1, 1, 1, 1)), bias * own

    def _noisy(self, x: Tensor, regions: StyledRegions) -> Tensor:
        if self.noise_var is None:
            return x
        return torch.addcmul(x, regions.noise(x), self.noise_var.reshape(-1, 1, 1))

    def _maps(self, here: SymbolMap, regions: StyledRegions) -> tuple[Tensor, Tensor]:
        gamma, beta = self.Spade.maps(here)
        if not self.styled:
            return gamma, beta
        layers = [self.conv_gamma, self.conv_beta]
        if here.form == "lookups" and not self.training:
            vectors = here.recoloured(self.style_vectors(regions))
            style_gamma, style_beta = lookup_conv(vectors, *joint_layer(layers)).chunk(2, dim=1)
        else:
            style_gamma, style_beta = joint_conv(self._spread(here, regions), layers)
        return self._blend(style_gamma, gamma, style_beta, beta)

    def _dense_maps(self, here: SymbolMap, regions: StyledRegions) -> Tensor:
        """Gamma before beta, [B,2C,H,W], as training makes them."""
        plain = self.Spade.dense_maps(here)
        if not self.styled:
            return plain
        style = conv_as_one(self._spread(here, regions), [self.conv_gamma, self.conv_beta])
        own = self._shares(plain.shape[1] // 2).to(plain)
        return torch.lerp(plain, style.to(plain), own.view(-1, 1, 1))

    def _shares(self, channels: int) -> Tensor:
        """[2C], what the style counts in a blend, of gamma's channels and of beta's."""
        both = torch.cat([self.blending_gamma, self.blending_beta]).sigmoid()
        return both.repeat_interleave(channels, output_size=2 * channels)

    def _spread(self, here: SymbolMap, regions: StyledRegions) -> Tensor:
        """The style vectors at their pixels, [B,D,H,W]."""
        return SymbolMap(here.symbols, self.style_vectors(regions)).dense()

    def _table(self, here: SymbolMap, regions: StyledRegions) -> tuple[Tensor, Tensor]:
        gamma, beta = self.Spade.table(here)
        if not self.styled:
            return gamma, beta
        weight, bias = joint_layer([self.conv_gamma, self.conv_beta])
        near = table_conv(self.style_vectors(regions), weight, here.near.neighbours) + bias
        # One convolution sees 3x3, SPADE's two see 5x5: take the style at the middle of each 5x5.
        style_gamma, style_beta = near[here.far.neighbours[:, 4]].chunk(2, dim=1)
        return self._blend(style_gamma, gamma, style_beta, beta)

    def style_vectors(self, regions: StyledRegions) -> Tensor:
        """ReLU(Linear_j(code)) of each image's class j, [B*(classes+1), D]; the rest is zero."""
        codes = regions.codes[..., self.code]
        batch, classes, length = codes.shape
        if fixed_sizes(codes.device):  # which classes stand there is not asked
            weight = joined([layer.get_parameter("weight") for layer in self._linears])
            bias = joined([layer.get_parameter("bias") for layer in self._linears])
            weight, bias = weight.view(classes, length, length), bias.view(classes, length, 1)
            products = torch.baddbmm(bias, weight, codes.permute(1, 2, 0))
            every = F.pad(F.relu(products), (0, 0, 0, 0, 0, 1))  # (classes + 1, D, B)
            return every.permute(2, 0, 1).reshape(-1, length)
        vectors = codes.new_zeros(classes + 1, batch, length)
        rows = list(vectors.unbind(0))
        for label in regions.present():
            linear = self.get_submodule(f"fc_mu{label}")
            rows[label] = F.relu(linear(codes[:, label]))
        return torch.stack(rows, dim=1).reshape(-1, length)

    @property
    def _linears(self) -> tuple[nn.Module, ...]:
        """For each class the layer of its codes."""
        return tuple(self.get_submodule(f"fc_mu{label}") for label in range(self.classes))

    def _blend(
        self, style_gamma: Tensor, gamma: Tensor, style_beta: Tensor, beta: Tensor
    ) -> tuple[Tensor, Tensor]:
        return (
            _blended(gamma, style_gamma, self.blending_gamma),
            _blended(beta, style_beta, self.blending_beta),
        )


def _blended(plain: Tensor, style: Tensor, blending: Tensor) -> Tensor:
    # In mixed precision tables and convolutions come in different types.
    return torch.lerp(plain, style.to(plain), torch.sigmoid(blending).to(plain))
