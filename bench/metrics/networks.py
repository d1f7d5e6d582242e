"""Which networks of the weights catalogue a metric looks through."""

from __future__ import annotations

from collections.abc import Iterable

from bench.extractors.perceptual import TRUNKS

__all__ = ["fetch_networks", "networks_of"]


def networks_of(metric: str) -> tuple[str, ...]:
    """The catalogue's names of the networks behind a metric; none for one without a network."""
    if metric.startswith("lpips-"):
        return tuple(network for trunk, network in TRUNKS.items() if metric == f"lpips-{trunk}")
    return ("inception-fid",) if metric.startswith(("fid", "kid")) else ()


def fetch_networks(metrics: Iterable[str]) -> None:
    """Fetches what the metrics lack from the official addresses.

    Raises:
        BadInput: where one cannot be fetched or is not what its name says.
    """
    from bench.weights import fetch, find

    for metric in metrics:
        for network in networks_of(metric):
            if find(network) is None:
                fetch(network)
