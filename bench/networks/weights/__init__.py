"""Weights of the networks that metrics use: what is official, here, and fetched."""

from bench.networks.weights.catalogue import CATALOGUE, Network, network
from bench.networks.weights.fetch import fetch
from bench.networks.weights.finder import (
    Found,
    WeightsMissing,
    find,
    named_folders,
    require,
    target,
    weight_folders,
)
from bench.networks.weights.verify import Status, verify

__all__ = [
    "CATALOGUE",
    "Found",
    "Network",
    "Status",
    "WeightsMissing",
    "fetch",
    "find",
    "named_folders",
    "network",
    "require",
    "target",
    "verify",
    "weight_folders",
]
