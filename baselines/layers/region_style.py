"""Style of regions: how DivSem reads one vector per region from a masked image.

A U-Net with replicate padding makes a feature map, a region's mean of it is the region's style, and
the share of the region that is visible rescales it (docs/protocol/editing.md, B.2 and B.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.layers.condition import RegionStyle
from baselines.layers.instance_norm import instance_norm
from baselines.layers.label_map import fixed_sizes
from baselines.layers.pointwise import rectify

__all__ = [
    "RegionMean",
    "RegionMeans",
    "ShownRegions",
    "StyleEncoder",
    "average_regions",
    "image_means",
    "most_regions",
    "number_regions",
    "separate_regions",
    "shown_regions",
]

RegionMean = Literal["all", "visible"]
"""Which pixels a region's mean counts: all of them (released code) or the visible ones (paper)."""


@dataclass(frozen=True, eq=False)
class ShownRegions:
    """R regions, over the whole batch, and how much a mask leaves of them.

    Attributes:
        regions: int64 [B,H,W], each pixel's region, 0..R-1.
        items: int64 [R], the batch item of each region.
        visible: [R], the visible share of each region, 0..1.
        used: bool [R], False for a number that no pixel has (see `number_regions`).
    """

    regions: Tensor
    items: Tensor
    visible: Tensor
    used: Tensor

    @property
    def erased(self) -> Tensor:
        """Bool [R], True where nothing of the region is visible."""
        return (self.visible == 0) & self.used

    def labels(self, labels: Tensor) -> Tensor:
        """int64 [R], each region's label in the map [B,H,W] (the largest where it has several)."""
        first = labels.new_full((len(self.items),), -1)
        return first.scatter_reduce(0, self.regions.flatten(), labels.flatten(), "amax")


