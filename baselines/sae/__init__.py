"""The Swapping Autoencoder: an image as structure and texture (docs/protocol/generation.md, D)."""

from baselines.sae.config import VARIANTS, SAEConfig, sae_config
from baselines.sae.discriminators import (
    CooccurrenceDiscriminator,
    ImageDiscriminator,
    random_patches,
)
from baselines.sae.encoder import SAEEncoder
from baselines.sae.generator import SAE, SAEGenerator, draw_noise

__all__ = [
    "SAE",
    "VARIANTS",
    "ImageDiscriminator",
    "CooccurrenceDiscriminator",
    "SAEConfig",
    "SAEEncoder",
    "SAEGenerator",
    "draw_noise",
    "random_patches",
    "sae_config",
]
