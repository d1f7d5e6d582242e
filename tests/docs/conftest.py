"""A reader's folder: empty, without weights or data of this machine."""

import sys

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder in which a page is followed; modules that its files make are forgotten."""
    monkeypatch.chdir(tmp_path)
    for name in ("SIEBENCH_DATA", "SIEBENCH_WEIGHTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIEBENCH_CACHE", str(tmp_path / "cache"))
    before, path = set(sys.modules), list(sys.path)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
