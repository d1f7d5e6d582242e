"""The tests that need a card, beside what is measured: golden vectors, kernels, replays, steps."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

from tests.speed.gpu import Row, Setting

__all__ = ["measure"]

TESTS = (
    "tests/baselines/test_golden_on_devices.py",
    "tests/baselines/test_captured.py",
    "tests/baselines/layers/test_modulated_norm.py",
    "tests/bench/core/test_float32.py",
    "tests/bench/core/test_transfers.py",
)
"""Files in which some tests run on a card alone, known by "cuda" or "gpu" in their names."""


def measure(setting: Setting) -> Iterator[Row]:
    """How many passed, and what pytest says of every one that did not."""
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=line", "-k", "cuda or gpu", *TESTS],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "400"},  # so that reasons are not cut
        timeout=min(setting.left, 600.0),
    )
    *lines, last = ended.stdout.splitlines() or [ended.stderr[-600:]]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    if ended.returncode and not failed:
        failed = lines[-4:]
    yield Row("tests that need a card", last.strip("= "), notes=failed)
