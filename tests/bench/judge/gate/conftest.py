"""Runs that several tests look at: an honest one, and one with twice the noise."""

from pathlib import Path

import pytest

from tests.bench.judge.gate.made_runs import make_runs


@pytest.fixture(scope="session")
def runs(tmp_path_factory) -> tuple[Path, Path]:
    """(honest, degraded): runs of one suite over the same 24 scenes."""
    honest, degraded = make_runs(tmp_path_factory.mktemp("gate"), 20, 40)
    return honest, degraded
