"""What a reader calls a task that its suite gave neither a name nor a title."""

from __future__ import annotations

from pathlib import Path

from bench.suite.protocols import protocol_title

__all__ = ["task_title"]


def task_title(dataset: str, protocol: str | None, pack: str | None = None) -> str:
    """A title as in "COCO-Stuff, free-form".

    Args:
        dataset: the suite's name of it; a registered name gives the dataset's own title.
        protocol: the protocol's name, or
        pack: the folder that the edits come from.
    """
    edits = protocol_title(protocol) if protocol is not None else Path(str(pack)).name
    return f"{_dataset(dataset)}, {edits}"


def _dataset(name: str) -> str:
    from bench.datasets import dataset_names, describe

    if name in dataset_names():
        return describe(name).title
    plain = name.replace("_", " ")
    return plain[:1].upper() + plain[1:]
