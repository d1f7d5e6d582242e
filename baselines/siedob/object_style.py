"""SIEDOB's style-diverse object generator: paints an object of which nothing is visible.

    code = network.encode(style_image, style_instance, kinds)      # [B,128], the wanted look
    objects = network.generate(instance, kinds, code)              # [B,3,64,64]

docs/protocol/rivals.md, A.4.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.gated_conv import ConvBlock
from baselines.layers.instance_norm import ExactInstanceNorm
from baselines.layers.label_map import SymbolMap
from baselines.layers.pointwise import rectify
from baselines.layers.spade import InstanceSPADE
from baselines.layers.winograd import conv3x3
from baselines.siedob.config import SIEDOBConfig
from baselines.siedob.inpainting import class_map

__all__ = ["ObjectStyle", "PaddedResBlock", "StyleEncoder", "StyleResBlock"]


class ObjectStyle(nn.Module):
    """The generator and its two style encoders.

    Args:
        config: widths and object classes.
    """

    def __init__(self, config: SIEDOBConfig) -> None:
        super().__init__()
        n, classes = config.style, config.class_channels
        self.classes = classes

        def styled(dim: int) -> StyleResBlock:
            return StyleResBlock(dim, classes, config.style_length, config.hidden)

        def encoder() -> StyleEncoder:
            return StyleEncoder(3 + classes, config.style_encoder, config.style_length)

        self.enc_style = encoder()
        self.init_conv = ConvBlock(classes, n, 7, pad=3, normed=True)
        self.enc1 = ConvBlock(n, 2 * n, 3, stride=2, pad=1, normed=True)
        self.enc2 = ConvBlock(2 * n, 4 * n, 3, stride=2, pad=1, normed=True)
        self.enc3 = ConvBlock(4 * n, 8 * n, 3, stride=2, pad=1, normed=True)
        self.resblk1 = PaddedResBlock(8 * n)
        self.resblk2 = PaddedResBlock(8 * n)
        self.resblk3 = PaddedResBlock(8 * n)
        self.resblk4 = PaddedResBlock(8 * n)
        self.spade1_1 = styled(8 * n)
        self.spade1_2 = styled(8 * n)
        self.conv1 = PaddedResBlock(8 * n, 4 * n)
        self.spade2_1 = styled(4 * n)
        self.spade2_2 = styled(4 * n)
        self.conv2 = PaddedResBlock(4 * n, 2 * n)
        self.spade3 = styled(2 * n)
        self.conv3 = PaddedResBlock(2 * n, n)
        self.conv_img = ConvBlock(n, 3, 3, pad=1, active=False)
        self.cycle_style = encoder()

    def forward(
        self, instance: Tensor, kinds: Tensor, style_image: Tensor, style_instance: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Objects in the style of others: [B,3,S,S], their codes and the codes read back, [B,D].

        Args:
            instance: bool [B,S,S], True on the object to paint.
            kinds: int64 [B], the class-map channel of each object, and of its style image.
            style_image: [B,3,S,S] in [-1,1], 0 outside its object.
            style_instance: bool [B,S,S], True on the object of the style image.
        """
        code = self.encode(style_image, style_instance, kinds)
        image = self.generate(instance, kinds, code)
        return image, code, self.read_back(image, instance, kinds)

    def encode(self, image: Tensor, instance: Tensor, kinds: Tensor) -> Tensor:
        """The style codes [B,D] of objects; arguments as the style image's of `forward`."""
        return self._read(self.enc_style, image, instance, kinds)

    def read_back(self, image: Tensor, instance: Tensor, kinds: Tensor) -> Tensor:
        """The codes [B,D] of painted objects, for the cycle loss alone."""
        return self._read(self.cycle_style, image * instance.unsqueeze(1), instance, kinds)

    def generate(self, instance: Tensor, kinds: Tensor, code: Tensor) -> Tensor:
        """Objects [B,3,S,S] in [-1,1] of shapes, classes and codes [B,D]."""
        labels = class_map(instance, kinds, self.classes, code.dtype)
        style = _constant(code, labels.size)
        x = self.init_conv(labels.dense())  # (B, n, S, S)
        x = self.enc3(self.enc2(self.enc1(x)))  # (B, 8n, S/8, S/8)
        x = self.resblk4(self.resblk3(self.resblk2(self.resblk1(x))))
        x = self.spade1_2(self.spade1_1(x, labels, style), labels, style)
        x = _double(self.conv1(x))  # (B, 4n, S/4, S/4)
        x = self.spade2_2(self.spade2_1(x, labels, style), labels, style)
        x = _double(self.conv2(x))  # (B, 2n, S/2, S/2)
        x = _double(self.conv3(self.spade3(x, labels, style)))  # (B, n, S, S)
        return torch.tanh(self.conv_img(rectify(x)))

    def _read(self, encoder: nn.Module, image: Tensor, instance: Tensor, kinds: Tensor) -> Tensor:
        labels = class_map(instance, kinds, self.classes, image.dtype)
        code: Tensor = encoder(torch.cat([image, labels.dense()], dim=1))
        return code


