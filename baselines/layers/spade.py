"""Spatially-adaptive normalisation and the residual block around it.

Shared by SPADE, SESAME and, with another normalisation, SEAN (docs/protocol/generation.md, 0).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from baselines.layers.fused import fuses
from baselines.layers.instance_norm import EPSILON, image_statistics, instance_norm
from baselines.layers.label_conv import (
    conv_as_one,
    two_layer_conv,
    two_layer_maps,
    two_layer_table,
)
from baselines.layers.label_map import SymbolMap, fixed_sizes
from baselines.layers.layout import Joining
from baselines.layers.modulated_norm import ModulatedNorm, modulated
from baselines.layers.modulation import modulated_in_training
from baselines.layers.pointwise import SLOPE, rectify
from baselines.layers.spectral import spectral

__all__ = [
    "InstanceSPADE",
    "LabelModulation",
    "ModulatedResBlock",
    "SPADE",
    "SPADEResBlock",
    "batch_norm_line",
    "batch_norm_statistics",
    "fuses_batch_norm",
    "scale_and_shift",
]


class LabelModulation(Joining):
    """Gamma and beta out of a label map, by two 3x3 convolutions.

    Args:
        channels: C of the features that they modulate.
        label_channels: C of the label map.
        hidden: width between the two convolutions.
    """

    def __init__(self, channels: int, label_channels: int, hidden: int = 128) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(label_channels, hidden, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(hidden, channels, 3, padding=1)
        self.mlp_beta = nn.Conv2d(hidden, channels, 3, padding=1)

    def maps(self, labels: SymbolMap) -> tuple[Tensor, Tensor]:
        """Gamma and beta, each [B,C,H,W], at the map's own size."""
        gamma, beta = two_layer_conv(labels, self.first, [self.mlp_gamma, self.mlp_beta])
        return gamma, beta

    def dense_maps(self, labels: SymbolMap) -> Tensor:
        """Gamma before beta, [B,2C,H,W], as training makes them."""
        return conv_as_one(self.mlp_shared(labels.dense()), [self.mlp_gamma, self.mlp_beta])

    def joint(self, labels: SymbolMap, share: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Gamma before beta without their biases [B,2C,H,W], and these biases [2C].

        `share` [2C] is what they count in a blend.
        """
        return two_layer_maps(labels, self.first, [self.mlp_gamma, self.mlp_beta], share)

    def table(self, labels: SymbolMap) -> tuple[Tensor, Tensor]:
        """Gamma and beta, each [m,C], for every neighbourhood of `labels.far`."""
        joint = two_layer_table(labels, self.first, [self.mlp_gamma, self.mlp_beta])
        gamma, beta = joint.chunk(2, dim=1)
        return gamma, beta

    @property
    def together(self) -> tuple[tuple[nn.Conv2d, ...], ...]:
        """Gamma's convolution and beta's."""
        return ((self.mlp_gamma, self.mlp_beta),)

    @property
    def first(self) -> nn.Conv2d:
        """The shared convolution."""
        layer = self.mlp_shared[0]
        assert isinstance(layer, nn.Conv2d)
        return layer


class SPADE(LabelModulation):
    """Batch norm whose scale and shift come from the label map: norm(x)*(1+gamma)+beta.

    Args:
        channels: C of the features.
        label_channels: C of the label map.
        hidden: width between the two convolutions.
    """

    def __init__(self, channels: int, label_channels: int, hidden: int = 128) -> None:
        super().__init__(channels, label_channels, hidden)
        self.param_free_norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, x: Tensor, labels: SymbolMap, rectified: bool = False) -> Tensor:
        """[B,C,H,W] normalised, modulated and, where `rectified`, under the LeakyReLU.

        `labels` may have any size.
        """
        here, slope = labels.resize(x.shape[-2:]), SLOPE if rectified else 1
        if fuses_batch_norm(self.param_free_norm, x, here):
            statistics = batch_norm_statistics(self.param_free_norm, x)
            return modulated(ModulatedNorm(x, *statistics, *self.joint(here), slope=slope))
        if torch.is_grad_enabled():
            normal = self.param_free_norm(x)
            return modulated_in_training(normal, self.dense_maps(here), slope=slope)
        if self.training or not here.tabulated:
            gamma, beta = self.maps(here)
            out = scale_and_shift(self.param_free_norm(x), gamma, beta)
        else:
            gamma, beta = self.table(here)
            scale, shift = batch_norm_line(self.param_free_norm)
            out = here.far.modulate(x, scale * (1 + gamma), shift * (1 + gamma) + beta)
        return rectify(out) if rectified else out


class InstanceSPADE(LabelModulation):
    """SPADE with an instance norm (SIEDOB): norm(x)*(1+gamma)+beta."""

    def forward(self, x: Tensor, labels: SymbolMap) -> Tensor:
        """[B,C,H,W] normalised and modulated; `labels` may have any size."""
        here = labels.resize(x.shape[-2:])
        if (torch.is_grad_enabled() or here.form == "lookups") and fuses(x):
            return modulated(ModulatedNorm(x, *image_statistics(x), EPSILON, *self.joint(here)))
        normal = instance_norm(x)
        if torch.is_grad_enabled():
            return modulated_in_training(normal, self.dense_maps(here), slope=1)
        if self.training or not here.tabulated:
            gamma, beta = self.maps(here)
            return scale_and_shift(normal, gamma, beta)
        gamma, beta = self.table(here)
        return here.far.modulate(normal, 1 + gamma, beta)


class ModulatedResBlock(nn.Module):
    """The residual block of SPADE around any conditional normalisation.

    norm -> LeakyReLU -> conv3x3, twice; where the widths differ the shortcut is norm -> conv1x1,
    without an activation. [B,inputs,H,W] -> [B,outputs,H,W].

    Args:
        inputs, outputs: channels.
        norm: makes the normalisation of C channels; called as norm(x, condition, rectified), where
            `rectified` says whether the LeakyReLU follows.
        name: what the published parameters call the normalisations ("norm", "ace").
        dilation: of the two 3x3 convolutions (SESAME's core).
        spectral_norm: training form of the three convolutions.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        norm: Callable[[int], nn.Module],
        *,
        name: str = "norm",
        dilation: int = 1,
        spectral_norm: bool = True,
    ) -> None:
        super().__init__()
        middle = min(inputs, outputs)
        self.name = name
        self.learned_shortcut = inputs != outputs

        def conv(fan_in: int, fan_out: int) -> nn.Conv2d:
            layer = nn.Conv2d(fan_in, fan_out, 3, padding=dilation, dilation=dilation)
            return spectral(layer, spectral_norm)

        self.conv_0 = conv(inputs, middle)
        self.conv_1 = conv(middle, outputs)
        self.add_module(f"{name}_0", norm(inputs))
        self.add_module(f"{name}_1", norm(middle))
        if self.learned_shortcut:
            self.conv_s = spectral(nn.Conv2d(inputs, outputs, 1, bias=False), spectral_norm)
            self.add_module(f"{name}_s", norm(inputs))

    def forward(self, x: Tensor, condition: object) -> Tensor:
        """The block's output under `condition`, whatever its normalisation reads."""
        shortcut = x
        if self.learned_shortcut:
            shortcut = self.conv_s(self._norm("s")(x, condition))
        y = self.conv_0(self._norm("0")(x, condition, rectified=True))
        y = self.conv_1(self._norm("1")(y, condition, rectified=True))
        out: Tensor = shortcut + y
        return out

    def _norm(self, place: str) -> nn.Module:
        return self.get_submodule(f"{self.name}_{place}")


class SPADEResBlock(ModulatedResBlock):
    """`ModulatedResBlock` with SPADE normalisation."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        label_channels: int,
        hidden: int = 128,
        *,
        dilation: int = 1,
        spectral_norm: bool = True,
    ) -> None:
        super().__init__(
            inputs,
            outputs,
            lambda channels: SPADE(channels, label_channels, hidden),
            dilation=dilation,
            spectral_norm=spectral_norm,
        )


def scale_and_shift(normal: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """Normalised features under gamma and beta, normal * (1 + gamma) + beta: [B,C,H,W].

    For where no gradient is wanted. On an accelerator the result takes the place of `normal` and `gamma` is
    overwritten: the widest maps of a network are three instead of five.
    """
    alike = normal.dtype == gamma.dtype == beta.dtype
    if not fixed_sizes(normal.device) or not alike:
        return torch.addcmul(beta, normal, 1 + gamma)
    return torch.addcmul(beta, normal, gamma.add_(1), out=normal)


def fuses_batch_norm(norm: nn.Module, x: Tensor, labels: SymbolMap) -> bool:
    """Whether a batch norm and its modulation are left to the kernels of `fused`.

    Not where several processes share statistics, nor where a gradient passes running ones by.
    """
    if norm.training:
        return isinstance(norm, nn.BatchNorm2d) and fuses(x)
    return labels.form == "lookups" and fuses(x)


@torch.no_grad()
def batch_norm_statistics(norm: nn.BatchNorm2d, x: Tensor) -> tuple[Tensor, Tensor, float]:
    """Mean and variance [C] by which a batch norm normalises `x`, and what it adds to the variance.

    In training they are those of `x` [B,C,H,W], and move the running ones as the layer itself does.
    """
    if not norm.training:
        return *_running(norm), norm.eps
    assert norm.momentum is not None
    assert norm.num_batches_tracked is not None
    norm.num_batches_tracked.add_(1)
    mean, variance = torch.batch_norm_update_stats(x, *_running(norm), norm.momentum)
    return mean, variance, norm.eps


def batch_norm_line(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Scale and shift [C] of a parameter-free batch norm in evaluation: norm(x) = scale*x+shift."""
    mean, variance = _running(norm)
    scale = (variance + norm.eps).rsqrt()
    return scale, -mean * scale


def _running(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return norm.running_mean, norm.running_var
