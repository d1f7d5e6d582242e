"""Anti-aliased resampling by small fixed kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Blur"]


class Blur(nn.Module):
    """Pads, then convolves every channel with the outer product of `taps`: [B,C,H,W].

    The kernel is a buffer of the published state dicts (docs/protocol/generation.md, E).

    Args:
        taps: one-dimensional kernel, as in (1, 2, 1).
        pad: (left and top, right and bottom).
        gain: what the kernel sums to.
        mode: what the padding holds.
    """

    kernel: Tensor

    def __init__(
        self,
        taps: Sequence[float],
        pad: tuple[int, int],
        *,
        gain: float = 1.0,
        mode: Literal["constant", "reflect"] = "constant",
    ) -> None:
        super().__init__()
        line = torch.tensor(taps, dtype=torch.float32)
        kernel = line[:, None] * line[None, :]
        self.register_buffer("kernel", kernel * (gain / kernel.sum()))
        self.pad = pad
        self.mode = mode

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        """The blurred map, larger by the padding and smaller by the kernel.

        Args:
            x: [B,C,H,W].
            bias: [C], added in the same pass.
        """
        before, behind = self.pad
        one = self.kernel.numel() == 1
        # Even zeros are the convolution's own padding, which copies no map.
        even = self.mode == "constant" and before == behind and not one
        if any(self.pad) and not even:
            x = F.pad(x, (before, behind, before, behind), mode=self.mode)
        if one:
            x = x * self.kernel[0, 0]
            return x if bias is None else x + bias.view(1, -1, 1, 1)
        channels = x.shape[1]
        kernel = self.kernel.flip(0, 1).expand(channels, 1, -1, -1)
        return F.conv2d(x, kernel, bias, padding=before if even else 0, groups=channels)
