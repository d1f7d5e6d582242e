"""Whether every method can do every task at all, asked before anything is painted.

What only one edit can show (a mask that happens to be full) fails that edit and no other. What holds
for all edits of a task (labels, size, references, masks that are full or empty by their protocol) is a
suite that cannot mean what it says: it is refused while nothing has been spent on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.core.errors import BadInput
from bench.plugins.editors import Checking, TaskFacts
from bench.run.methods import Method
from bench.run.plan import Task

__all__ = ["check_tasks"]


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
                _check(method, task, replace(facts[task.name], others=others))
            except BadInput as error:
                where = f"task {task.name!r}, method {method.name!r}"
                raise BadInput(f"{where}: {error}") from error.__cause__


def _facts(task: Task) -> TaskFacts:
    hidden = task.protocol.coverage
    if hidden is not None and hidden[1] == 0:
        raise BadInput(f"task {task.name!r}: mask: every mask is empty; there is nothing to change")
    return TaskFacts(
        space=task.dataset.space,
        size=task.protocol.edit_size(task.fit.size),
        whole=hidden is not None and hidden[0] == 1,
        task=task.name,
        dataset=task.data,
        protocol=task.protocol.drawn_by,
        scenes=task.scenes,
        samples=task.samples,
    )


def _check(method: Method, task: Task, facts: TaskFacts) -> None:
    if "references" in method.needs:
        if task.references == 0:
            raise BadInput(
                "references: the method takes styles from reference pictures and the task draws "
                "none; set `references: 1` in the task"
            )
        if len(task.dataset.ids) < 2:
            raise BadInput(
                "references: the dataset has one scene, which cannot be its own reference; raise "
                "its `limit`"
            )
    editor: object = method.editor
    if isinstance(editor, Checking):
        editor.check(facts)
