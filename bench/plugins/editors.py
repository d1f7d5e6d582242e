"""The Editor contract, and editors made from what a suite says of them.

An editor is registered as a class or function that is called with a suite's `options` as keyword
arguments and returns an `Editor`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from bench.core.errors import BadInput, EditFailed
from bench.plugins.kinds import EDITORS
from bench.plugins.options import check_options

if TYPE_CHECKING:
    from torch import Tensor

    from bench.batch import EditBatch
    from bench.scene import LabelSpace

__all__ = [
    "NEEDS",
    "Checking",
    "EditFailed",
    "Editor",
    "Movable",
    "TaskFacts",
    "check_editor",
    "create_editor",
    "declared_needs",
    "declared_variants",
]

NEEDS = frozenset({"original", "references", "instances"})
"""What an editor may declare that it needs beyond the masked image, the mask and the labels."""


@runtime_checkable
class Editor(Protocol):
    """Anything that carries out edits.

    Optional attributes which the harness reads where they are there:
        identity: a JSON-like mapping that tells this editor from others of its class (variant,
            hash of the weights' tensors); part of the method hash.
        network: a `torch.nn.Module`, for counting parameters and multiply-adds.
        dense: a context manager in which a network that leaves work out carries out all of its
            published form's, for counting that.
    """

    needs: frozenset[str]

    def edit(self, batch: EditBatch) -> Tensor:
        """Raw outputs, float32 [B,3,H,W] RGB in [-1,1]; known pixels may hold anything.

        Raises:
            EditFailed: with one sentence, where an edit cannot be carried out.
        """
        ...


@runtime_checkable
class Movable(Protocol):
    """An editor with a network: it can be moved to another device."""

    def to(self, device: str) -> Any:
        """Moves the editor to `device` ("cpu", "cuda", "cuda:1", ...)."""
        ...


@dataclass(frozen=True)
class TaskFacts:
    """What is known of a task's edits before any of them is drawn.

    Attributes:
        space: the label space that its labels count in.
        size: (height, width) of every edit, or None where each has its own.
        whole: whether every edit masks the whole image.
        task: the task's name.
        dataset: the suite's name of its dataset.
        protocol: the key of the protocol that draws its edits ("freeform@1").
        scenes: the ids of its scenes.
        samples: how many edits each scene has in this task.
        others: the other tasks of the suite that the method takes part in; theirs are empty.
    """

    space: LabelSpace
    size: tuple[int, int] | None
    whole: bool
    task: str = ""
    dataset: str = ""
    protocol: str = ""
    scenes: tuple[str, ...] = ()
    samples: int = 1
    others: tuple[TaskFacts, ...] = ()


@runtime_checkable
class Checking(Protocol):
    """An editor that can tell from a task whether none of its edits can be carried out."""

    def check(self, task: TaskFacts) -> None:
        """Looks at a task of the suite before any edit is carried out.

        Raises:
            BadInput: one sentence that begins with the field at fault ("labels: ...").
        """
        ...


def declared_needs(factory: object) -> frozenset[str]:
    """What an editor's class declares that it needs; empty where only its instances know."""
    declared = getattr(factory, "needs", None)
    return frozenset(declared) if isinstance(declared, (set, frozenset)) else frozenset()


def declared_variants(factory: object) -> tuple[str, ...]:
    """The forms that an editor's class declares, in its paper's words; empty where it has but one."""
    return tuple(str(name) for name in getattr(factory, "variants", ()))


def check_editor(
    name: str, options: Mapping[str, Any] | None = None, *, trust: bool = False
) -> None:
    """Looks an editor and its options up without making it.

    Raises:
        BadInput: unknown name, unknown or missing option.
    """
    _factory(name, dict(options or {}), trust)


def create_editor(
    name: str, options: Mapping[str, Any] | None = None, *, trust: bool = False
) -> Editor:
    """Makes the editor called `name` with a suite's options.

    Args:
        name: the registered name, or `package.module:attribute`.
        options: the factory's keyword arguments.
        trust: agreement to run foreign code, given to an editor that asks for it (one with an
            option `trust`); such an editor says what it would run where it is not trusted.

    Raises:
        BadInput: unknown name, unknown or missing option, or an editor that breaks the contract.
    """
    given = dict(options or {})
    factory = _factory(name, given, trust)
    if trust and "trust" in inspect.signature(factory).parameters:
        given["trust"] = True
    editor = factory(**given)
    if not isinstance(editor, Editor):
        raise BadInput(
            f"editor {name!r} gave a {type(editor).__name__} that lacks `needs` or `edit(batch)`; "
            "see docs/extending.md"
        )
    surplus = editor.needs - NEEDS
    if surplus:
        raise BadInput(
            f"editor {name!r} needs {sorted(surplus)}, which no batch has; it may need "
            f"{sorted(NEEDS)}"
        )
    return editor


def _factory(name: str, given: Mapping[str, Any], trust: bool) -> Callable[..., Editor]:
    """What makes the editor, once its options are known to fit."""
    if "trust" in given:
        # A suite may come from anywhere: it cannot agree on its user's behalf.
        raise BadInput(f"editor {name!r}: options cannot say `trust`; agree with --trust instead")
    found = EDITORS.get(name, trust=trust)
    finished = isinstance(found, Editor) and not inspect.isclass(found)
    factory: Callable[..., Editor] = (lambda: found) if finished else found
    check_options(f"editor {name!r}", factory, given)
    return factory
