"""The harness: suites in, scored runs out. The public API is `siebench`."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
