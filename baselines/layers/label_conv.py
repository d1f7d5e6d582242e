"""The exact fast convolution of a label map.

What a stack of 3x3 convolutions makes of a map of symbols depends only on the symbols of a pixel's
neighbourhood, of which an image of 65,536 pixels has a few thousand distinct ones, one for the inside of
each region and the rest along borders. Each is therefore computed once and spread over its pixels. A
convolution of table rows is a look-up: the rows are multiplied with each of the nine kernel positions,
and the nine products of a neighbourhood are summed (`embedding_bag`).

The result is the convolution's own, up to the order of the sums in the last bits. Zero padding is
one more row, which is zero. With gradients on, or where too few neighbourhoods repeat for tables to
be worth while, `two_layer_conv` runs the dense convolutions instead.

Tables have another size for every image. An accelerator would wait for each of these sizes, and work
whose sizes are not known cannot be captured as a graph. There only the first convolution is a look-up,
of nine symbols at every pixel (`lookup_conv`), and all further ones are dense: see `SymbolMap.form`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.fused import summed_rows
from baselines.layers.label_map import SymbolMap
from baselines.layers.layout import joined

__all__ = [
    "conv_as_one",
    "joint_conv",
    "joint_layer",
    "joint_maps",
    "lookup_conv",
    "table_conv",
    "two_layer_conv",
    "two_layer_maps",
    "two_layer_table",
]


def table_conv(rows: Tensor, weight: Tensor, neighbours: Tensor) -> Tensor:
    """A 3x3 convolution, without bias, of neighbourhoods of table rows.

    Args:
        rows: [n, C_in]; row n, outside the image, counts as zero.
        weight: [C_out, C_in, 3, 3].
        neighbours: int64 [m, 9], indices 0..n of each neighbourhood's rows in reading order.

    Returns:
        [m, C_out].
    """
    known = F.pad(rows.to(weight.dtype), (0, 0, 0, 1))
    # A weight that is channels last is read where it lies. Small as they are, tables stay exact in
    # mixed precision.
    with torch.autocast(rows.device.type, enabled=False):
        products = torch.bmm(known.expand(9, -1, -1), weight.permute(2, 3, 1, 0).flatten(0, 1))
    places = neighbours + len(known) * torch.arange(9, device=neighbours.device)
    return F.embedding_bag(places, products.flatten(0, 1), mode="sum")


def lookup_conv(
    labels: SymbolMap, weight: Tensor, bias: Tensor | None = None, *, relu: bool = False
) -> Tensor:
    """A 3x3 convolution of a label map, zero padding 1, as a look-up at every pixel.

    The products of the map's columns with each of the nine kernel positions are a small table, of
    which a pixel sums nine rows for each part of the map. No size depends on the image, and the map's
    channels, which may be hundreds, never lie in memory.

    Args:
        labels: C channels of [B,C,H,W].
        weight: [C',C,3,3].
        bias: [C'], or None.
        relu: whether a ReLU follows.

    Returns:
        [B,C',H,W], channels last in memory.
    """
    table, start = [], 0
    for part in labels.parts:
        outside = F.pad(part.columns.to(weight.dtype), (0, 0, 0, 1))
        channels = slice(start, start + part.columns.shape[1])
        places = weight[:, channels].permute(2, 3, 1, 0).flatten(0, 1)  # (9, C, C')
        with torch.autocast(weight.device.type, enabled=False):
            table.append(torch.bmm(outside.expand(9, -1, -1), places).flatten(0, 1))
        start = channels.stop
    whole = table[0] if len(table) == 1 else torch.cat(table)
    symbols = [(part.symbols, len(part.columns)) for part in labels.parts]
    found = summed_rows(symbols, lambda: labels.windows, whole, bias, relu=relu)
    return found.permute(0, 3, 1, 2)


def joint_layer(layers: Sequence[nn.Conv2d]) -> tuple[Tensor, Tensor]:
    """Weight and bias of parallel convolutions as one: their outputs one after the other."""
    biases = [
        layer.weight.new_zeros(layer.out_channels) if layer.bias is None else layer.bias
        for layer in layers
    ]
    return joined([layer.weight for layer in layers]), joined(biases)


def joint_maps(
    x: Tensor, layers: Sequence[nn.Conv2d], share: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """As `conv_as_one` without the biases, which whoever reads the maps adds: maps and biases.

    Args:
        x: [B,C,H,W].
        layers: 3x3.
        share: what each channel of the maps counts in a blend, [sum of channels]; None = all of it.

    Returns:
        [B, sum of the layers' channels, H, W] and [sum of the layers' channels].
    """
    weight, bias = joint_layer(layers)
    if share is not None:
        share = share.to(weight.dtype)
        weight, bias = weight * share.view(-1, 1, 1, 1), bias * share
    return F.conv2d(x, weight, padding=1), bias


def conv_as_one(x: Tensor, layers: Sequence[nn.Conv2d]) -> Tensor:
    """Parallel 3x3 convolutions of one map, zero padding 1, one after the other in one map.

    Returns:
        [B, sum of the layers' channels, H, W].
    """
    return F.conv2d(x, *joint_layer(layers), padding=1)


def joint_conv(x: Tensor, layers: Sequence[nn.Conv2d]) -> tuple[Tensor, ...]:
    """As `conv_as_one`: one map [B, C, H, W] for each layer (views of one tensor)."""
    out = conv_as_one(x, layers)
    return torch.split(out, [layer.out_channels for layer in layers], dim=1)


def two_layer_table(labels: SymbolMap, first: nn.Conv2d, second: Sequence[nn.Conv2d]) -> Tensor:
    """conv3x3 -> ReLU -> parallel conv3x3 for every neighbourhood of `labels.far`.

    Both with zero padding 1.

    Returns:
        [labels.far.count, sum of the second layers' channels].
    """
    hidden = table_conv(labels.columns, first.weight, labels.near.neighbours)
    if first.bias is not None:
        hidden = hidden + first.bias
    weight, bias = joint_layer(second)
    return table_conv(hidden.relu_(), weight, labels.far.neighbours).add_(bias)


def two_layer_maps(
    labels: SymbolMap, first: nn.Conv2d, second: Sequence[nn.Conv2d], share: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """As `two_layer_conv` on an accelerator, without the second layers' biases: see `joint_maps`."""
    return joint_maps(_hidden(labels, first), second, share)


def two_layer_conv(
    labels: SymbolMap, first: nn.Conv2d, second: Sequence[nn.Conv2d]
) -> tuple[Tensor, ...]:
    """conv3x3 -> ReLU -> parallel conv3x3 of a label map, each with zero padding 1.

    Returns:
        One map [B, C, H, W] for each second layer (views of one tensor, channels last).
    """
    if labels.form == "tables":
        joint = labels.far.spread(two_layer_table(labels, first, second))
        return torch.split(joint, [layer.out_channels for layer in second], dim=1)
    return joint_conv(_hidden(labels, first), second)


def _hidden(labels: SymbolMap, first: nn.Conv2d) -> Tensor:
    if labels.form == "lookups" and not first.training:
        return lookup_conv(labels, first.weight, first.bias, relu=True)
    # In training a look-up is more kernels than the dense layer, and nothing fuses them.
    return F.relu(first(labels.dense()))