class StyleEncoder(nn.Module):
    """An object with its class map [B,inputs,S,S] -> its style code [B,D].

    Five strided convolutions with reflection padding, the mean over space, one linear layer.
    """

    def __init__(self, inputs: int, width: int, length: int) -> None:
        super().__init__()
        w = width

        def down(fan_in: int, fan_out: int) -> ConvBlock:
            return ConvBlock(fan_in, fan_out, 4, stride=2, pad=1, mode="reflect")

        self.model = nn.Sequential(
            ConvBlock(inputs, w, 7, pad=3, mode="reflect"),
            down(w, 2 * w),
            down(2 * w, 4 * w),
            down(4 * w, 4 * w),
            down(4 * w, 4 * w),
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(4 * w, length, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The code."""
        code: Tensor = self.model(x).flatten(1)
        return code


class PaddedResBlock(nn.Module):
    """Norm over the zero-padded map and a 3x3 convolution, twice, plus a shortcut.

    The frame of zeros counts in the norm's mean and variance, and is no longer zero after it.

    Args:
        dim: input channels.
        outputs: output channels, with a 1x1 convolution as shortcut; `dim` where None.
    """

    def __init__(self, dim: int, outputs: int | None = None) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ZeroPad2d(1),
            ExactInstanceNorm(),
            nn.Conv2d(dim, dim, 3),
            nn.LeakyReLU(0.2),
            nn.ZeroPad2d(1),
            ExactInstanceNorm(),
            nn.Conv2d(dim, outputs or dim, 3),
        )
        self.shortcut = nn.Identity() if outputs is None else nn.Conv2d(dim, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B,dim,H,W] -> [B,outputs,H,W]; no activation after the sum."""
        y = x
        for layer in self.conv_block:
            y = conv3x3(y, layer) if isinstance(layer, nn.Conv2d) else layer(y)
        out: Tensor = self.shortcut(x) + y
        return out


class StyleResBlock(nn.Module):
    """x + two convolutions, the first normed by the class map, the second by the style code.

    Args:
        dim: channels.
        classes: of the class map.
        style: length of the code.
        hidden: width inside SPADE.
    """

    def __init__(self, dim: int, classes: int, style: int, hidden: int) -> None:
        super().__init__()
        self.conv_0 = nn.Conv2d(dim, dim, 3, padding=1)
        self.conv_1 = nn.Conv2d(dim, dim, 3, padding=1)
        self.norm_0 = InstanceSPADE(dim, classes, hidden)
        self.norm_1 = InstanceSPADE(dim, style, hidden)

    def forward(self, x: Tensor, labels: SymbolMap, style: SymbolMap) -> Tensor:
        """[B,dim,H,W] -> the same shape."""
        y = conv3x3(rectify(self.norm_0(x, labels)), self.conv_0)
        y = conv3x3(rectify(self.norm_1(y, style)), self.conv_1)
        out: Tensor = x + y
        return out


def _constant(code: Tensor, size: tuple[int, int]) -> SymbolMap:
    """Each code [B,D] as a constant map; zero padding makes its borders differ."""
    places = torch.arange(len(code), device=code.device).view(-1, 1, 1)
    return SymbolMap(places.expand(-1, *size).contiguous(), code)


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")
