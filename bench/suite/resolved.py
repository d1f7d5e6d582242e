"""A suite with nothing left to be guessed: lists, defaults and parameters of protocols written out."""

from __future__ import annotations

from typing import Any

import masks
from bench.core.errors import BadInput
from bench.suite.schema import MethodEntry, Suite, TaskEntry

__all__ = ["resolved"]


def resolved(suite: Suite) -> dict[str, Any]:
    """The suite as plain values; read again as a suite file, it makes the same run.

    A dataset shows what it leaves open as null: its default split, no limit, no segmenter.

    Raises:
        BadInput: a protocol that there is none of, or a parameter that it does not take.
    """
    plain = suite.model_dump(mode="json", exclude_none=True)
    plain["title"] = suite.title or suite.name
    plain["datasets"] = {name: one.model_dump(mode="json") for name, one in suite.datasets.items()}
    plain["tasks"] = [_task(suite, entry) for entry in suite.single_tasks()]
    plain["methods"] = [_method(entry) for entry in suite.methods]
    return plain


def _task(suite: Suite, entry: TaskEntry) -> dict[str, Any]:
    plain = entry.model_dump(mode="json", exclude_none=True)
    plain["composite"] = entry.composite or suite.composite
    plain["quantise"] = entry.quantise or suite.quantise
    if entry.protocol is not None:
        try:
            protocol = masks.make_protocol(str(entry.protocol), entry.parameters)
        except masks.MaskError as error:
            raise BadInput(f"task {entry.name!r}: {error}") from None
        plain["protocol"] = protocol.key
        plain["parameters"] = masks.parameters_of(protocol)
    return plain


def _method(entry: MethodEntry) -> dict[str, Any]:
    return {**entry.model_dump(mode="json"), "title": entry.title or entry.name}
