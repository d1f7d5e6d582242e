"""A network's first convolution of a label map: k x k, with reflection or zero padding.

Inside a region the window of a pixel holds one symbol, and the convolution is one row of a table. Around
borders it is the sum of k*k rows, one for each place of the window. Both equal the dense convolution
up to the order of sums, and take a small part of its products (`baselines.layers.label_conv`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.label_map import SymbolMap, fixed_sizes

__all__ = ["halve_labels", "looked_up_conv", "reflected_conv", "strided_conv"]

_BLOCK = 8192
"""Windows that are looked up at once: their indices stay in the cache."""


def reflected_conv(labels: SymbolMap, layer: nn.Conv2d, beside: Tensor | None = None) -> Tensor:
    """The convolution of concat[label map, beside], reflected at the image's border.

    Args:
        labels: C channels of [B,C,H,W].
        layer: k x k without padding of its own, k odd; its first C input channels are the labels'.
        beside: the other channels, [B,D,H,W], or None.

    Returns:
        [B,C',H,W], channels last in memory where tables were used.
    """
    reach = layer.kernel_size[0] // 2
    if not labels.tabulated:
        whole = labels.dense().to(layer.weight.dtype)
        whole = whole if beside is None else torch.cat([whole, beside], dim=1)
        convolved: Tensor = layer(_reflected(whole, reach))
        return convolved
    channels = labels.columns.shape[1]
    padded = _reflected(labels.symbols[:, None].double(), reach)  # exact up to 2**53
    weight = layer.weight[:, :channels]
    out = _looked_up(padded, labels.columns, weight, layer.bias, 1)
    if beside is not None:
        out += F.conv2d(_reflected(beside, reach), layer.weight[:, channels:])
    return out


def strided_conv(labels: SymbolMap, layer: nn.Conv2d) -> Tensor:
    """The layer's convolution of a label map, k x k, with its stride and k//2 zeros around.

    Returns:
        [B,C',H/stride,W/stride], channels last in memory where tables were used.
    """
    if not labels.tabulated:
        convolved: Tensor = layer(labels.dense().to(layer.weight.dtype))
        return convolved
    return looked_up_conv(labels, layer.weight, layer.bias, layer.stride[0])


def looked_up_conv(
    labels: SymbolMap, weight: Tensor, bias: Tensor | None = None, stride: int = 1
) -> Tensor:
    """The convolution of a label map with a weight [C',C,k,k], k//2 zeros around, out of tables.

    For a map that is `tabulated` and a part of a layer's weight; else as `strided_conv`.
    """
    reach, outside = weight.shape[2] // 2, len(labels.columns)
    padded = F.pad(labels.symbols[:, None].double(), (reach,) * 4, value=outside)
    columns = F.pad(labels.columns, (0, 0, 0, 1))
    return _looked_up(padded, columns, weight, bias, stride)


def halve_labels(labels: SymbolMap) -> SymbolMap:
    """Average pooling 3x3, stride 2, of a label map of even sides; padding does not count.

    A pooled pixel depends on its 3x3 neighbourhood alone, so that the result has few distinct columns
    too: one for each neighbourhood. On an accelerator every pixel has a column of its own.
    """
    if fixed_sizes(labels.symbols.device):
        pooled = F.avg_pool2d(labels.dense(), 3, 2, padding=1, count_include_pad=False)
        batch, channels, height, width = pooled.shape
        rows = pooled.permute(0, 2, 3, 1).reshape(-1, channels)
        places = torch.arange(len(rows), device=rows.device)
        return SymbolMap(places.view(batch, height, width), rows)
    near = labels.near
    padded = F.pad(labels.columns, (0, 0, 0, 1))  # outside the image: zeros
    inside = (near.neighbours < len(labels.columns)).sum(1, keepdim=True)
    kept, symbols = torch.unique(near.ids[:, ::2, ::2], return_inverse=True)
    sums = padded[near.neighbours[kept]].sum(1)
    return SymbolMap(symbols, sums / inside[kept])


def _reflected(x: Tensor, reach: int) -> Tensor:
    return F.pad(x, (reach, reach, reach, reach), mode="reflect")


def _looked_up(
    padded: Tensor, columns: Tensor, weight: Tensor, bias: Tensor | None, stride: int
) -> Tensor:
    """The convolution of padded symbols [B,1,H,W] whose columns are [S,C]."""
    rows, size = columns.to(weight.dtype), weight.shape[2]
    places = weight.permute(2, 3, 1, 0).flatten(0, 1)  # (k*k, C, C')
    with torch.autocast(rows.device.type, enabled=False):
        products = torch.matmul(rows, places)  # (k*k, S, C')
    shift = 0 if bias is None else bias
    symbols = padded.long()
    reach = size // 2
    middle = symbols[:, 0, reach : -reach or None : stride, reach : -reach or None : stride]
    out = F.embedding(middle, products.sum(0) + shift)  # (B, H, W, C')
    borders, windows = _mixed_windows(padded, size, stride)
    offset = len(rows) * torch.arange(size * size, device=windows.device)
    table, target = products.flatten(0, 1), out.view(-1, out.shape[3])
    for start in range(0, len(borders), _BLOCK):
        block = slice(start, start + _BLOCK)
        indices = symbols.reshape(-1)[windows[block]] + offset
        target[borders[block]] = F.embedding_bag(indices, table, mode="sum") + shift
    return out.permute(0, 3, 1, 2)


def _mixed_windows(padded: Tensor, size: int, stride: int) -> tuple[Tensor, Tensor]:
    """Which outputs' windows hold several symbols, int64 [n], and where these lie, [n, k*k]."""
    mixed = _window_max(padded, size, stride) != -_window_max(-padded, size, stride)
    borders = mixed.reshape(-1).nonzero()[:, 0]
    height, width = mixed.shape[-2:]
    rows, columns = padded.shape[-2:]
    item, pixel = borders // (height * width), borders % (height * width)
    corner = pixel // width * (stride * columns) + pixel % width * stride
    step = torch.arange(size, device=padded.device)
    window = (step[:, None] * columns + step).reshape(-1)
    return borders, (item * (rows * columns) + corner)[:, None] + window


def _window_max(x: Tensor, size: int, stride: int) -> Tensor:
    rows = F.max_pool2d(x, (1, size), (1, stride))
    return F.max_pool2d(rows, (size, 1), (stride, 1))
