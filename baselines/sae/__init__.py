"""The Swapping Autoencoder: a picture as structure and texture (protocol/generation.md, D)."""

from baselines.sae.config import SAEConfig
from baselines.sae.discriminators import ImageDiscriminator, PatchDiscriminator, random_patches
from baselines.sae.encoder import SAEEncoder
from baselines.sae.generator import SAEGenerator, draw_noise

__all__ = [
    "ImageDiscriminator",
    "PatchDiscriminator",
    "SAEConfig",
    "SAEEncoder",
    "SAEGenerator",
    "draw_noise",
    "random_patches",
]
