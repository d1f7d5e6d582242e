"""Label maps as networks see them.

A network's conditions (one-hot labels, edge, mask, a style vector for every region) are constant
over regions: an image has few distinct input columns. So a map is kept as *symbols*: which of its
S columns stands at each pixel. `baselines.layers.label_conv` convolves it as such, by the distinct
neighbourhoods of symbols.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines.layers.neighbourhoods import Neighbourhoods, identify, resize_nearest

__all__ = [
    "Form",
    "SymbolMap",
    "dense",
    "dense_label_maps",
    "encode",
    "fixed_sizes",
    "label_maps_as",
    "one_hot",
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
