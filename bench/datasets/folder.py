"""A plain folder of one's own images: images/, labels/ and, if there are any, instances/.

classes.json beside them names the classes, as a list of names or as

    {"classes": ["wall", "bed"], "palette": [[200, 190, 170], [204, 5, 255]], "ignored": [0]}

Without it the classes are numbered up to the largest label found. Labels of 255 and 65535 are void
unless there are classes of these numbers. With a palette label maps may be in its colours: black is
void unless a class is black. Instances: 0 = no object.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.core.documents import read_json
from bench.core.errors import BadInput, first_fault
from bench.core.identity import record_hash
from bench.core.images import opened
from bench.datasets.dataset import Dataset
from bench.datasets.info import DatasetInfo, Licence
from bench.datasets.labelled_folder import Encoding, LabelledFolder
from bench.datasets.layout import SceneFiles, find_split, list_scenes
from bench.datasets.map_facts import MapFacts, map_fault
from bench.datasets.planes import COLOURED, PLAIN_VOIDS, read_map, void_at
from bench.datasets.published import needs_path
from bench.datasets.spaces import bit_colours, numbered_space
from bench.scene import LabelSpace

__all__ = ["INFO", "ClassTable"]

_MOST_CLASSES = 10_000
"""Without a list of names; more would be numbers of another kind (colours, object ids)."""

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
    named = None if table is None else _read_table(table)
    space = _count_classes(scenes) if named is None else named.space()
    void = void_at(*(value for value in PLAIN_VOIDS if value >= len(space)))
    palette = None if named is None else named.palette
    return _Folder("folder", space, scenes, Encoding(labels=void, palette=palette))


class _Folder(LabelledFolder):
    """Scenes whose classes.json may read the same files in another way and count other classes."""

    @functools.cached_property
    def _fingerprint(self) -> str:
        said: dict[str, Any] = {}
        if self.space.ignored:
            said["ignored"] = sorted(self.space.ignored)
        if self._encoding.palette and any(_coloured(one.labels) for one in self._scenes.values()):
            said["palette"] = [list(colour) for colour in self._encoding.palette]
        files = super()._fingerprint
        return record_hash({"files": files, **said}) if said else files


def _coloured(labels: Path) -> bool:
    """Whether the `palette` reads the map; a file that cannot be read is reported on reading."""
    try:
        with opened(labels) as file:
            return file.mode in COLOURED
    except (BadInput, OSError):
        return False


def _read_table(file: Path) -> ClassTable:
    content: Any = read_json(file)
    try:
        table = ClassTable.model_validate(
            {"classes": content} if isinstance(content, list) else content
        )
    except ValidationError as error:
        where, why = first_fault(error)
        raise BadInput(
            f"{file}: {where or 'the file'}: {why}; docs/how-to/use-your-images.md shows what it holds"
        ) from None
    names = table.classes
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise BadInput(
            f"{file}: the class {name!r} is given {times} times; each class needs a name of its own"
        )
    if table.palette is not None and len(table.palette) != len(names):
        raise BadInput(
            f"{file}: palette has {len(table.palette)} colours for {len(names)} classes; "
            "give one for each, or none"
        )
    strange = next((k for k in table.ignored if not 0 <= k < len(names)), None)
    if strange is not None:
        raise BadInput(
            f"{file}: ignored: there is no class {strange}; there are 0 to {len(names) - 1}"
        )
    return table


def _count_classes(scenes: Mapping[str, SceneFiles]) -> LabelSpace:
    """Numbered classes up to the largest label; unreadable files are reported on reading.

    Raises:
        BadInput: where the numbers cannot be class numbers.
    """
    seen: dict[int, Path] = {}
    maps: list[MapFacts] = []
    for files in scenes.values():
        try:
            numbers, facts = read_map(files.labels)
        except BadInput:
            continue
        maps.append(facts)
        for value in np.unique(numbers).tolist():
            seen.setdefault(value, files.labels)
    largest = max((value for value in seen if value not in PLAIN_VOIDS), default=0)
    if largest >= _MOST_CLASSES:
        raise BadInput(
            f"{seen[largest]}: label {largest} would make {largest + 1:,} classes; class numbers "
            "begin at 0, and classes.json beside images/ names more than "
            f"{_MOST_CLASSES:,} of them"
        )
    if set(seen) == {0, 255}:
        raise BadInput(
            f"{seen[255].parent}: every label is 0 or 255, and 255 is void, so one class would be "
            "left; write 0 and 1 for two classes, or name the one class in classes.json"
        )
    fault = map_fault(maps, largest + 1)
    if fault is not None:
        raise BadInput(fault)
    return numbered_space(largest + 1)


INFO = DatasetInfo(
    name="folder",
    title="Images",
    about="your own images with label maps, and object maps if there are any",
    layout="[SPLIT/]{images,labels[,instances]} by stem, classes.json (optional); label 255 = void",
    licence=Licence("your own"),
    open=_open,
)
