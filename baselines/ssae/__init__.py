"""SSAE: face regions get other styles through a Swapping Autoencoder."""

from baselines.ssae.config import REGIONS, VARIANTS, SSAEConfig, ssae_config
from baselines.ssae.mask_predictor import MaskPredictor
from baselines.ssae.network import SSAE, SSAEImages
from baselines.ssae.refinement import Refinement, select

__all__ = [
    "REGIONS",
    "SSAE",
    "VARIANTS",
    "MaskPredictor",
    "Refinement",
    "SSAEConfig",
    "SSAEImages",
    "select",
    "ssae_config",
]
