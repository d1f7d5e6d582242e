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

Tables have another size for every image. An accelerator would wait for each of these sizes, and work
whose sizes are not known cannot be captured as a graph. There only the first convolution is a look-up,
of nine symbols at every pixel (`lookup_conv`), and all further ones are dense: see `SymbolMap.form`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.fused import summed_rows
from baselines.layers.neighbourhoods import Neighbourhoods, identify, resize_nearest

__all__ = [
    "Form",
    "SymbolMap",
    "conv_as_one",
    "dense",
    "dense_label_maps",
    "encode",
    "fixed_sizes",
    "joint_conv",
    "joint_layer",
    "joint_maps",
    "label_maps_as",
    "lookup_conv",
    "one_hot",
    "table_conv",
    "two_layer_conv",
    "two_layer_maps",
    "two_layer_table",
]

Form = Literal["tables", "lookups", "dense"]
"""How a layer reads a label map; see `SymbolMap.form`."""

_FORM: ContextVar[Form | None] = ContextVar("label_map_form", default=None)


@contextlib.contextmanager
def label_maps_as(form: Form) -> Iterator[None]:
    """Inside this block label maps are read in one form, whatever the device: for checks and counts."""
    token = _FORM.set(form)
    try:
        yield
    finally:
        _FORM.reset(token)


def dense_label_maps() -> contextlib.AbstractContextManager[None]:
    """Inside this block layers leave nothing out: label maps go through dense convolutions."""
    return label_maps_as("dense")


def dense() -> bool:
    """Whether networks carry out their published form's work here, as inside `dense_label_maps`."""
    return _FORM.get() == "dense"


def fixed_sizes(device: torch.device) -> bool:
    """Whether layers take the forms for accelerators: on any device but a CPU.

    There no tensor's size may depend on what tensors hold, kernels are few, and wide maps are
    overwritten where no gradient needs them. Inside `label_maps_as("lookups")` a CPU takes them too.
    """
    return _FORM.get() == "lookups" or device.type != "cpu"


