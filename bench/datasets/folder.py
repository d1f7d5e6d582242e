"""A plain folder of one's own images: images/, labels/ and, if there are any, instances/.

classes.json beside them names the classes, as a list of names or as

    {"classes": ["wall", "bed"], "palette": [[200, 190, 170], [204, 5, 255]], "ignored": [0]}

Without it the classes are numbered up to the largest label found. A label of 255 is void unless
there is a class 255. Instances: 0 = no object.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.core.errors import BadInput
from bench.core.identity import record_hash
from bench.datasets.dataset import Dataset
from bench.datasets.info import DatasetInfo
from bench.datasets.labelled_folder import Encoding, LabelledFolder, void_at
from bench.datasets.layout import SceneFiles, find_split, list_scenes
from bench.datasets.planes import read_plane
from bench.datasets.published import needs_path
from bench.datasets.spaces.numbered import bit_colours, numbered_space
from bench.scene import LabelSpace

__all__ = ["INFO", "ClassTable"]

_VOID = 255
_Level = Annotated[int, Field(ge=0, le=255)]


class ClassTable(BaseModel):
    """What classes.json says; `palette` has one RGB colour per class where it is given."""

    model_config = ConfigDict(extra="forbid")

    classes: Annotated[list[str], Field(min_length=1)]
    palette: list[tuple[_Level, _Level, _Level]] | None = None
    ignored: list[int] = []

    def space(self) -> LabelSpace:
        """The label space; its name holds a hash of the class names, so that other lists differ."""
        digest = record_hash({"classes": self.classes})[:12]
        colours = tuple(self.palette) if self.palette else bit_colours(len(self.classes))
        return LabelSpace(f"folder-{digest}", tuple(self.classes), colours, frozenset(self.ignored))


def _open(path: Path | None, split: str | None, count: int | None) -> Dataset:
    root = needs_path("folder", path)
    place = find_split(root, split, None)
    scenes = dict(islice(list_scenes(place).items(), count))
    tables = [folder / "classes.json" for folder in (place, root, place.parent)]
    table = next((file for file in tables if file.is_file()), None)
    space = _read_table(table).space() if table else _count_classes(scenes)
    void = void_at(_VOID) if len(space) <= _VOID else void_at()
    return LabelledFolder("folder", space, scenes, Encoding(labels=void))


def _read_table(file: Path) -> ClassTable:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        table = ClassTable.model_validate(
            {"classes": content} if isinstance(content, list) else content
        )
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: {_first_fault(error)}") from error
    if table.palette is not None and len(table.palette) != len(table.classes):
        raise BadInput(
            f"{file}: palette has {len(table.palette)} colours for {len(table.classes)} classes; "
            "give one for each, or none"
        )
    return table


def _first_fault(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the file"
        return f"{where}: {fault['msg']}; see docs/reference/datasets.md for the form"
    return f"is no readable JSON ({error})"


def _count_classes(scenes: Mapping[str, SceneFiles]) -> LabelSpace:
    """Numbered classes up to the largest label; unreadable files are reported on reading."""
    largest = 0
    for files in scenes.values():
        try:
            raw = read_plane(files.labels)
        except BadInput:
            continue
        counted = raw[raw != _VOID]
        largest = max(largest, int(counted.max(initial=0)))
    return numbered_space(largest + 1)


INFO = DatasetInfo(
    name="folder",
    title="Pictures",
    about="your own images with label maps, and object maps if there are any",
    layout="[SPLIT/]{images,labels[,instances]} by stem, classes.json (optional); label 255 = void",
    splits=(),
    default=None,
    drawn=False,
    open=_open,
)
