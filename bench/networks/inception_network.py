"""The network of FID: Inception with the deviations of the TensorFlow graph behind it.

The network is that of Szegedy et al. 2016, "Rethinking the Inception architecture". The graph of
Heusel et al. 2017, and pytorch-fid with it, leaves the border out of a pooling window's average, and
pools by the maximum in the last block. What is done for speed moves rounding alone: batch
normalisation is folded into the convolutions, and an average is taken after its 1x1 convolution,
which leaves fewer channels, instead of before.

The layers are put together here because importing torchvision's takes as long as thirty images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["build_inception"]


def build_inception(tensors: Mapping[str, Tensor]) -> nn.Module:
    """The network up to the pooled features: [B,3,299,299] in -1..1 -> [B,2048], channels-last.

    Args:
        tensors: the trunk's weights by pytorch-fid's names.
    """
    import torch

    trunk = _Layers(tensors)
    with torch.no_grad():
        network = nn.Sequential(*_blocks(trunk), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


class _Branches(nn.Module):
    """Several ways from one input, their channels one after another."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """[B,C,H,W] -> [B,D,h,w]."""
        import torch

        return torch.cat([branch(x) for branch in self.branches], dim=1)


class _Layers:
    """Convolutions by the names of their tensors, batch normalisation folded in.

    Args:
        tensors: of all layers.
        block: what the names of the layers begin with.
    """

    def __init__(self, tensors: Mapping[str, Tensor], block: str = "") -> None:
        self._tensors = tensors
        self._block = block

    def within(self, block: str) -> _Layers:
        """The layers of a block."""
        return _Layers(self._tensors, f"{block}.")

    def same(self, name: str) -> nn.Sequential:
        """Convolution that keeps the size, and ReLU."""
        return nn.Sequential(self._convolution(name, keep=True), nn.ReLU(inplace=True))

    def valid(self, name: str, stride: int = 1) -> nn.Sequential:
        """Convolution without padding, and ReLU."""
        return nn.Sequential(
            self._convolution(name, keep=False, stride=stride), nn.ReLU(inplace=True)
        )

    def chain(self, *names: str) -> nn.Sequential:
        """Convolutions of one size one after another, each with ReLU."""
        return nn.Sequential(*(self.same(name) for name in names))

    def averaged(self, name: str) -> nn.Sequential:
        """The average over 3x3 pixels, 1x1 convolution and ReLU; the two linear steps commute."""
        average = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        return nn.Sequential(self._convolution(name, keep=True), average, nn.ReLU(inplace=True))

    def _convolution(self, name: str, *, keep: bool, stride: int = 1) -> nn.Conv2d:
        from torch.nn.utils.fusion import fuse_conv_bn_weights

        layer = self._block + name
        kernel = self._tensors[f"{layer}.conv.weight"]
        parts = ("running_mean", "running_var", "weight", "bias")
        mean, variance, scale, shift = (self._tensors[f"{layer}.bn.{part}"] for part in parts)
        weight, bias = fuse_conv_bn_weights(kernel, None, mean, variance, _EPS, scale, shift)
        height, width = kernel.shape[2:]
        convolution = nn.Conv2d(
            kernel.shape[1],
            kernel.shape[0],
            (height, width),
            stride=stride,
            padding=(height // 2, width // 2) if keep else 0,
            device="meta",
        )
        convolution.weight, convolution.bias = weight, bias
        return convolution


_EPS = 0.001


def _blocks(trunk: _Layers) -> Iterator[nn.Module]:
    """From the image to [B,2048,8,8]; sides are 299, 149, 147, 73, 71, 35, 17 and 8."""
    yield trunk.valid("Conv2d_1a_3x3", stride=2)
    yield trunk.valid("Conv2d_2a_3x3")
    yield trunk.same("Conv2d_2b_3x3")
    yield _halving_pool()
    yield trunk.valid("Conv2d_3b_1x1")
    yield trunk.valid("Conv2d_4a_3x3")
    yield _halving_pool()
    for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        yield _block_35(trunk.within(name))
    yield _block_35_to_17(trunk.within("Mixed_6a"))
    for name in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        yield _block_17(trunk.within(name))
    yield _block_17_to_8(trunk.within("Mixed_7a"))
    block = trunk.within("Mixed_7b")
    yield _block_8(block, block.averaged("branch_pool"))
    block = trunk.within("Mixed_7c")
    largest = nn.MaxPool2d(3, stride=1, padding=1)
    yield _block_8(block, nn.Sequential(largest, block.same("branch_pool")))


def _halving_pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, stride=2)


def _block_35(block: _Layers) -> _Branches:
    """[B,C,35,35] -> [B,256 or 288,35,35] (the paper's figure 5)."""
    return _Branches(
        block.same("branch1x1"),
        block.chain("branch5x5_1", "branch5x5_2"),
        block.chain("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
        block.averaged("branch_pool"),
    )


def _block_35_to_17(block: _Layers) -> _Branches:
    """[B,288,35,35] -> [B,768,17,17] (figure 10)."""
    return _Branches(
        block.valid("branch3x3", stride=2),
        nn.Sequential(
            block.chain("branch3x3dbl_1", "branch3x3dbl_2"),
            block.valid("branch3x3dbl_3", stride=2),
        ),
        _halving_pool(),
    )


def _block_17(block: _Layers) -> _Branches:
    """[B,768,17,17] -> [B,768,17,17] (figure 6, with 7x1 and 1x7)."""
    return _Branches(
        block.same("branch1x1"),
        block.chain("branch7x7_1", "branch7x7_2", "branch7x7_3"),
        block.chain(*(f"branch7x7dbl_{i}" for i in range(1, 6))),
        block.averaged("branch_pool"),
    )


def _block_17_to_8(block: _Layers) -> _Branches:
    """[B,768,17,17] -> [B,1280,8,8]."""
    return _Branches(
        nn.Sequential(block.same("branch3x3_1"), block.valid("branch3x3_2", stride=2)),
        nn.Sequential(
            block.chain("branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3"),
            block.valid("branch7x7x3_4", stride=2),
        ),
        _halving_pool(),
    )


def _block_8(block: _Layers, pooled: nn.Module) -> _Branches:
    """[B,C,8,8] -> [B,2048,8,8] (figure 7)."""
    return _Branches(
        block.same("branch1x1"),
        nn.Sequential(
            block.same("branch3x3_1"),
            _Branches(block.same("branch3x3_2a"), block.same("branch3x3_2b")),
        ),
        nn.Sequential(
            block.chain("branch3x3dbl_1", "branch3x3dbl_2"),
            _Branches(block.same("branch3x3dbl_3a"), block.same("branch3x3dbl_3b")),
        ),
        pooled,
    )
