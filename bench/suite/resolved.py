"""A suite with nothing left to be guessed: lists, defaults and parameters of protocols written out."""

from __future__ import annotations

from typing import Any

from bench.core.errors import BadInput
from bench.suite.protocols import asked, make_protocol
from bench.suite.schema import MethodEntry, Suite, TaskEntry
from bench.suite.titles import method_title
from masks.parameters import places

__all__ = ["resolved"]


def resolved(suite: Suite, *, trust: bool = False) -> dict[str, Any]:
    """The suite as plain values; read again as a suite file, it makes the same run.

    A dataset shows what it leaves open as null: its default split, no limit, no segmenter.

    Args:
        suite: the checked suite.
        trust: agreement to import the modules that the suite names as protocols.

    Raises:
        BadInput: a protocol that there is none of, or a parameter that it does not take.
    """
    plain = suite.model_dump(mode="json", exclude_none=True)
    plain["title"] = suite.title or suite.name
    plain["datasets"] = {name: one.model_dump(mode="json") for name, one in suite.datasets.items()}
    plain["tasks"] = [_task(suite, entry, trust) for entry in suite.single_tasks()]
    plain["methods"] = [_method(entry) for entry in suite.methods]
    return plain


def _task(suite: Suite, entry: TaskEntry, trust: bool) -> dict[str, Any]:
    plain = entry.model_dump(mode="json", exclude_none=True)
    plain["composite"] = entry.composite or suite.composite
    plain["quantise"] = entry.quantise or suite.quantise
    if entry.protocol is not None:
        written = str(entry.protocol)
        try:
            protocol = make_protocol(written, entry.parameters, trust=trust, home=suite.home)
        except BadInput as error:
            raise BadInput(f"task {entry.name!r}: {error}") from None
        plain["protocol"] = written if ":" in written else protocol.key
        paths = places(type(protocol))
        as_written = {name: value for name, value in entry.parameters.items() if name in paths}
        with asked(protocol, "parameters()"):
            plain["parameters"] = {**protocol.parameters(), **as_written}
    return plain


def _method(entry: MethodEntry) -> dict[str, Any]:
    return {
        **entry.model_dump(mode="json"),
        "title": entry.title or method_title(entry.name, entry.editor),
    }
