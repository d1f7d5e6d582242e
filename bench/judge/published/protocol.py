"""Where a run's protocol differs from what is known of a paper's, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.core.identity import said

__all__ = ["protocol_differences"]

_ABSENT = object()


def protocol_differences(record: Mapping[str, Any], expects: Mapping[str, Any]) -> list[str]:
    """The fields of `record` that are not what the paper's protocol says, one sentence part each.

    Args:
        record: the readable record behind a protocol hash.
        expects: what is known of the paper's, by dotted field ("n_scenes", "metric.channels"). A
            list stands for itself; a field that the record lacks differs.
    """
    return [
        f"{field} is {said(None if found is _ABSENT else found)} here and {said(value)} there"
        for field, value in expects.items()
        if (found := _at(record, field)) != value
    ]


def _at(record: Mapping[str, Any], field: str) -> Any:
    value: Any = record
    for part in field.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _ABSENT
        value = value[part]
    return value
