"""HIM's layout generator: from a box and a class to the labels inside it (docs/protocol/rivals.md, D.2).

context, objects = network(condition)
labels = resolve_layout(...)                        # baselines.him.boxes
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.him.config import HIMConfig
from baselines.layers.label_map import SymbolMap
from baselines.layers.residual import Norm, ReflectedResBlock, instance_norms
from baselines.layers.scaled_discriminator import ScaledDiscriminator
from baselines.layers.strided_pointwise import StridedPointwise
from baselines.layers.wide_label_conv import strided_conv

__all__ = ["LayoutGenerator", "layout_condition", "layout_discriminator"]


class LayoutGenerator(nn.Module):
    """Condition -> logits of the context [B,L,H,W] and of the object [B,1,H,W].

    One encoder, two decoders. Log-softmax makes of the first a distribution over labels, a sigmoid of
    the second where the object is. Parameters carry the names ENTRY.NAME of the nested checkpoint.
    Sides are multiples of 16.
    """

    def __init__(self, config: HIMConfig) -> None:
        super().__init__()
        self.config = config
        norm, corners = _norm(config), config.align_corners
        c, (a, b, deepest) = config.layout_width, config.layout_widths
        self.conv_encoder_0 = nn.Conv2d(2 * config.classes, c, 7, 2, 3)
        self.conv_encoder_1: nn.Module = norm(c)
        self.conv_encoder_2 = nn.ReLU()
        self.conv_encoder_3 = _Down(c, a, norm)
        self.conv_encoder_4 = _Down(a, b, norm)
        self.conv_encoder_5 = _Down(b, deepest, norm)
        dilated = [_Dilated(deepest, d, norm) for d in (2, 4)] if config.dilated else []
        early, late = config.layout_blocks // 2, config.layout_blocks - config.layout_blocks // 2
        self.latent_encoder = nn.Sequential(*dilated, *_residual(deepest, early, norm))
        self.ctx_latent_decoder = nn.Sequential(*_residual(deepest, late, norm))
        self.obj_latent_decoder = nn.Sequential(*_residual(deepest, late, norm))
        outputs = (b, a, c, c // 2)
        self._add_decoder("ctx", (deepest, 2 * b, 2 * a, 2 * c), outputs, norm, corners)
        self.ctx_conv_decoder_4 = nn.Conv2d(c // 2, config.classes, 3, 1, 1)
        self._add_decoder("obj", (deepest, b, a, c), outputs, norm, corners)
        self.obj_conv_decoder_4 = nn.Conv2d(c // 2, 1, 3, 1, 1)

    def forward(self, condition: SymbolMap) -> tuple[Tensor, Tensor]:
        """Logits of a condition of 2L channels (`layout_condition`)."""
        first = self.conv_encoder_1(strided_conv(condition, self.conv_encoder_0))
        first = self.conv_encoder_2(first)  # (B, c, H/2, W/2)
        second = self.conv_encoder_3(first)  # (B, 96, H/4, W/4)
        third = self.conv_encoder_4(second)  # (B, 128, H/8, W/8)
        x = self.latent_encoder(self.conv_encoder_5(third))  # (B, 256, H/16, W/16)
        context = self.ctx_latent_decoder(x)
        context = self.get_submodule("ctx_conv_decoder_0")(context)
        for n, skip in enumerate((third, second, first), 1):
            context = self.get_submodule(f"ctx_conv_decoder_{n}")(torch.cat([skip, context], 1))
        objects = self.obj_latent_decoder(x)
        for n in range(4):
            objects = self.get_submodule(f"obj_conv_decoder_{n}")(objects)
        return self.ctx_conv_decoder_4(context), self.obj_conv_decoder_4(objects)

    def _add_decoder(
        self,
        stream: str,
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        norm: Norm,
        corners: bool,
    ) -> None:
        for n, (wide, narrow) in enumerate(zip(inputs, outputs, strict=True)):
            self.add_module(f"{stream}_conv_decoder_{n}", _Up(wide, narrow, norm, corners))


def layout_condition(labels: Tensor, box: Tensor, classes: Tensor, count: int) -> SymbolMap:
    """What the layout generator sees: 2L channels, the object's condition, then the context.

    The first half is zero but for the box in the channel of the class, the second the one-hot labels
    with the box filled by the class. A background box is of class L-1.

    Args:
        labels: int64 [B,H,W], -1 = no class at all.
        box: bool [B,H,W].
        classes: int64 [B].
        count: L.
    """
    hot = torch.eye(count + 1, count, device=labels.device)  # the last row is zero
    outside = torch.cat([torch.zeros_like(hot), hot], dim=1)
    inside = torch.cat([hot, hot], dim=1)[:count]  # of symbols from L+1 on
    context = torch.where(labels < 0, count, labels)
    symbols = torch.where(box, count + 1 + classes.view(-1, 1, 1), context)
    return SymbolMap(symbols, torch.cat([outside, inside]))


def layout_discriminator(config: HIMConfig) -> ScaledDiscriminator:
    """Over concat[condition, object map], everything multiplied by the soft box.

    Published is the other order, which weights that are drawn do not tell apart.
    """
    inputs = 2 * config.classes + 1
    return ScaledDiscriminator(
        inputs, config.ndf, config.discriminator_layers, config.scales, _norm(config)
    )


class _Down(nn.Module):
    """Halves the size: strided 4x4 and 1x1 convolutions of relu(x), normalised and summed."""

    def __init__(self, inputs: int, outputs: int, norm: Norm) -> None:
        super().__init__()
        self.shortcut = nn.Sequential(StridedPointwise(inputs, outputs, 2), norm(outputs))
        self.deep = nn.Sequential(nn.Identity(), nn.Conv2d(inputs, outputs, 4, 2, 1), norm(outputs))

    def forward(self, x: Tensor) -> Tensor:
        # The published activation works in place, so that the shortcut sees it too (D.2).
        y = F.relu(x)
        out: Tensor = self.deep(y) + self.shortcut(y)
        return out


class _Up(nn.Module):
    """Doubles the size: a transposed 4x4 and a 1x1 convolution of relu(x), normalised and summed."""

    def __init__(self, inputs: int, outputs: int, norm: Norm, align_corners: bool) -> None:
        super().__init__()
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1), norm(outputs))
        up = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)
        self.deep = nn.Sequential(nn.Identity(), up, norm(outputs))
        self.align_corners = align_corners

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(x)
        near = F.interpolate(
            self.shortcut(y), scale_factor=2, mode="bilinear", align_corners=self.align_corners
        )
        out: Tensor = self.deep(y) + near
        return out


class _Dilated(nn.Module):
    """relu(x + norm(conv(relu(norm(conv(x)))))) with dilated 3x3 convolutions without bias."""

    def __init__(self, channels: int, dilation: int, norm: Norm) -> None:
        super().__init__()

        def conv() -> nn.Conv2d:
            return nn.Conv2d(channels, channels, 3, 1, dilation, dilation, bias=False)

        self.conv1, self.bn1 = conv(), norm(channels)
        self.conv2, self.bn2 = conv(), norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(x + self.bn2(self.conv2(y)))


def _residual(channels: int, count: int, norm: Norm) -> list[nn.Module]:
    return [ReflectedResBlock(channels, norm) for _ in range(count)]


def _norm(config: HIMConfig) -> Norm:
    return nn.BatchNorm2d if config.layout_norm == "batch" else instance_norms
