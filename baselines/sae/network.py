"""Encoder and generator under one roof, as the flat official checkpoint names them."""

from __future__ import annotations

from torch import Tensor, nn

from baselines.sae.config import SAEConfig
from baselines.sae.encoder import SAEEncoder
from baselines.sae.generator import SAEGenerator

__all__ = ["SAE", "sae_network"]


class SAE(nn.Module):
    """[B,3,H,W] in [-1,1] RGB -> its reconstruction, through structure and texture."""

    def __init__(self, config: SAEConfig) -> None:
        super().__init__()
        self.config = config
        self.E = SAEEncoder(config)
        self.G = SAEGenerator(config)

    def forward(self, image: Tensor) -> Tensor:
        """The reconstruction without noise."""
        rebuilt: Tensor = self.G(*self.E(image))
        return rebuilt


def sae_network(config: SAEConfig, *, spectral_norm: bool = False) -> SAE:
    """The network as the checkpoint importer asks for every system.

    Raises:
        ValueError: nothing in it is spectrally normalised, in training neither.
    """
    if spectral_norm:
        raise ValueError("the Swapping Autoencoder has no spectral norm")
    return SAE(config)
