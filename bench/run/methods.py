"""A suite's methods as editors, each with its identity, or with the reason why it is not here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench import __version__
from bench.core.errors import Unavailable
from bench.core.identity import Record, record_hash
from bench.core.text import slug
from bench.plugins.editors import Editor, Movable, create_editor
from bench.run.plan import Task
from bench.suite.schema import MethodEntry

__all__ = ["Method", "make_methods"]


@dataclass(frozen=True, eq=False)
class Method:
    """A row of the tables.

    `editor` is None where an optional part of it is not here; `problem` then says which.
    """

    name: str
    title: str
    entry: MethodEntry
    editor: Editor | None
    record: Record
    problem: str | None = None

    @property
    def slug(self) -> str:
        """The method's folder name."""
        return slug(self.name)

    @property
    def hash(self) -> str:
        """The method hash."""
        return record_hash(self.record)

    def edits(self, task: Task) -> bool:
        """Whether the suite asks this method for the task's edits."""
        return self.entry.datasets is None or task.data in self.entry.datasets

    @property
    def needs(self) -> frozenset[str]:
        """What the editor sees beyond the masked picture."""
        return frozenset() if self.editor is None else self.editor.needs


def make_methods(
    entries: Sequence[MethodEntry], *, device: str, batch_size: int, trust: bool = False
) -> tuple[Method, ...]:
    """The suite's methods, in its order, on `device`.

    Raises:
        BadInput: an unknown editor or option. A part that is optional and not here is no error:
            the method is then listed with the reason.
    """
    return tuple(_method(entry, device, batch_size, trust) for entry in entries)


def _method(entry: MethodEntry, device: str, batch_size: int, trust: bool) -> Method:
    editor: Editor | None = None
    problem: str | None = None
    try:
        editor = create_editor(entry.editor, entry.options, trust=trust)
    except Unavailable as error:
        problem = str(error)
    movable: object = editor
    if isinstance(movable, Movable):
        movable.to(device)
    identity: Mapping[str, Any] = getattr(editor, "identity", {})
    record = {
        "editor": entry.editor,
        "options": {name: value for name, value in entry.options.items() if name != "trust"},
        "identity": dict(identity),
        "code": __version__,
        "batch_shape": batch_size,
        "device": device.split(":")[0],
    }
    return Method(entry.name, entry.title or entry.name, entry, editor, record, problem)
