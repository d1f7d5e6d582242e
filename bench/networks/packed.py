"""Convolutions on a CPU whose weights are laid out once.

PyTorch brings a convolution's weights into oneDNN's layout at every call, and on one thread it does
small convolutions by a slower path of its own. For one image at a time the two cost a fifth of
Inception's time. The operations used here are those of `torch.compile`'s own generated code, which
takes longer to make than a few hundred images take to look at.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal

from torch import nn

if TYPE_CHECKING:
    from torch import Size, Tensor

__all__ = ["PackedConvolution", "pack"]


class PackedConvolution(nn.Module):
    """A two-dimensional convolution, for inference with float32 on a CPU.

    The layout depends on the input's shape and is made anew where that changes.

    Args:
        plain: the convolution whose weights are taken.
        after: "relu" where negative results become 0, which costs nothing here.
    """

    def __init__(self, plain: nn.Conv2d, after: Literal["none", "relu"] = "none") -> None:
        super().__init__()
        self.plain = plain
        self.after = after
        self._steps = (list(plain.padding), list(plain.stride), list(plain.dilation), plain.groups)
        self._packed: tuple[Size, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """[B,C,H,W] -> [B,D,h,w]."""
        import torch

        packed = self._packed
        if packed is None or packed[0] != x.shape:
            # Several threads may come here at once: each packs for itself, and any may win.
            weight = torch.ops.mkldnn._reorder_convolution_weight(
                self.plain.weight, *self._steps, list(x.shape)
            )
            self._packed = packed = (x.shape, weight)
        found: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, packed[1], self.plain.bias, *self._steps, self.after, [], ""
        )
        return found


def pack(network: nn.Module) -> None:
    """Packs every convolution of a network, in place, where this build of torch can.

    In an `nn.Sequential` the ReLU that follows a convolution becomes part of it.
    """
    if not _can_pack():
        return
    for block in list(network.modules()):
        children: list[tuple[str, nn.Module | None]] = [*block.named_children(), ("", None)]
        for (name, child), (after, follower) in itertools.pairwise(children):
            if not isinstance(child, nn.Conv2d) or child.padding_mode != "zeros":
                continue
            joined = isinstance(block, nn.Sequential) and isinstance(follower, nn.ReLU)
            if joined:
                setattr(block, after, nn.Identity())
            setattr(block, name, PackedConvolution(child, "relu" if joined else "none"))


def _can_pack() -> bool:
    import torch

    names = ("_reorder_convolution_weight", "_convolution_pointwise")
    here: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return here and all(hasattr(torch.ops.mkldnn, name) for name in names)
