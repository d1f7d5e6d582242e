"""What a reader calls a task that its suite gave neither a name nor a title."""

from __future__ import annotations

from pathlib import Path

__all__ = ["PROTOCOL_TITLES", "task_title"]

PROTOCOL_TITLES = {
    "box": "boxes of objects",
    "class": "regions of a class",
    "extension": "extension",
    "freeform": "free-form",
    "freeform-sesame": "free-form as SESAME's",
    "legacy-spmpgan": "SPMPGAN's own masks",
    "object-add": "object addition",
    "object-move": "object moves",
    "object-remove": "object removal",
    "outpainting": "outpainting",
    "panorama": "panorama",
    "predefined": "masks from a folder",
    "relabel": "other class",
    "restyle": "restyling",
    "sesame-add": "addition in SESAME's windows",
    "sesame-remove": "removal in SESAME's windows",
    "stratified": "holes by size",
    "synthesis": "label map to picture",
}
"""Protocols by name, without version, as part of a title."""


def task_title(dataset: str, protocol: str | None, pack: str | None = None) -> str:
    """A title as in "COCO-Stuff, free-form".

    Args:
        dataset: the suite's name of it; a registered name gives the dataset's own title.
        protocol: the protocol's key, or
        pack: the folder that the edits come from.
    """
    name = protocol.partition("@")[0] if protocol is not None else Path(str(pack)).name
    return f"{_dataset(dataset)}, {PROTOCOL_TITLES.get(name, name)}"


def _dataset(name: str) -> str:
    from bench.datasets import dataset_names, describe

    if name in dataset_names():
        return describe(name).title
    plain = name.replace("_", " ")
    return plain[:1].upper() + plain[1:]
