"""DivSem: diverse semantic editing by one style vector per region (2023).

    regions = network.zencoder.read(masked, mask, instances)       # one vector per region
    regions = regions.replaced(regions.erased, codes)              # styles for what nobody sees
    style = network.zencoder.normalise(regions)
    images = network(masked, replace(condition, style=style))

The generator is SPMPGAN's with the style map in every decoder block; parameters carry the published
names (docs/protocol/editing.md, B). Images are BGR for official weights: see the adapter.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from baselines.layers.initial import draw_normal
from baselines.layers.progressive import Border
from baselines.layers.region_style import RegionMean, StyleEncoder
from baselines.layers.style_preserved import Modulation
from baselines.progressive import ProgressiveConfig, ProgressiveNetwork

__all__ = ["VARIANTS", "DivSem", "DivSemConfig", "divsem_config"]

VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "w/o style": {"styled": False},
    "w/o valid ratio": {"valid_ratio": False},
    "single scale": {"progressive": False},
    "style 64": {"style": 64},
    "style 256": {"style": 256},
    "visible mean": {"region_mean": "visible"},
}
"""The paper's ablations as changes of the configuration (docs/protocol/editing.md, G)."""


class DivSemConfig(ProgressiveConfig):
    """What DivSem is built from; the defaults are the published values.

    Attributes:
        style: length of a region's style vector.
        style_widths: the style encoder's six encoder layers.
        style_decoder: its four decoder layers.
        styled: False = `w/o style`, SPMPGAN's decoder blocks.
        valid_ratio: False = `w/o valid ratio`.
        region_mean: all pixels of a region (released code) or the visible ones (paper).
        border: the release is given the masked image, so that nothing leaks: "grey".
    """

    style: int = Field(default=128, ge=1)
    style_widths: tuple[int, int, int, int, int, int] = (16, 32, 64, 128, 256, 512)
    style_decoder: tuple[int, int, int, int] = (512, 256, 256, 256)
    styled: bool = True
    valid_ratio: bool = True
    region_mean: RegionMean = "all"
    border: Border = "grey"

    @property
    def decoder_modulation(self) -> Modulation:
        """As the encoder's, with the style vector before the other channels."""
        if not self.styled:
            return self.modulation
        return Modulation(self.style + self.classes + 2, self.hidden, styled=True)


def divsem_config(variant: str = "full", **fields: Any) -> DivSemConfig:
    """The configuration of a variant in the paper's words; `fields` replace defaults.

    Raises:
        KeyError: no such variant.
        pydantic.ValidationError: a field is out of its range.
    """
    return DivSemConfig(**{**VARIANTS[variant], **fields})


class DivSem(ProgressiveNetwork):
    """The generator and its style encoder.

    Args:
        config: its configuration.
        spectral_norm: True = training form of the decoders; False = folded, for inference.
    """

    config: DivSemConfig

    def __init__(self, config: DivSemConfig, *, spectral_norm: bool = False) -> None:
        super().__init__(config, config.decoder_modulation, spectral_norm=spectral_norm)
        if config.styled:
            self.zencoder = StyleEncoder(
                config.style_widths,
                config.style_decoder,
                config.style,
                valid_ratio=config.valid_ratio,
                region_mean=config.region_mean,
            )
        draw_normal(self)
