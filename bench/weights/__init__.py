"""Weights of the networks that metrics look through: what is official, here, and fetched."""

from bench.weights.catalogue import NETWORKS, Network, network
from bench.weights.fetch import fetch
from bench.weights.finder import Found, WeightsMissing, find, require, target, weight_folders
from bench.weights.verify import Status, verify

__all__ = [
    "NETWORKS",
    "Found",
    "Network",
    "Status",
    "WeightsMissing",
    "fetch",
    "find",
    "network",
    "require",
    "target",
    "verify",
    "weight_folders",
]
