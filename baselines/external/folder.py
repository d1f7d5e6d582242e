"""Results made elsewhere, each found under the name of its edit.

`path` is a folder that holds EDIT.png, where EDIT is the edit's id: the scene's, and with several
samples SCENE.0, SCENE.1, ... Where edits of several tasks would share a file, `path` is a template:

    results/{protocol}                  a folder for each protocol, in it EDIT.png
    results/{task}/{scene}-{sample}     files of one's own naming

`{task}`, `{dataset}` (the suite's name of it), `{protocol}` (with its version: `freeform@1`), `{scene}`,
`{sample}` (from 0) and `{edit}` are filled in. A template whose last part names scene, sample or edit
names a file, with its ending or without; any other names a folder. Two edits of a suite never share a
file, and a task has a result of one of its edits at least: otherwise the suite is refused before anything
runs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.batch import EditBatch
from bench.core.errors import BadInput, EditFailed, unknown
from bench.core.identity import file_hash
from bench.core.images import IMAGE_SUFFIXES, read_image
from bench.core.text import slug
from bench.edit import EditName
from bench.plugins.editors import TaskFacts

__all__ = ["Folder"]

_OF_TASKS = ("protocol", "dataset", "task")
_OF_EDITS = ("scene", "sample", "edit")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Folder:
    """Results from a folder: `path`/EDIT.png, or as a template with {protocol}, {edit} ... says.

    Args:
        path: the folder, or a template of folders or files.

    Raises:
        BadInput: an unknown placeholder, or no such folder.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    keeps_known: ClassVar[bool] = True
    places: ClassVar[tuple[str, ...]] = ("path",)

    def __init__(self, path: str) -> None:
        if not isinstance(path, str):
            raise BadInput(f"editor 'folder': path: must be text, but is {path!r}")
        self.path = path
        parts = Path(path).parts
        # A folder whose own name has braces is no template.
        plain = len(parts) if Path(path).is_dir() else _first_filled(parts)
        self.root = Path(*parts[:plain])
        self._folders = _Template(parts[plain:])
        self._file = _Template(("{edit}",))
        if self._folders.names_file:
            *above, last = parts[plain:]
            self._folders, self._file = _Template(above), _Template((last,))
        self._names = self._folders.names | self._file.names
        self._found: dict[Path, tuple[int, dict[str, list[Path]]]] = {}
        if not self.root.is_dir():
            raise BadInput(
                f"editor 'folder': path: {self.root} is not a folder; write where the results lie"
            )

    def check(self, task: TaskFacts) -> None:
        """Refuses a task whose edits would share files, with each other or with another task's, or have none.

        Raises:
            BadInput: with the path, and the template to write or what shall lie there.
        """
        if len(task.scenes) > 1 and not self._names & {"scene", "edit"}:
            raise BadInput(
                f"path: {self.path} names one file for all {len(task.scenes)} scenes; write "
                f"`path: {self._with_edit()}`"
            )
        if task.samples > 1 and not self._names & {"sample", "edit"}:
            raise BadInput(
                f"path: {self.path} names one file for the {task.samples} edits of a scene; write "
                f"`path: {self._with_edit()}`"
            )
        sharing = [other for other in task.others if self._shares(task, other)]
        if sharing:
            scene = next((s for s in task.scenes if s in set(sharing[0].scenes)), task.scenes[0])
            raise BadInput(
                f"path: {self.path} names one file for scene {scene!r} of this task and of task "
                f"{sharing[0].task!r}; write `path: {self._told_apart(task, sharing)}`, so that each "
                "edit has its own"
            )
        if not self._folders.names & set(_OF_EDITS):
            values = {"task": task.task, "dataset": task.dataset, "protocol": task.protocol}
            folder = _below(self.root, self._folders.filled(values))
            if not folder.is_dir():
                raise BadInput(
                    f"path: {folder} is not a folder; put this task's results there, or leave "
                    f"{task.dataset!r} out of the method's `datasets`"
                )
        self._refuse_without_results(task.edits)

    def source_of(self, name: EditName) -> str:
        """SHA-256 of the file that an edit's result is taken from; "" where there is none."""
        try:
            return file_hash(self._find(name))
        except (BadInput, OSError):
            return ""

    def edit(self, batch: EditBatch) -> Tensor:
        """The batch's images, float32 [B,3,H,W] in [-1,1].

        Raises:
            EditFailed: an image that is missing, there twice, damaged or of another size, with its
                path.
        """
        height, width = batch.labels.shape[1:]
        images = []
        for i in range(len(batch)):
            try:
                path = self._find(_name(batch, i))
                image = read_image(path)
            except BadInput as error:
                raise EditFailed(str(error)) from None
            if image.shape[:2] != (height, width):
                got = "x".join(str(side) for side in image.shape[1::-1])
                raise EditFailed(
                    f"{path}: {got} pixels where {width}x{height} are asked for; save it in the "
                    "edit's size"
                )
            images.append(image)
        stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        return (stacked.float() / 127.5 - 1).to(batch.masked.device)

    def _refuse_without_results(self, edits: Iterable[EditName]) -> None:
        first: BadInput | None = None
        for name in edits:
            try:
                self._find(name)
                return
            except BadInput as error:
                first = first or error
        if first is not None:
            listed = (there for _, images in self._found.values() for there in images.values())
            other = next(listed, None)
            lies = f"; there is {other[0].name}, for instance" if other else ""
            raise BadInput(
                f"path: no edit of this task has its result: {first}{lies}; write where the results lie, "
                "or put them there under these names"
            )

    def _find(self, name: EditName) -> Path:
        """The file of an edit.

        Raises:
            BadInput: where there is none, or more than one.
        """
        values = {of: str(getattr(name, of)) for of in (*_OF_TASKS, *_OF_EDITS)}
        folder = _below(self.root, self._folders.filled(values))
        wanted = [self._file.filled(values)]
        safe = slug(name.scene)
        if self._file.parts == ("{edit}",) and name.edit.startswith(safe):
            # An edit is named for its scene, made safe as a file name; the scene's own name will do.
            wanted.append(_safe_parts("scene", name.scene + name.edit.removeprefix(safe)))
        for *above, file in wanted:
            if self._file.ending:
                file = f"{Path(file).stem}{self._file.ending}"
            files = self._listed(_below(folder, above)).get(_normal(file), [])
            if len(files) > 1:
                raise BadInput(
                    f"{files[0]}: {files[1].name} has the same stem; keep one of the two"
                )
            if files:
                return files[0]
        asked = "/".join(wanted[-1]) + ("" if self._file.ending else ".png")
        raise BadInput(f"{folder}: holds no image for edit {name.edit!r} (looked for {asked})")

    def _listed(self, folder: Path) -> dict[str, list[Path]]:
        """The folder's images by name in one Unicode form, without the ending or in lower case.

        Read again where the folder has changed.
        """
        root = self.root.resolve()
        if not folder.is_dir() or not folder.resolve().is_relative_to(root):
            return {}
        changed = folder.stat().st_mtime_ns
        if folder not in self._found or self._found[folder][0] != changed:
            files: dict[str, list[Path]] = {}
            for path in sorted(folder.iterdir()):
                ending = path.suffix.lower()
                if path.name.startswith(".") or ending not in IMAGE_SUFFIXES:
                    continue
                if path.is_file() and path.resolve().is_relative_to(root):
                    name = path.stem + (ending if self._file.ending else "")
                    files.setdefault(_normal(name), []).append(path)
            self._found[folder] = (changed, files)
        return self._found[folder][1]

    def _shares(self, task: TaskFacts, other: TaskFacts) -> bool:
        """Whether edits of both tasks would take the same file."""
        if any(getattr(task, of) != getattr(other, of) for of in self._names & set(_OF_TASKS)):
            return False
        by_scene = bool(self._names & {"scene", "edit"})
        return not by_scene or not set(task.scenes).isdisjoint(other.scenes)

    def _told_apart(self, task: TaskFacts, others: Iterable[TaskFacts]) -> str:
        """The template with what tells the task from the others."""
        by = next(
            of
            for of in _OF_TASKS
            if of == "task" or all(getattr(task, of) != getattr(other, of) for other in others)
        )
        file = () if self._file.parts == ("{edit}",) else self._file.parts
        return str(Path(self.root, f"{{{by}}}", *self._folders.parts, *file))

    def _with_edit(self) -> str:
        """The template with what tells the edits of a task apart."""
        kept = (p for p in self._folders.parts if "{scene}" not in p and "{sample}" not in p)
        return str(Path(self.root, *kept, f"{{edit}}{self._file.ending}"))


