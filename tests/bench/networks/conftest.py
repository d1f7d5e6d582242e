"""Random networks as files."""

from tests.bench.metrics.conftest import random_weights

__all__ = ["random_weights"]
