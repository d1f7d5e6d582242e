"""3x3 convolutions of wide, small maps by fewer products (Winograd's F(2x2, 3x3)).

Four neighbouring outputs of a 3x3 convolution take 36 products of channels; on sums of inputs and sums
of weights they take 16 (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016,
section 4.1). What is left is one matrix product for each of the 16 places. Weights are transformed
once for a network, which takes 16/9 of their memory (in float64, which is for checks, each time anew); the
result is the convolution's own up to rounding.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.label_map import dense

__all__ = ["conv3x3", "convs3x3"]

_NARROWEST = 128
"""Channels below which the sums cost more than the products that they save."""

_WIDEST_MAP = 66 * 66
"""Pixels, with the padding, above which the sums no longer stay in the cache."""

_KERNEL = ((1.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.0, 0.0, 1.0))
_Known = tuple[tuple[object, ...], Tensor]
_transformed: weakref.WeakKeyDictionary[nn.Conv2d, _Known] = weakref.WeakKeyDictionary()


def conv3x3(x: Tensor, layer: nn.Conv2d) -> Tensor:
    """A 3x3 convolution with the layer's padding of zeros: [B,C,H,W] -> [B,C',H',W'].

    In fewer products on a CPU where no gradient is wanted, the map is small and wide, its sides are
    even, and the layer has a plain weight and no stride; elsewhere, and inside `dense_label_maps`,
    as it is written.
    """
    return convs3x3(x, [layer])[0]


def convs3x3(x: Tensor, layers: Sequence[nn.Conv2d]) -> list[Tensor]:
    """Parallel convolutions of one form, each as `conv3x3`; they share the sums of inputs."""
    pad = int(layers[0].padding[0])
    if not all(_pays(x, layer, pad) for layer in layers):
        return [layer(x) for layer in layers]
    x = F.pad(x, (pad, pad, pad, pad)) if pad else x
    batch, _, height, width = x.shape
    down, across = height // 2 - 1, width // 2 - 1
    sums = _input_sums(x, down, across)  # (16, B * tiles, C)
    found = []
    for layer in layers:
        products = torch.bmm(sums, _weight_sums(layer))  # (16, B * tiles, C')
        out = _output_sums(products).reshape(batch, down, across, 2, 2, layer.out_channels)
        if layer.bias is not None:
            out += layer.bias
        rows = out.permute(0, 1, 3, 2, 4, 5).reshape(batch, 2 * down, 2 * across, -1)
        found.append(rows.permute(0, 3, 1, 2))
    return found


def _pays(x: Tensor, layer: nn.Conv2d, pad: int) -> bool:
    height, width = (side + 2 * pad for side in x.shape[-2:])
    exact = x.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
    small = height % 2 == 0 and width % 2 == 0 and height * width <= _WIDEST_MAP
    wide = min(layer.in_channels, layer.out_channels) >= _NARROWEST
    # A spectral norm in training form makes the weight in the layer's own forward.
    plain = layer.stride == (1, 1) and isinstance(layer.weight, nn.Parameter)
    return exact and small and wide and plain and not torch.is_grad_enabled() and not dense()


def _weight_sums(layer: nn.Conv2d) -> Tensor:
    """G w G^T of every pair of channels: [16, C, C'], made once for the weights that a layer has."""
    weight = layer.weight
    version = 0 if weight.is_inference() else weight._version
    state = (weight.data_ptr(), version, weight.dtype)
    known = _transformed.get(layer)
    if known is not None and known[0] == state:
        return known[1]
    kernel = torch.tensor(_KERNEL, dtype=weight.dtype)
    sums = torch.einsum("ia,ocab,jb->ijco", kernel, weight.detach(), kernel)
    made = sums.reshape(16, layer.in_channels, layer.out_channels).contiguous()
    if weight.dtype == torch.float32:
        _transformed[layer] = (state, made)
    return made


def _input_sums(x: Tensor, down: int, across: int) -> Tensor:
    """B^T d B of every 4x4 tile, two pixels apart: [16, B * tiles, C]."""
    rows = x.permute(0, 2, 3, 1)  # (B, H, W, C), contiguous where x is channels last
    a, b, c, d = (rows[:, i : i + 2 * down : 2] for i in range(4))
    vertical = (a - c, b + c, c - b, b - d)
    channels = x.shape[1]
    sums = x.new_empty(16, len(x), down, across, channels)
    for i, one in enumerate(vertical):
        a, b, c, d = (one[:, :, j : j + 2 * across : 2] for j in range(4))
        torch.sub(a, c, out=sums[4 * i])
        torch.add(b, c, out=sums[4 * i + 1])
        torch.sub(c, b, out=sums[4 * i + 2])
        torch.sub(b, d, out=sums[4 * i + 3])
    return sums.reshape(16, -1, channels)


def _output_sums(products: Tensor) -> Tensor:
    """A^T m A of every tile: [tiles, 2, 2, C']."""
    m = products.reshape(4, 4, *products.shape[1:])
    upper, lower = m[0] + m[1] + m[2], m[1] - m[2] - m[3]  # (4, tiles, C') each
    out = products.new_empty(products.shape[1], 2, 2, products.shape[2])
    for i, one in enumerate((upper, lower)):
        torch.add(one[0] + one[1], one[2], out=out[:, i, 0])
        torch.sub(one[1] - one[2], one[3], out=out[:, i, 1])
    return out
