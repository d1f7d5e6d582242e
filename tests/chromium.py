"""The Chromium that browser tests drive; SIEBENCH_CHROMIUM may name one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def chromium() -> Iterator:
    """A running browser; the test is skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    named = os.environ.get("SIEBENCH_CHROMIUM")
    path = named or next((path for path in map(shutil.which, NAMES) if path), None)
    if path is None:
        pytest.skip("no Chromium on this machine; SIEBENCH_CHROMIUM may name one")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
