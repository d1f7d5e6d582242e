"""The harness: suites in, scored runs out.

import bench
outcome = bench.run_suite("demo", out="runs/demo")
scores = bench.score("real", "fake", metrics=["psnr", "lpips-alex"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.version import __version__

if TYPE_CHECKING:
    from bench.run.outcome import Outcome
    from bench.run.suite_run import run_suite
    from bench.score import score

__all__ = ["Outcome", "__version__", "run_suite", "score"]

_HOMES = {
    "Outcome": "bench.run.outcome",
    "run_suite": "bench.run.suite_run",
    "score": "bench.score",
}


def __getattr__(name: str) -> Any:
    """Imports what is asked for when it is asked for, so that `import bench` stays quick."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'bench' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
