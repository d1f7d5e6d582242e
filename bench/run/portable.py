"""What `run.json` says of files: no folder of the machine that made the run.

An absolute path in the suite, in a method's options and in a sentence is kept as its last part,
"…/model.pth". What carries a run out again takes whole paths from the suite that is given to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench.core.errors import BadInput
from bench.core.text import without_folders
from bench.run.schema import Header
from bench.suite.schema import Suite, read_suite

__all__ = ["CUT", "portable_header", "portable_suite", "restored", "unknown_paths", "whole_suite"]

CUT = "…/"
"""What a path begins with that has lost its folders."""

_PARAMETERS = "parameters"
"""The field of a suite whose texts are names which may look like a path (the class "/m/0dzct")."""

_FOLDER = "folder"
"""The one of the parameters that is a path: where the masks of predefined@1, or the pack of pack@1, lie."""


def portable_header(header: Header) -> Header:
    """The same without the folders of this machine; once more it stays as it is."""
    return header.model_copy(
        update={
            "suite": portable_suite(header.suite),
            "tasks": tuple(
                task.model_copy(
                    update={
                        field: tuple(
                            edit.model_copy(update={"reason": without_folders(edit.reason)})
                            for edit in getattr(task, field)
                        )
                        for field in ("impossible", "unreadable")
                    }
                )
                for task in header.tasks
            ),
            "methods": tuple(
                method.model_copy(
                    update={
                        "options": _each(method.options, without_folders),
                        "record": _each(method.record, without_folders),
                        "recipe": _each(method.recipe, without_folders),
                        "problem": method.problem and without_folders(method.problem),
                    }
                )
                for method in header.methods
            ),
            "notices": tuple(
                notice.model_copy(update={"text": without_folders(notice.text)})
                for notice in header.notices
            ),
        }
    )


def portable_suite(suite: Mapping[str, Any]) -> dict[str, Any]:
    """A plain suite without the folders of this machine."""
    found: dict[str, Any] = _each(suite, without_folders)
    return found


def restored(kept: Any, whole: Any) -> Any:
    """A kept suite with the whole paths of another one that has the same last parts at the same places.

    Methods, tasks and metrics are found by their place in the list, or by name where they have one.
    """
    if isinstance(kept, Mapping):
        other = whole if isinstance(whole, Mapping) else {}
        return {name: restored(value, other.get(name)) for name, value in kept.items()}
    if isinstance(kept, list):
        return [restored(value, _twin(value, place, whole)) for place, value in enumerate(kept)]
    if isinstance(kept, str) and CUT in kept and isinstance(whole, str):
        return whole if without_folders(whole) == kept else kept
    return kept


def unknown_paths(suite: Any) -> Iterator[str]:
    """The paths of a suite that have lost their folders."""
    if isinstance(suite, Mapping):
        for value in suite.values():
            yield from unknown_paths(value)
    elif isinstance(suite, list):
        for value in suite:
            yield from unknown_paths(value)
    elif isinstance(suite, str) and suite.rpartition(":")[2].startswith(CUT):
        yield suite


def whole_suite(
    folder: Path, kept: Mapping[str, Any], file: Path | str | None, data: Mapping[str, Path]
) -> Suite:
    """The suite of a run, with whole paths.

    Args:
        folder: the run's, for messages.
        kept: the suite as `run.json` has it.
        file: the suite's file: it has the absolute paths, and its other paths count from where it lies.
            Where None, paths count from the working folder.
        data: folders by the suite's dataset names.

    Raises:
        BadInput: a path whose folders nobody gives, or a suite that cannot be read.
    """
    given = None if file is None else read_suite(file)[0]
    found = restored(kept, None if given is None else given.model_dump(mode="json"))
    found["datasets"] = {
        name: entry | {"path": str(data[name])} if name in data else entry
        for name, entry in found.get("datasets", {}).items()
    }
    unknown = next(unknown_paths(found), None)
    if unknown is not None:
        raise BadInput(
            f"{folder}: its suite names {unknown}, of which a run does not keep the folder; give "
            "the suite's file with --suite"
        )
    try:
        suite = Suite.model_validate(found)
    except ValidationError as error:
        raise BadInput(
            f"{folder}: its suite cannot be read ({error.errors()[0]['msg']})"
        ) from error
    return suite.read_from(None if given is None else given.home)


def _twin(value: Any, place: int, whole: Any) -> Any:
    if not isinstance(whole, list):
        return None
    name = value.get("name") if isinstance(value, Mapping) else None
    if name is not None:
        return next((o for o in whole if isinstance(o, Mapping) and o.get("name") == name), None)
    return whole[place] if place < len(whole) else None


def _paths_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a protocol's parameters that are paths; of a plugin's, those that lead somewhere here."""
    return {
        name: value
        for name, value in parameters.items()
        if name == _FOLDER or (isinstance(value, str) and os.path.lexists(value))
    }


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """Every text in a plain value changed, however deep; of parameters those alone that are paths."""
    if isinstance(value, Mapping):
        return {
            name: {**part, **_each(_paths_of(part), change)}
            if name == _PARAMETERS and isinstance(part, Mapping)
            else _each(part, change)
            for name, part in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_each(part, change) for part in value]
    return change(value) if isinstance(value, str) else value
