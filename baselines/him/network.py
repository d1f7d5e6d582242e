"""HIM's two generators as one network."""

from __future__ import annotations

from torch import Tensor, nn

from baselines.him.config import HIMConfig
from baselines.him.image import ImageGenerator
from baselines.him.layout import LayoutGenerator
from baselines.layers.label_map import SymbolMap

__all__ = ["HIM"]


class HIM(nn.Module):
    """The image generator `image` and, where the configuration has one, the layout generator."""

    def __init__(self, config: HIMConfig) -> None:
        super().__init__()
        self.config = config
        self.image = ImageGenerator(config)
        self.layout = LayoutGenerator(config) if config.layout else None

    def forward(self, masked: Tensor, labels: SymbolMap, mask: Tensor) -> Tensor:
        """The image inside the mask, the masked image outside of it; see `ImageGenerator`."""
        return self.image.gated(masked, labels, mask)
