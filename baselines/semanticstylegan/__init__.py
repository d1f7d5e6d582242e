"""SemanticStyleGAN: faces composed of their parts (docs/protocol/rivals.md, C)."""

from baselines.semanticstylegan.config import (
    FACE,
    VARIANTS,
    SemanticStyleGANConfig,
    semanticstylegan_config,
)
from baselines.semanticstylegan.discriminator import SegmentationDiscriminator
from baselines.semanticstylegan.generator import SemanticStyleGAN, Synthesis

__all__ = [
    "FACE",
    "VARIANTS",
    "SegmentationDiscriminator",
    "SemanticStyleGAN",
    "SemanticStyleGANConfig",
    "Synthesis",
    "semanticstylegan_config",
]
