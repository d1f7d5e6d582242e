"""Weights of the published systems: official files in, safetensors with a card out."""

from baselines.checkpoints.card import Card
from baselines.checkpoints.importing import import_checkpoint
from baselines.checkpoints.loading import Loaded, load_network, read_card
from baselines.checkpoints.systems import SYSTEMS, System, find_system
from baselines.checkpoints.writing import save_network

__all__ = [
    "SYSTEMS",
    "Card",
    "Loaded",
    "System",
    "find_system",
    "import_checkpoint",
    "load_network",
    "read_card",
    "save_network",
]
