"""A network's first convolution of a label map: k x k, with reflection padding.

Inside a region the window of a pixel holds one symbol, and the convolution is one row of a table. Around
borders it is the sum of k*k rows, one for each place of the window. Both equal the dense convolution
up to the order of sums, and take a small part of its products (`baselines.layers.label_map`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.label_map import SymbolMap

__all__ = ["halve_labels", "reflected_conv"]

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
    out = _looked_up(labels, layer.weight[:, :channels], layer.bias, reach)
    if beside is not None:
        out += F.conv2d(_reflected(beside, reach), layer.weight[:, channels:])
    return out


def halve_labels(labels: SymbolMap) -> SymbolMap:
    """Average pooling 3x3, stride 2, of a label map of even sides; padding does not count.

    A pooled pixel depends on its 3x3 neighbourhood alone, so that the result has few distinct columns
    too: one for each neighbourhood.
    """
    near = labels.near
    padded = F.pad(labels.columns, (0, 0, 0, 1))  # outside the image: zeros
    inside = (near.neighbours < len(labels.columns)).sum(1, keepdim=True)
    kept, symbols = torch.unique(near.ids[:, ::2, ::2], return_inverse=True)
    sums = padded[near.neighbours[kept]].sum(1)
    return SymbolMap(symbols, sums / inside[kept])


def _reflected(x: Tensor, reach: int) -> Tensor:
    return F.pad(x, (reach, reach, reach, reach), mode="reflect")


def _looked_up(labels: SymbolMap, weight: Tensor, bias: Tensor | None, reach: int) -> Tensor:
    rows = labels.columns.to(weight.dtype)
    size, count = 2 * reach + 1, len(rows)
    places = weight.permute(2, 3, 1, 0).flatten(0, 1)  # (k*k, C, C')
    with torch.autocast(rows.device.type, enabled=False):
        products = torch.matmul(rows, places)  # (k*k, S, C')
    shift = 0 if bias is None else bias
    out = F.embedding(labels.symbols, products.sum(0) + shift)  # (B, H, W, C')
    borders, windows = _mixed_windows(labels.symbols, reach)
    offset = count * torch.arange(size * size, device=windows.device)
    table, target = products.flatten(0, 1), out.view(-1, out.shape[3])
    for start in range(0, len(borders), _BLOCK):
        block = slice(start, start + _BLOCK)
        sums = F.embedding_bag(windows[block] + offset, table, mode="sum")
        target[borders[block]] = sums + shift
    return out.permute(0, 3, 1, 2)


def _mixed_windows(symbols: Tensor, reach: int) -> tuple[Tensor, Tensor]:
    """The pixels whose window holds several symbols, int64 [n], and these windows, [n, k*k]."""
    height, width = symbols.shape[-2:]
    size = 2 * reach + 1
    padded = _reflected(symbols[:, None].double(), reach)  # exact up to 2**53
    mixed = _window_max(padded, size) != -_window_max(-padded, size)
    borders = mixed.reshape(-1).nonzero()[:, 0]
    rows, columns = padded.shape[-2:]
    item, pixel = borders // (height * width), borders % (height * width)
    first = item * (rows * columns) + pixel // width * columns + pixel % width
    step = torch.arange(size, device=symbols.device)
    window = (step[:, None] * columns + step).reshape(-1)
    return borders, padded.long().reshape(-1)[first[:, None] + window]


def _window_max(x: Tensor, size: int) -> Tensor:
    return F.max_pool2d(F.max_pool2d(x, (1, size), 1), (size, 1), 1)