def _name(batch: EditBatch, i: int) -> EditName:
    return EditName(
        batch.task, batch.dataset, batch.protocol, batch.scenes[i], batch.samples[i], batch.ids[i]
    )


class _Template:
    """Parts of a path with placeholders.

    Raises:
        BadInput: an unknown placeholder.
    """

    def __init__(self, parts: Iterable[str]) -> None:
        self.parts = tuple(parts)
        self.names = {name for part in self.parts for name in _PLACEHOLDER.findall(part)}
        for name in self.names - {*_OF_TASKS, *_OF_EDITS}:
            raise unknown("placeholder in path of editor 'folder':", name, (*_OF_TASKS, *_OF_EDITS))

    @property
    def ending(self) -> str:
        """The last part's ending in lower case, where it is an image's; else nothing."""
        ending = Path(self.parts[-1]).suffix.lower() if self.parts else ""
        return ending if ending in IMAGE_SUFFIXES else ""

    @property
    def names_file(self) -> bool:
        """Whether the last part is a file's name."""
        last = set(_PLACEHOLDER.findall(self.parts[-1])) if self.parts else set()
        return bool(last & set(_OF_EDITS)) or bool(self.ending and self.names)

    def filled(self, values: Mapping[str, str]) -> list[str]:
        """The parts with their values, each name in folders of its own where a value has some.

        Raises:
            BadInput: where a value is not known, or would lead out of the folder.
        """
        found: list[str] = []
        for part in self.parts:
            for name in _PLACEHOLDER.findall(part):
                if not values.get(name):
                    raise BadInput(f"path: the edit has no {name} to stand for {{{name}}}")
                _safe_parts(name, values[name])
            found += Path(_PLACEHOLDER.sub(lambda match: values[match[1]], part)).parts
        return found


def _first_filled(parts: tuple[str, ...]) -> int:
    """The first part with a placeholder; their number where there is none."""
    return next((i for i, part in enumerate(parts) if _PLACEHOLDER.search(part)), len(parts))


def _safe_parts(name: str, value: str) -> list[str]:
    """A value's folders and name.

    Raises:
        BadInput: where they lead out of the folder.
    """
    path = Path(value)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in value:
        raise BadInput(f"path: {name} {value!r} leads out of the folder; rename it")
    return list(path.parts)


def _below(folder: Path, parts: Iterable[str]) -> Path:
    """The folder that the parts name, in whichever Unicode form it lies there."""
    for part in parts:
        exact = folder / part
        if not exact.is_dir() and folder.is_dir():
            same = (at for at in folder.iterdir() if _normal(at.name) == _normal(part))
            exact = next((at for at in same if at.is_dir()), exact)
        folder = exact
    return folder


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)
