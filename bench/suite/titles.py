"""What a reader calls a task or a method that its suite gave no title."""

from __future__ import annotations

from pathlib import Path

from bench.plugins.kinds import EDITORS
from bench.suite.protocols import protocol_title

__all__ = ["method_title", "task_title"]


def task_title(dataset: str, protocol: str | None, pack: str | None = None) -> str:
    """A title as in "COCO-Stuff, free-form".

    Args:
        dataset: the suite's name of it; a registered name gives the dataset's own title.
        protocol: the protocol's name, or
        pack: the folder that the edits come from.
    """
    edits = protocol_title(protocol) if protocol is not None else Path(str(pack)).name
    return f"{_dataset(dataset)}, {edits}"


def method_title(name: str, editor: str) -> str:
    """The method's name; where that is its editor's name, the editor's own title."""
    known = name == editor and name in EDITORS.names()
    return EDITORS.find(editor).title if known else name


def _dataset(name: str) -> str:
    from bench.datasets import dataset_names, describe

    if name in dataset_names():
        return describe(name).title
    plain = name.replace("_", " ")
    return plain[:1].upper() + plain[1:]