@dataclass(eq=False)
class SymbolMap:
    """A feature map with few distinct columns.

    Attributes:
        symbols: int64 [B,H,W], which column stands at each pixel.
        columns: float [S,C], the columns.
        beside: a map of the same size whose channels stand after these; None = no more channels.
    """

    symbols: Tensor
    columns: Tensor
    beside: SymbolMap | None = None
    _sizes: dict[tuple[int, int], SymbolMap] = field(default_factory=dict, repr=False)
    _dense: Tensor | None = field(default=None, init=False, repr=False)
    _like: SymbolMap | None = field(default=None, init=False, repr=False)

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
        columns = torch.eye(classes + 1, classes, dtype=dtype, device=labels.device)
        for bit in bits:
            symbols = 2 * symbols + bit.long()
            doubled = columns.repeat_interleave(2, dim=0)
            places = torch.arange(len(doubled), device=labels.device)
            columns = torch.cat([doubled, (places % 2).unsqueeze(1).to(dtype)], dim=1)
        return cls(symbols, columns)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        height, width = self.symbols.shape[-2:]
        return height, width

    def dense(self) -> Tensor:
        """The map itself, float [B,C,H,W] (channels last in memory).

        In training it is made once: all layers of one size read it, and their gradients keep it.
        """
        if not torch.is_grad_enabled():
            return self._made()
        if self._dense is None:
            self._dense = self._made()
        return self._dense

    def _made(self) -> Tensor:
        parts = [part.columns[part.symbols] for part in self.parts]
        whole = parts[0] if len(parts) == 1 else torch.cat(parts, dim=3)
        return whole.permute(0, 3, 1, 2)

    @property
    def parts(self) -> list[SymbolMap]:
        """This map and those beside it, in the order of their channels."""
        return [self, *(self.beside.parts if self.beside else [])]

    def resize(self, size: Sequence[int]) -> SymbolMap:
        """The map resized nearest to (height, width), made once for each size."""
        wanted = (int(size[0]), int(size[1]))
        if wanted == self.size:
            return self
        if wanted not in self._sizes:
            beside = self.beside.resize(wanted) if self.beside else None
            symbols = resize_nearest(self.symbols, wanted)
            self._sizes[wanted] = SymbolMap(symbols, self.columns, beside)
        return self._sizes[wanted]

    def recoloured(self, columns: Tensor) -> SymbolMap:
        """The same symbols with other columns [S,C'], for `lookup_conv`; nothing stands beside."""
        other = SymbolMap(self.symbols, columns)
        if self.beside is None:
            other._like = self
        return other

    @cached_property
    def near(self) -> Neighbourhoods:
        """The distinct 3x3 neighbourhoods of symbols: what one convolution sees."""
        return Neighbourhoods.of(self.symbols, len(self.columns))

    @cached_property
    def far(self) -> Neighbourhoods:
        """The distinct 3x3 neighbourhoods of `near`, i.e. 5x5 of symbols: what two see."""
        return Neighbourhoods.of(self.near.ids, self.near.count)

    @property
    def form(self) -> Form:
        """How layers read this map where they need no gradient; the one place that decides.

        On a CPU out of "tables", where neighbourhoods repeat. On an accelerator by "lookups": the sizes
        of tables depend on the image, so that the host would wait for each of them and nothing could
        be captured (docs/measurements/models.md has both in milliseconds). "dense" where a gradient
        is wanted, where tables do not pay, and inside `dense_label_maps`.
        """
        asked = _FORM.get()
        if torch.is_grad_enabled() or asked == "dense":
            return "dense"
        if asked == "lookups" or (asked is None and self.symbols.device.type != "cpu"):
            return "lookups"
        return "tables" if self.beside is None and self.repetitive else "dense"

    @property
    def tabulated(self) -> bool:
        """Whether layers look this map up in tables: no gradient is wanted and tables pay."""
        return self.form == "tables"

    @cached_property
    def windows(self) -> Tensor:
        """int32 [B*H*W, 9*P]: the rows of `lookup_conv`'s table that each pixel sums."""
        if self._like is not None:
            return self._like.windows
        found, start = [], 0
        for part in self.parts:
            outside = len(part.columns)
            padded = F.pad(part.symbols.int(), (1, 1, 1, 1), value=outside)
            near = padded.unfold(1, 3, 1).unfold(2, 3, 1)  # (B, H, W, 3, 3)
            place = torch.arange(9, dtype=torch.int32, device=padded.device).view(3, 3)
            found.append((near + (place * (outside + 1) + start)).reshape(-1, 9))
            start += 9 * (outside + 1)
        return found[0] if len(found) == 1 else torch.cat(found, dim=1)

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


def one_hot(labels: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """[B,classes,H,W] of labels int64 [B,H,W], channels last in memory.

    A label outside 0..classes-1 is zero everywhere, and nothing waits for a check of the labels.
    """
    numbers = torch.arange(classes, device=labels.device)
    return (labels.unsqueeze(3) == numbers).to(dtype).permute(0, 3, 1, 2)


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
    return torch.cat([layer.weight for layer in layers]), torch.cat(biases)


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
    """As `two_layer_conv` by look-ups and without the second layers' biases: see `joint_maps`."""
    return joint_maps(lookup_conv(labels, first.weight, first.bias, relu=True), second, share)


def two_layer_conv(
    labels: SymbolMap, first: nn.Conv2d, second: Sequence[nn.Conv2d]
) -> tuple[Tensor, ...]:
    """conv3x3 -> ReLU -> parallel conv3x3 of a label map, each with zero padding 1.

    Returns:
        One map [B, C, H, W] for each second layer (views of one tensor, channels last).
    """
    form = labels.form
    if form == "lookups":
        return joint_conv(lookup_conv(labels, first.weight, first.bias, relu=True), second)
    if form == "dense":
        return joint_conv(F.relu(first(labels.dense())), second)
    joint = labels.far.spread(two_layer_table(labels, first, second))
    return torch.split(joint, [layer.out_channels for layer in second], dim=1)
