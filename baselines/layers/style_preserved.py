"""Style-preserved modulation: the conditional block of SPMPGAN and DivSem.

A plain normalisation washes out the style of the known pixels. This one modulates the normalised
features twice over: a style branch reads the block's own, un-normalised input, a context branch
reads labels, edges and mask, and the context modulates the style's gamma and beta
(docs/protocol/editing.md, A.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.condition import Condition
from baselines.layers.fused import fuses
from baselines.layers.instance_norm import EPSILON, image_statistics, instance_norm
from baselines.layers.label_conv import (
    conv_as_one,
    joint_conv,
    joint_maps,
    two_layer_conv,
    two_layer_maps,
)
from baselines.layers.label_map import SymbolMap
from baselines.layers.layout import Joining
from baselines.layers.modulated_norm import ModulatedNorm, modulated
from baselines.layers.modulation import modulated_in_training
from baselines.layers.pointwise import SLOPE, compilable, rectify
from baselines.layers.spectral import spectral

__all__ = ["Modulation", "StylePreservedBlock", "UpBlock", "fuse", "modulate"]


@dataclass(frozen=True)
class Modulation:
    """How the blocks of a network modulate.

    Attributes:
        channels: of the condition: labels, edge and mask, after the style vector if there is one.
        hidden: width between a branch's two convolutions.
        style_branch: False = the context alone gives gamma and beta (SPMPGAN's `w SPADE`).
        normalise_style: True = the style branch reads the normalised input (`w norm`).
        styled: the condition holds the regions' style vectors (DivSem's decoder).
    """

    channels: int
    hidden: int = 64
    style_branch: bool = True
    normalise_style: bool = False
    styled: bool = False


def fuse(style: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """The context's modulation of a style parameter: style * (1 + gamma) + beta."""
    return (beta + style).addcmul_(style, gamma)


