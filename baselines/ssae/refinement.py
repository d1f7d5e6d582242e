"""The refinement block of one region (docs/protocol/generation.md, D.4, eq. 2, and D.5, 12)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Refinement", "select"]


def select(inside: Tensor, outside: Tensor, mask: Tensor) -> Tensor:
    """Eq. 2: inside * M + outside * (1 - M), for a hard or a soft mask [B,1,H,W]."""
    return inside * mask + outside * (1 - mask)


class Refinement(nn.Module):
    """Convolutions with skips at full resolution, around the selection by the mask.

    Args:
        width: channels inside.
        first_blocks, second_blocks: residual blocks before and after the selection.
    """

    def __init__(self, width: int = 64, first_blocks: int = 4, second_blocks: int = 2) -> None:
        super().__init__()
        self.first = _Stack(width, first_blocks)
        self.second = _Stack(width, second_blocks)

    def forward(self, noisy: Tensor, mask: Tensor) -> Tensor:
        """Y_noise [B,3,H,W] and M [B,1,H,W] -> Y_ref [B,3,H,W]."""
        refined: Tensor = self.second(select(self.first(noisy), noisy, mask))
        return refined


class _Stack(nn.Module):
    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential(*(_RefinementBlock(width) for _ in range(blocks)))
        self.leave = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        image: Tensor = x + self.leave(self.blocks(self.enter(x)))
        return image


class _RefinementBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(x, self.conv2(F.relu(self.conv1(x))))
