"""Weights of the published systems: official files in, safetensors with a card out."""

from baselines.checkpoints.card import Card
from baselines.checkpoints.extras import (
    read_feature_clusters,
    read_mean_codes,
    read_object_bank,
    read_style_bank,
)
from baselines.checkpoints.importing import MIT, RESEARCH_ONLY, OfficialFile
from baselines.checkpoints.loading import Loaded, load_network, read_card
from baselines.checkpoints.parts import OfficialPart, OfficialParts
from baselines.checkpoints.writing import save_network

__all__ = [
    "MIT",
    "RESEARCH_ONLY",
    "Card",
    "Loaded",
    "OfficialFile",
    "OfficialPart",
    "OfficialParts",
    "load_network",
    "read_card",
    "read_feature_clusters",
    "read_mean_codes",
    "read_object_bank",
    "read_style_bank",
    "save_network",
]