@dataclass(frozen=True, eq=False)
class RegionMeans(ShownRegions):
    """What an image shows of its R regions.

    Attributes:
        means: [R,D], un-normalised style vectors.
    """

    means: Tensor

    def replaced(self, where: Tensor, means: Tensor) -> RegionMeans:
        """The same with other vectors [n,D] at bool [R] `where`, as if fully visible there."""
        other = self.means.clone()
        other[where] = means.to(other.dtype)
        return replace(self, means=other, visible=torch.where(where, 1.0, self.visible))

    def first(self, images: int) -> RegionMeans:
        """Those of the first images of a batch whose images have equally many regions."""
        mine = slice(len(self.items) // len(self.regions) * images)
        return RegionMeans(
            self.regions[:images],
            self.items[mine],
            self.visible[mine],
            self.used[mine],
            means=self.means[mine],
        )

    def completed(self, whole: Tensor) -> RegionMeans:
        """The same with other vectors [R,D] where nothing is visible here."""
        means = torch.where(self.erased.unsqueeze(1), whole, self.means)
        return replace(self, means=means, visible=torch.where(self.erased, 1.0, self.visible))

    def given(self, means: Tensor, kinds: Tensor) -> RegionMeans:
        """The same with other vectors, as if fully visible where they are.

        Args:
            means: [R,D].
            kinds: int64 [R], 0 = the region keeps its own, 1 = it takes the one given, 2 = it takes the
                mean over its image's regions that show something.
        """
        chosen = torch.where((kinds == 1).unsqueeze(1), means.to(self.means), self.means)
        chosen = torch.where((kinds == 2).unsqueeze(1), self._image_means(kinds), chosen)
        return replace(self, means=chosen, visible=torch.where(kinds > 0, 1.0, self.visible))

    def _image_means(self, kinds: Tensor) -> Tensor:
        """[R,D], the mean over the shown regions of each region's image."""
        shown = self.used & ~self.erased
        if fixed_sizes(kinds.device):
            alike = (self.items.unsqueeze(1) == self.items) & shown
            share = alike.to(self.means.dtype)
            return share @ self.means / share.sum(1, keepdim=True).clamp(min=1)
        found = torch.zeros_like(self.means)
        for item in set(self.items[kinds == 2].tolist()):
            mine = self.items == item
            found[mine] = self.means[mine & shown].mean(0)
        return found


class StyleEncoder(nn.Module):
    """Masked image and validity [B,4,H,W] -> features [B,D,H,W] in [-1,1].

    Args:
        widths: of the six encoder layers; the sides are halved from the second to the fifth.
        decoder: of the four decoder layers.
        style: D.
        valid_ratio: False = region means are used as they are (`w/o valid ratio`).
        region_mean: see `RegionMean`.
    """

    def __init__(
        self,
        widths: Sequence[int],
        decoder: Sequence[int],
        style: int,
        *,
        valid_ratio: bool = True,
        region_mean: RegionMean = "all",
    ) -> None:
        super().__init__()
        self.region_mean = region_mean
        self.valid_ratio = valid_ratio
        if valid_ratio:
            self.gamma = nn.Linear(1, 1)
            self.beta = nn.Linear(1, 1)
        inputs = (4, *widths[:-1])
        strides = (1, 2, 2, 2, 2, 1)
        for i, (wide, to, stride) in enumerate(zip(inputs, widths, strides, strict=True), 1):
            self.add_module(f"enc{i}", _EncoderLayer(wide, to, stride))
        below = (widths[-1], *decoder[:-1])
        skips = (widths[3], widths[2], widths[1], widths[0])
        for k, low, skip, to in zip((5, 4, 3, 2), below, skips, decoder, strict=True):
            self.add_module(f"dec{k}", _EncoderLayer(low + skip, to, 1))
        self.dec1 = _EncoderLayer(decoder[-1], style, 1, last=True)

    def forward(self, image: Tensor) -> Tensor:
        """The feature map of a masked image with its validity as fourth channel."""
        skips: list[Tensor] = []
        x = image
        for i in range(1, 7):
            x = self.get_submodule(f"enc{i}")(x)
            skips.append(x)
        for k in (5, 4, 3, 2):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            # Rebinding lets the widest maps go as soon as they have been read.
            x = torch.cat([x, skips[k - 2]], dim=1)
            x = self.get_submodule(f"dec{k}")(x)
        features: Tensor = self.dec1(x)
        return features

    def read(
        self, image: Tensor, mask: Tensor, instances: Tensor, most: int | None = None
    ) -> RegionMeans:
        """The styles of an image's regions.

        Args:
            image: [B,3,H,W] in [-1,1]; what it shows inside the mask is not looked at.
            mask: bool [B,H,W], True = not visible.
            instances: int64 [B,H,W], equal inside a region.
            most: how many regions every image shall have; see `number_regions`. Where sizes are fixed
                (`fixed_sizes`) and it is None they are counted, for which the host waits.
        """
        if most is None and fixed_sizes(image.device):
            most = most_regions(instances)
        return self.average(image, mask, shown_regions(mask, instances, most, image.dtype))

    def average(self, image: Tensor, mask: Tensor, regions: ShownRegions) -> RegionMeans:
        """The styles of regions that are numbered already; arguments as for `read`."""
        valid = (~mask).unsqueeze(1).to(image.dtype)
        shown = torch.cat([image * valid, valid], dim=1)
        most = len(regions.items) // len(image) if fixed_sizes(image.device) else None
        # The widest maps take some 300 MiB an image, and nothing but the means is kept of them.
        together = len(image) if torch.is_grad_enabled() else 1
        parts = zip(*(torch.split(whole, together) for whole in (shown, valid, regions.regions)))
        means = torch.cat([self._means(one, bare, own, most) for one, bare, own in parts])
        if self.region_mean == "visible":
            means = means / regions.visible.clamp(min=1e-6).unsqueeze(1)
        return RegionMeans(
            regions.regions, regions.items, regions.visible, regions.used, means=means
        )

    def _means(self, shown: Tensor, valid: Tensor, regions: Tensor, most: int | None) -> Tensor:
        """[R,D] of some of the batch's images, whose regions follow one another."""
        features = self(shown)
        if self.region_mean == "visible":
            features = features * valid
        if most is not None:
            return image_means(features, regions % most, most)[0].flatten(0, 1)
        first, last = int(regions.min()), int(regions.max())
        return average_regions(features, regions - first, last - first + 1)[0]

    def normalise(self, means: RegionMeans) -> RegionStyle:
        """The codes that the generator sees: mean * sigmoid(gamma(r)) + sigmoid(beta(r))."""
        if not self.valid_ratio:
            return RegionStyle(means.regions, means.means)
        ratio = means.visible.unsqueeze(1)
        scale, shift = torch.sigmoid(self.gamma(ratio)), torch.sigmoid(self.beta(ratio))
        return RegionStyle(means.regions, means.means * scale + shift)


def separate_regions(labels: Tensor, instances: Tensor | None) -> Tensor:
    """int64 [B,H,W], different where label or instance differ."""
    if instances is None:
        return labels
    return labels * (instances.max() + 1) + instances


def shown_regions(
    mask: Tensor, instances: Tensor, most: int | None, dtype: torch.dtype
) -> ShownRegions:
    """The regions of a batch and how much of each lies outside the mask.

    Args:
        mask: bool [B,H,W], True = not visible.
        instances: int64 [B,H,W], equal inside a region.
        most: how many numbers every image has; see `number_regions`.
        dtype: of the shares.
    """
    regions, items = number_regions(instances, most)
    valid = (~mask).unsqueeze(1).to(dtype)
    if most is None:
        visible = average_regions(valid, regions, len(items))[0][:, 0]
        return ShownRegions(regions, items, visible, torch.ones_like(items, dtype=torch.bool))
    shares, pixels = image_means(valid, regions % most, most)
    return ShownRegions(regions, items, shares.flatten(), pixels.flatten() > 0)


def number_regions(instances: Tensor, most: int | None = None) -> tuple[Tensor, Tensor]:
    """Numbers the regions of a batch: int64 [B,H,W] in 0..R-1, and the item of each, int64 [R].

    Args:
        instances: int64 [B,H,W], equal inside a region.
        most: every image has so many numbers, used or not: R = B*most, and no size depends on the map.
            Regions beyond them share the last number: give `most_regions`. None = R is what there is.
    """
    batch = torch.arange(len(instances), device=instances.device).view(-1, 1, 1)
    if most is None:
        lowest = instances.min()  # negative where a void label makes a region
        span = instances.max() - lowest + 1
        found, regions = torch.unique(batch * span + (instances - lowest), return_inverse=True)
        return regions, found // span
    ranks, places = _ranks(instances)
    own = torch.empty_like(ranks).scatter_(1, places, ranks).view(instances.shape)
    items = torch.arange(len(instances) * most, device=instances.device) // most
    return own.clamp(max=most - 1) + most * batch, items


def most_regions(instances: Tensor) -> int:
    """How many regions an image of the batch has at most, rounded up so that most batches agree."""
    ranks, _ = _ranks(instances)
    return -(-(int(ranks.max()) + 1) // _TOGETHER) * _TOGETHER


_TOGETHER = 64
"""What the number of regions is rounded up to."""


def _ranks(instances: Tensor) -> tuple[Tensor, Tensor]:
    """The numbers of the sorted pixels of each image, and where these stand, int64 [B,H*W] each."""
    ordered, places = instances.flatten(1).sort(dim=1)
    rises = ordered[:, 1:] != ordered[:, :-1]
    return F.pad(rises.cumsum(1), (1, 0)), places


def average_regions(
    features: Tensor, regions: Tensor, count: int, known: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The mean of features over each region of a map, and of how many pixels.

    Args:
        features: [B,D,H,W].
        regions: int64 [B,H,W] in 0..count-1.
        count: regions of all images together.
        known: bool [B,H,W], the pixels that count; all where None.

    Returns:
        Means [count,D], zero for a region without pixels that count, and these pixels [count].
    """
    own = _own_numbers(regions) if torch.is_grad_enabled() else None
    if own is None:
        index = regions.flatten()
        flat = features.permute(0, 2, 3, 1).flatten(0, 2)
        # A region has thousands of pixels: in half precision the sum would stop growing.
        flat = flat.to(torch.promote_types(flat.dtype, torch.float32))
        pixel = torch.ones_like(flat[:, 0])
        if known is not None:
            index, flat, pixel = (one[known.flatten()] for one in (index, flat, pixel))
    else:
        lowest, most = own
        sums, pixels = _image_sums(features, regions - lowest.view(-1, 1, 1), most, known)
        index = (lowest.unsqueeze(1) + torch.arange(most, device=regions.device)).flatten()
        index = index.clamp(max=count - 1)  # a number that its image does not have: its sum is zero
        flat, pixel = sums.flatten(0, 1), pixels.flatten()
    means = flat.new_zeros(count, flat.shape[1]).index_add_(0, index, flat)
    pixels = flat.new_zeros(count).index_add_(0, index, pixel)
    return means / pixels.clamp(min=1).unsqueeze(1), pixels


def image_means(
    features: Tensor, regions: Tensor, count: int, known: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Means over each image's own regions, as one matrix product: no size depends on the map.

    Args:
        features: [B,D,H,W].
        regions: int64 [B,H,W] in 0..count-1.
        count: regions of an image.
        known: bool [B,H,W], the pixels that count; all where None.

    Returns:
        Means [B,count,D], zero for a region without pixels that count, and these pixels [B,count].
    """
    sums, pixels = _image_sums(features, regions, count, known)
    return sums / pixels.clamp(min=1).unsqueeze(2), pixels


def _image_sums(
    features: Tensor, regions: Tensor, count: int, known: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Sums over each image's own regions [B,count,D] and their pixels [B,count]."""
    # A region has thousands of pixels: in half precision the sum would stop growing.
    dtype = torch.promote_types(features.dtype, torch.float32)
    places = regions.flatten(1).unsqueeze(1)
    member = features.new_zeros(len(features), count, places.shape[2], dtype=dtype)
    if known is None:
        member.scatter_(1, places, 1.0)
    else:
        member.scatter_(1, places, known.flatten(1).unsqueeze(1).to(dtype))
    with torch.autocast(features.device.type, enabled=False):
        sums = features.flatten(2).to(dtype) @ member.transpose(1, 2)
    return sums.transpose(1, 2), member.sum(dim=2)


def _own_numbers(regions: Tensor) -> tuple[Tensor, int] | None:
    """Each image's lowest number [B] and how many numbers it has at most; None where they are many.

    With few, sums are a product of matrices, whose gradient takes a fifth of the time of that of a sum
    pixel by pixel on a CPU.
    """
    flat = regions.flatten(1)
    lowest = flat.amin(dim=1)
    most = int((flat.amax(dim=1) - lowest).max()) + 1
    return (lowest, most) if most <= _TOGETHER else None


class _EncoderLayer(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, *, last: bool = False) -> None:
        super().__init__()
        self.last = last
        self.conv = nn.Conv2d(
            inputs, outputs, 3, stride, 1, bias=not last, padding_mode="replicate"
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return torch.tanh(x) if self.last else rectify(instance_norm(x))
