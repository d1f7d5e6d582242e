from __future__ import annotations

from pathlib import Path

import pytest

from bench.run.reader import Run, read_run
from tests.reports.made_run import make_run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ten edits and five methods on three tasks; tests only read it."""
    return make_run(tmp_path_factory.mktemp("made"), edits=10, methods=5)


@pytest.fixture(scope="session")
def run(made: Path) -> Run:
    return read_run(made)
