"""A suite's methods as editors, each with its identity, or with the reason why it is not here.

Whether a method can carry out a task at all is asked before anything is edited. What only one edit can
show (a mask that happens to be full) fails that edit and no other. What holds for all edits of a task
(labels, size, references, masks that are full or empty by their protocol) is a suite that cannot mean
what it says: it is refused while nothing has been spent on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import __version__
from bench.core.device import kind_of
from bench.core.device_faults import device_failure
from bench.core.errors import BadInput, PluginFailed, Unavailable
from bench.core.identity import Record, record_hash
from bench.core.text import slug
from bench.edit import EditName
from bench.plugins.editors import (
    Checking,
    Editor,
    Movable,
    Reading,
    TaskFacts,
    counting_options,
    create_editor,
    declared_places,
)
from bench.plugins.foreign import foreign
from bench.plugins.kinds import EDITORS
from bench.plugins.origin import origin
from bench.run.plan import Task
from bench.suite.places import beside
from bench.suite.protocols import asked
from bench.suite.schema import MethodEntry
from bench.suite.titles import method_title

__all__ = ["Method", "check_tasks", "make_methods"]


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
    def recipe(self) -> Record:
        """How its network was trained, as far as its editor says; no part of the method hash."""
        found: Record = getattr(self.editor, "training_recipe", {})
        return found

    @property
    def needs(self) -> frozenset[str]:
        """What the editor sees beyond the masked image."""
        return frozenset() if self.editor is None else self.editor.needs

    @property
    def batch_size(self) -> int:
        """How many edits its editor is given at once."""
        return int(self.record["batch_shape"])

    @property
    def recognised(self) -> bool:
        """Whether another process can tell that its method is this one, and so use its results."""
        return "object" not in self.record.get("source", {})

    @property
    def reads_results(self) -> bool:
        """Whether its results were made elsewhere, so that what it takes here is no cost of theirs."""
        return isinstance(self.editor, Reading)

    def source_of(self, name: EditName) -> str | None:
        """A hash of the file that an edit's result is taken from; None where none is read."""
        editor: object = self.editor
        if not isinstance(editor, Reading):
            return None
        with foreign(f"method {self.name!r}: source_of()"):
            return editor.source_of(name)

    @property
    def keeps_known(self) -> bool:
        """Whether its images are whole results, whose known pixels are the edit's own."""
        return bool(getattr(self.editor, "keeps_known", False))


def make_methods(
    entries: Sequence[MethodEntry],
    *,
    device: str,
    batch_size: int,
    trust: bool = False,
    fetch: bool = False,
    home: Path | None = None,
    kind: str | None = None,
) -> tuple[Method, ...]:
    """The suite's methods, in its order, on `device`; files in their options count from `home`.

    Args:
        entries: the suite's.
        device: where they are.
        batch_size: of every batch.
        trust: whether foreign code may be run and imported.
        fetch: whether an editor may fetch what is not here.
        home: the folder from which files count.
        kind: the kind of device that their records name; None = that of `device`.

    Raises:
        BadInput: an unknown editor or option. A part that is optional and not here is no error:
            the method is then listed with the reason.
    """
    kind = kind_of(device) if kind is None else kind
    return tuple(_method(entry, device, batch_size, trust, fetch, home, kind) for entry in entries)


def _method(
    entry: MethodEntry,
    device: str,
    batch_size: int,
    trust: bool,
    fetch: bool,
    home: Path | None,
    kind: str,
) -> Method:
    editor: Editor | None = None
    problem: str | None = None
    options: dict[str, Any] = {}
    try:
        options = _placed(entry, trust, home)
        editor = create_editor(entry.editor, options, trust=trust, fetch=fetch)
    except Unavailable as error:
        problem = str(error)
    movable: object = editor
    if isinstance(movable, Movable):
        _move(movable, entry, device)
    identity: Mapping[str, Any] = getattr(editor, "identity", {})
    with foreign(f"editor {entry.editor!r}: reading its source and weights"):
        source = origin(EDITORS.find(entry.editor, trust=trust), editor, options)
    record = {
        "editor": entry.editor,
        "options": counting_options(editor, entry.options),
        "identity": dict(identity),
        "code": __version__,
        "batch_shape": batch_size,
        "device": kind,
        **({} if source is None else {"source": dict(source)}),
    }
    title = entry.title or method_title(entry.name, entry.editor)
    return Method(entry.name, title, entry, editor, record, problem)


def _move(editor: Movable, entry: MethodEntry, device: str) -> None:
    """Moves an editor to a device.

    Raises:
        DeviceFailed: the device's memory does not suffice for all networks, or it cannot go on.
        PluginFailed: whatever else the editor raises.
    """
    try:
        with foreign(f"editor {entry.editor!r}: to({device!r})"):
            editor.to(device)
    except PluginFailed as error:
        lower = "close what else uses it, or leave methods out of the suite"
        doing = f"method {entry.name!r}, its network"
        failure = device_failure(error, doing=doing, device=device, lower=lower)
        if failure is None:
            raise
        raise failure from error


def _placed(entry: MethodEntry, trust: bool, home: Path | None) -> dict[str, Any]:
    """The options, files and folders among them where they lie."""
    places = declared_places(EDITORS.get(entry.editor, trust=trust))
    return {
        name: beside(value, home, by_name=True)
        if name in places and isinstance(value, str)
        else value
        for name, value in entry.options.items()
    }


def check_tasks(tasks: Sequence[Task], methods: Sequence[Method]) -> None:
    """Refuses a suite in which a method can carry out none of the edits of a task that it is given.

    A method that is not here (its weights are missing) is not asked.

    Raises:
        BadInput: naming task, method and field.
    """
    facts = {task.name: _facts(task) for task in tasks}
    for task in tasks:
        for method in (method for method in methods if method.edits(task)):
            others = tuple(
                facts[other.name]
                for other in tasks
                if other.name != task.name and method.edits(other)
            )
            try:
                known = replace(facts[task.name], others=others, batch_size=method.batch_size)
                _check(method, task, known)
            except BadInput as error:
                where = f"task {task.name!r}, method {method.name!r}"
                raise type(error)(f"{where}: {error}") from error.__cause__


def _facts(task: Task) -> TaskFacts:
    with asked(task.protocol, "reading its facts"):
        hidden, size = task.protocol.coverage, task.protocol.edit_size(task.fit.size)
        hidden = None if hidden is None else (float(hidden[0]), float(hidden[1]))
    if hidden is not None and hidden[1] == 0:
        raise BadInput(f"task {task.name!r}: mask: every mask is empty; there is nothing to change")
    return TaskFacts(
        space=task.dataset.space,
        size=size,
        whole=hidden is not None and hidden[0] == 1,
        task=task.name,
        dataset=task.data,
        protocol=task.protocol.drawn_by,
        scenes=task.scenes,
        samples=task.samples,
        operation=task.protocol.operation,
        edits=tuple(name for shard in task.shards() for name in shard.names()),
    )


def _check(method: Method, task: Task, facts: TaskFacts) -> None:
    if "references" in method.needs:
        if task.references == 0:
            raise BadInput(
                "references: the method takes styles from reference images and the task draws "
                "none; set `references: 1` in the task"
            )
        if len(task.dataset.ids) < 2:
            raise BadInput(
                "references: the dataset has one scene, which cannot be its own reference; raise "
                "its `limit`"
            )
    editor: object = method.editor
    if isinstance(editor, Checking):
        with foreign("check(task)"):
            editor.check(facts)
