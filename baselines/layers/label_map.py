"""Label maps as networks see them, and their exact fast convolution.

A network's conditions (one-hot labels, edge, mask, a style vector for every region) are constant
over regions: an image has few distinct input columns. So a map is kept as *symbols*: which of its
S columns stands at each pixel. What a stack of 3x3 convolutions makes of it depends only on the
symbols of a pixel's neighbourhood, of which an image of 65,536 pixels has a few thousand distinct
ones, one for the inside of each region and the rest along borders. Each is therefore computed once
and spread over its pixels. A convolution of table rows is a look-up: the rows are multiplied with
each of the nine kernel positions, and the nine products of a neighbourhood are summed
(`embedding_bag`).

The result is the convolution's own, up to the order of the sums in the last bits. Zero padding is
one more row, which is zero. With gradients on, or where too few neighbourhoods repeat for tables to
be worth while, `two_layer_conv` runs the dense convolutions instead.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.neighbourhoods import Neighbourhoods, identify, resize_nearest

__all__ = [
    "SymbolMap",
    "dense",
    "dense_label_maps",
    "encode",
    "joint_conv",
    "joint_layer",
    "table_conv",
    "two_layer_conv",
    "two_layer_table",
]

_DENSE: ContextVar[bool] = ContextVar("dense_label_maps", default=False)


@contextlib.contextmanager
def dense_label_maps() -> Iterator[None]:
    """Inside this block layers leave nothing out: label maps go through dense convolutions."""
    token = _DENSE.set(True)
    try:
        yield
    finally:
        _DENSE.reset(token)


def dense() -> bool:
    """Whether networks carry out their published form's work here, as inside `dense_label_maps`."""
    return _DENSE.get()


@dataclass(eq=False)
class SymbolMap:
    """A feature map with few distinct columns.

    Attributes:
        symbols: int64 [B,H,W], which column stands at each pixel.
        columns: float [S,C], the columns.
    """

    symbols: Tensor
    columns: Tensor
    _sizes: dict[tuple[int, int], SymbolMap] = field(default_factory=dict, repr=False)

    @classmethod
    def of_labels(
        cls, labels: Tensor, classes: int, dtype: torch.dtype, bits: Sequence[Tensor] = ()
    ) -> SymbolMap:
        """One-hot labels, then one channel for each bit.

        Args:
            labels: int64 [B,H,W] in 0..classes-1; a negative one is zero in every class's channel.
            classes: one-hot channels.
            dtype: of the columns.
            bits: bool maps [B,H,W] (edges, the mask).
        """
        symbols = torch.where(labels < 0, classes, labels)
        columns = torch.cat([torch.eye(classes), torch.zeros(1, classes)])
        for bit in bits:
            symbols = 2 * symbols + bit.long()
            doubled = columns.repeat_interleave(2, dim=0)
            columns = torch.cat([doubled, (torch.arange(len(doubled)) % 2).unsqueeze(1)], dim=1)
        return cls(symbols, columns.to(labels.device, dtype))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        height, width = self.symbols.shape[-2:]
        return height, width

    def dense(self) -> Tensor:
        """The map itself, float [B,C,H,W] (channels last in memory)."""
        return self.columns[self.symbols].permute(0, 3, 1, 2)

    def resize(self, size: Sequence[int]) -> SymbolMap:
        """The map resized nearest to (height, width), made once for each size."""
        wanted = (int(size[0]), int(size[1]))
        if wanted == self.size:
            return self
        if wanted not in self._sizes:
            self._sizes[wanted] = SymbolMap(resize_nearest(self.symbols, wanted), self.columns)
        return self._sizes[wanted]

    @cached_property
    def near(self) -> Neighbourhoods:
        """The distinct 3x3 neighbourhoods of symbols: what one convolution sees."""
        return Neighbourhoods.of(self.symbols, len(self.columns))

    @cached_property
    def far(self) -> Neighbourhoods:
        """The distinct 3x3 neighbourhoods of `near`, i.e. 5x5 of symbols: what two see."""
        return Neighbourhoods.of(self.near.ids, self.near.count)

    @property
    def tabulated(self) -> bool:
        """Whether layers look this map up in tables: no gradient is wanted and tables pay."""
        return not (torch.is_grad_enabled() or dense()) and self.repetitive

    @cached_property
    def repetitive(self) -> bool:
        """Whether tables pay: few neighbourhoods for the pixels, or few pixels."""
        pixels = self.symbols.numel()
        return 4 * self.near.count <= pixels or (pixels <= 1024 and min(self.size) > 1)


def encode(planes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Names every distinct column of several integer planes.

    Args:
        planes: P maps of non-negative integers [B,H,W] (labels, edge bit, mask bit, region, ...).

    Returns:
        symbols int64 [B,H,W], and the column of each symbol, int64 [S,P].
    """
    stacked = torch.stack([plane.reshape(-1) for plane in planes])
    ids, first = identify(list(stacked))
    return ids.reshape(planes[0].shape), stacked[:, first].t()


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


def joint_layer(layers: Sequence[nn.Conv2d]) -> tuple[Tensor, Tensor]:
    """Weight and bias of parallel convolutions as one: their outputs one after the other."""
    biases = [
        layer.weight.new_zeros(layer.out_channels) if layer.bias is None else layer.bias
        for layer in layers
    ]
    return torch.cat([layer.weight for layer in layers]), torch.cat(biases)


def joint_conv(x: Tensor, layers: Sequence[nn.Conv2d]) -> tuple[Tensor, ...]:
    """Parallel 3x3 convolutions of one map, zero padding 1, read once for all of them.

    Returns:
        One map [B, C, H, W] for each layer (views of one tensor).
    """
    weight, bias = joint_layer(layers)
    out = F.conv2d(x, weight, bias, padding=1)
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


def two_layer_conv(
    labels: SymbolMap, first: nn.Conv2d, second: Sequence[nn.Conv2d]
) -> tuple[Tensor, ...]:
    """conv3x3 -> ReLU -> parallel conv3x3 of a label map, each with zero padding 1.

    Returns:
        One map [B, C, H, W] for each second layer (views of one tensor, channels last).
    """
    if not labels.tabulated:
        return joint_conv(F.relu(first(labels.dense())), second)
    joint = labels.far.spread(two_layer_table(labels, first, second))
    return torch.split(joint, [layer.out_channels for layer in second], dim=1)
