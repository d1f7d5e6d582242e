"""The Editor contract and the registry of editors.

An editor is registered as an entry point of the group `siebench.editors`: a class or function that is
called with a suite's `options` as keyword arguments and returns an `Editor`. Nothing is imported
before it is asked for, and an entry point that fails to import is listed with its reason.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from bench.core.errors import BadInput, EditFailed, unknown

if TYPE_CHECKING:
    from torch import Tensor

    from bench.batch import EditBatch
    from bench.scene import LabelSpace

__all__ = [
    "GROUP",
    "NEEDS",
    "Checking",
    "EditFailed",
    "Editor",
    "Movable",
    "Registered",
    "TaskFacts",
    "check_editor",
    "create_editor",
    "editor_names",
    "find_editor",
    "registered_editors",
]

GROUP = "siebench.editors"

NEEDS = frozenset({"original", "references", "instances"})
"""What an editor may declare that it needs beyond the masked picture, the mask and the labels."""


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
        """Painted pictures, float32 [B,3,H,W] RGB in [-1,1]; known pixels may hold anything.

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
        whole: whether every edit hides the whole picture.
    """

    space: LabelSpace
    size: tuple[int, int] | None
    whole: bool


@runtime_checkable
class Checking(Protocol):
    """An editor that can tell from a task whether none of its edits can be carried out."""

    def check(self, task: TaskFacts) -> None:
        """Looks at a task of the suite before anything is painted.

        Raises:
            BadInput: one sentence that begins with the field at fault ("labels: ...").
        """
        ...


@dataclass(frozen=True)
class Registered:
    """An entry point of the group, imported or not.

    Attributes:
        name: the name a suite uses.
        source: distribution and version that registered it.
        target: "package.module:attribute".
        factory: what makes the editor, or None where importing failed.
        problem: why it could not be imported, one sentence, or None.
    """

    name: str
    source: str
    target: str
    factory: Callable[..., Editor] | None = None
    problem: str | None = None

    @property
    def summary(self) -> str:
        """The first line of the factory's docstring."""
        text = inspect.getdoc(self.factory) if self.factory is not None else None
        return text.splitlines()[0] if text else ""

    @property
    def needs(self) -> frozenset[str]:
        """What a class declares that it needs; empty where only its instances know."""
        declared = getattr(self.factory, "needs", None)
        return frozenset(declared) if isinstance(declared, (set, frozenset)) else frozenset()

    @property
    def variants(self) -> tuple[str, ...]:
        """The forms that a class declares, in its paper's words; empty where it has but one."""
        return tuple(str(name) for name in getattr(self.factory, "variants", ()))


def editor_names() -> list[str]:
    """The names of all registered editors, sorted; imports none of them."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def registered_editors() -> list[Registered]:
    """Every registered editor, sorted by name, each imported or with the reason why not."""
    points = {point.name: point for point in entry_points(group=GROUP)}
    return [_load(points[name]) for name in sorted(points)]


def find_editor(name: str) -> Registered:
    """The registered editor called `name`.

    Raises:
        BadInput: where nothing of that name is registered, or where it cannot be imported.
    """
    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        raise unknown("editor", name, points)
    entry = _load(points[name])
    if entry.problem is not None:
        raise BadInput(f"editor {name!r} ({entry.target}) cannot be used: {entry.problem}")
    return entry


def check_editor(name: str, options: Mapping[str, Any] | None = None) -> None:
    """Looks an editor and its options up without making it.

    Raises:
        BadInput: unknown name, unknown or missing option.
    """
    entry = find_editor(name)
    assert entry.factory is not None
    _check_options(name, entry.factory, dict(options or {}))


def create_editor(
    name: str, options: Mapping[str, Any] | None = None, *, trust: bool = False
) -> Editor:
    """Makes the editor called `name` with a suite's options.

    Args:
        name: the registered name.
        options: the factory's keyword arguments.
        trust: agreement to run foreign code, given to an editor that asks for it (one with an
            option `trust`); such an editor says what it would run where it is not trusted.

    Raises:
        BadInput: unknown name, unknown or missing option, or an editor that breaks the contract.
    """
    entry = find_editor(name)
    assert entry.factory is not None
    given = dict(options or {})
    if "trust" in given:
        # A suite may come from anywhere: it cannot agree on its user's behalf.
        raise BadInput(f"editor {name!r}: options cannot say `trust`; agree with `--trust` instead")
    if trust and "trust" in inspect.signature(entry.factory).parameters:
        given["trust"] = True
    _check_options(name, entry.factory, given)
    editor = entry.factory(**given)
    if not isinstance(editor, Editor):
        raise BadInput(
            f"editor {name!r} ({entry.target}) gave a {type(editor).__name__} that lacks `needs` or "
            "`edit(batch)`; see docs/plugins.md"
        )
    surplus = editor.needs - NEEDS
    if surplus:
        raise BadInput(
            f"editor {name!r} needs {sorted(surplus)}, which no batch has; it may need "
            f"{sorted(NEEDS)}"
        )
    return editor


def _check_options(name: str, factory: Callable[..., Editor], given: dict[str, Any]) -> None:
    signature = inspect.signature(factory)
    parameters = signature.parameters.values()
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        known = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL]
        for option in given:
            if option not in known:
                raise unknown(f"option of editor {name!r}:", option, known)
    try:
        signature.bind(**given)
    except TypeError as error:
        raise BadInput(f"editor {name!r}: {error}; give it under `options`") from None


def _load(point: EntryPoint) -> Registered:
    source = f"{point.dist.name} {point.dist.version}" if point.dist is not None else "unknown"
    try:
        factory = _import(point)
    except Exception as error:  # a broken plugin must hurt nothing else
        problem = f"{type(error).__name__}: {error}".splitlines()[0]
        return Registered(point.name, source, point.value, problem=problem)
    if not callable(factory):
        return Registered(point.name, source, point.value, problem="it is not callable")
    return Registered(point.name, source, point.value, factory=factory)


def _import(point: EntryPoint) -> Any:
    return point.load()