def modulate(normal: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """Normalised features under gamma and beta: normal * (1 + gamma) + beta."""
    return (beta + normal).addcmul_(normal, gamma)


class StylePreservedBlock(Joining):
    """3x3 convolution, instance norm, style-preserved modulation, LeakyReLU 0.2.

    [B,inputs,H,W] -> [B,outputs,H/stride,W/stride].

    Args:
        inputs, outputs: channels.
        modulation: the form of the two branches.
        stride: of the convolution, and of the style branch's first one.
        spectral_norm: normalise the main convolution's weight (decoder blocks, in training form).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        modulation: Modulation,
        *,
        stride: int = 1,
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        hidden = modulation.hidden
        self.modulation = modulation
        self.conv2d = spectral(nn.Conv2d(inputs, outputs, 3, stride, 1), spectral_norm)
        if modulation.style_branch:
            self.mlp_shared = nn.Sequential(nn.Conv2d(inputs, hidden, 3, stride, 1), nn.ReLU())
        self.mlp_shared_2 = nn.Sequential(
            nn.Conv2d(modulation.channels, hidden, 3, 1, 1), nn.ReLU()
        )
        self.mlp_gamma = nn.Conv2d(hidden, outputs, 3, 1, 1)
        self.mlp_beta = nn.Conv2d(hidden, outputs, 3, 1, 1)
        if modulation.style_branch:
            self.mlp_gamma_ctx_gamma = nn.Conv2d(hidden, outputs, 3, 1, 1)
            self.mlp_beta_ctx_gamma = nn.Conv2d(hidden, outputs, 3, 1, 1)
            self.mlp_gamma_ctx_beta = nn.Conv2d(hidden, outputs, 3, 1, 1)
            self.mlp_beta_ctx_beta = nn.Conv2d(hidden, outputs, 3, 1, 1)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """The block's output for features `x` under `condition`."""
        main = self.conv2d(x)
        labels = self._labels(condition, (main.shape[2], main.shape[3]), x.dtype)
        if (torch.is_grad_enabled() or labels.form == "lookups") and fuses(main):
            return self._fused(main, x, labels)
        if torch.is_grad_enabled():
            return self._in_training(main, x, labels)
        normal = instance_norm(main)
        context = two_layer_conv(labels, self._first, self._heads)
        if self.modulation.style_branch:
            style = joint_conv(self._style(x), [self.mlp_gamma, self.mlp_beta])
            return _style_preserved(normal, *style, *context)
        return _modulated(normal, *context)

    def _in_training(self, main: Tensor, x: Tensor, labels: SymbolMap) -> Tensor:
        context = conv_as_one(self.mlp_shared_2(labels.dense()), self._heads)
        style = None
        if self.modulation.style_branch:
            style = conv_as_one(self._style(x), [self.mlp_gamma, self.mlp_beta])
        # All maps of one layout: one that lies otherwise is read here and there at each of three uses.
        rows = context.is_contiguous(memory_format=torch.channels_last)
        layout = torch.channels_last if rows else torch.contiguous_format
        normal = instance_norm(main).contiguous(memory_format=layout)
        return modulated_in_training(normal, context, style)

    def _fused(self, main: Tensor, x: Tensor, labels: SymbolMap) -> Tensor:
        statistics = image_statistics(main)
        context, bias = two_layer_maps(labels, self._first, self._heads)
        if not self.modulation.style_branch:
            norm = ModulatedNorm(main, *statistics, EPSILON, context, bias, slope=SLOPE)
        else:
            style = joint_maps(self._style(x), [self.mlp_gamma, self.mlp_beta])
            norm = ModulatedNorm(
                main, *statistics, EPSILON, *style, more=context, more_bias=bias, slope=SLOPE
            )
        return modulated(norm)

    def _style(self, x: Tensor) -> Tensor:
        style: Tensor = self.mlp_shared(instance_norm(x) if self.modulation.normalise_style else x)
        return style

    def _labels(self, condition: Condition, size: tuple[int, int], dtype: torch.dtype) -> SymbolMap:
        read = condition.styled if self.modulation.styled else condition.plain
        return read(dtype).resize(size)

    @property
    def together(self) -> tuple[tuple[nn.Conv2d, ...], ...]:
        """The context's last convolutions, and the style's."""
        style = (self.mlp_gamma, self.mlp_beta) if self.modulation.style_branch else ()
        return (self._heads, style) if style else (self._heads,)

    @property
    def _first(self) -> nn.Conv2d:
        """The context branch's shared convolution."""
        first = self.mlp_shared_2[0]
        assert isinstance(first, nn.Conv2d)
        return first

    @property
    def _heads(self) -> tuple[nn.Conv2d, ...]:
        """The context branch's last convolutions, in the order of the formula."""
        if not self.modulation.style_branch:
            return (self.mlp_gamma, self.mlp_beta)
        return (
            self.mlp_gamma_ctx_gamma,
            self.mlp_beta_ctx_gamma,
            self.mlp_gamma_ctx_beta,
            self.mlp_beta_ctx_beta,
        )


@compilable
def _style_preserved(
    normal: Tensor,
    gamma: Tensor,
    beta: Tensor,
    gamma_gamma: Tensor,
    beta_gamma: Tensor,
    gamma_beta: Tensor,
    beta_beta: Tensor,
) -> Tensor:
    gamma = fuse(gamma, gamma_gamma, beta_gamma)
    return rectify(modulate(normal, gamma, fuse(beta, gamma_beta, beta_beta)))


@compilable
def _modulated(normal: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    return rectify(modulate(normal, gamma, beta))


class UpBlock(nn.Module):
    """Bilinear x2, the skip connection after it, then a style-preserved block.

    Args:
        inputs: channels of the feature from below and of the skip together.
        outputs: channels.
        modulation: the form of the block's branches.
        spectral_norm: as in `StylePreservedBlock`.
    """

    def __init__(
        self, inputs: int, outputs: int, modulation: Modulation, *, spectral_norm: bool
    ) -> None:
        super().__init__()
        # The published name; nothing in it is gated.
        self.gated_conv2d = StylePreservedBlock(
            inputs, outputs, modulation, spectral_norm=spectral_norm
        )

    def forward(self, x: Tensor, skip: Tensor | None, condition: Condition) -> Tensor:
        """[B,c,H,W] and a skip [B,s,2H,2W] or None -> [B,outputs,2H,2W]."""
        larger = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        # Autocast gives it in single precision on a GPU, and the skip would follow it.
        x = larger.to(x.dtype)
        if skip is not None:
            x = torch.cat([x, skip], dim=1)
        block: Tensor = self.gated_conv2d(x, condition)
        return block
