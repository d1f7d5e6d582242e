"""The time, as run records write it."""

from __future__ import annotations

import datetime

__all__ = ["now"]


def now() -> str:
    """ISO 8601, UTC, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
