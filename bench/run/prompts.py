"""The texts of a task's edits, for editors that read words.

    {"0001": "a red sofa", "0002.1": "a window onto a garden"}

A key is a scene's id or an edit's; an edit's own goes before its scene's.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bench.core.documents import read_json
from bench.core.errors import BadInput

__all__ = ["read_prompts"]


def read_prompts(task: str, file: Path, known: Collection[str]) -> dict[str, str]:
    """The texts of a JSON file, by scene or edit id.

    Args:
        task: the task's name, for messages.
        file: the file.
        known: the ids of the task's scenes and edits. A file may name others too, as where a run takes
            fewer scenes.

    Raises:
        BadInput: a file that is missing or maps no ids to texts, or none of the known ids.
    """
    where = f"task {task!r}: prompts: {file}"
    found = read_json(file)
    if not isinstance(found, dict) or not found:
        raise BadInput(f'{where} must map ids to texts, as in {{"0001": "a red sofa"}}')
    wrong = next((key for key, text in found.items() if not isinstance(text, str)), None)
    if wrong is not None:
        raise BadInput(f"{where}: {wrong!r} is {found[wrong]!r}; give it a text")
    if set(known).isdisjoint(found):
        raise BadInput(
            f"{where} names none of the scenes; its first key is {next(iter(found))!r}, and a scene is "
            f"called {min(known)!r}"
        )
    return found
