from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.reports.made_run import make_run


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("kept"), edits=8, methods=3, tasks=2, size=16)


@pytest.fixture
def kept(source: Path, tmp_path: Path) -> Path:
    """A run of eight edits, three methods and two tasks, to write into."""
    return Path(shutil.copytree(source, tmp_path / "run"))
