"""The Editor contract, and editors made from what a suite says of them.

An editor is registered as a class or function that is called with a suite's `options` as keyword
arguments and returns an `Editor`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from bench.core.errors import BadInput, EditFailed
from bench.core.identity import record_hash
from bench.plugins.foreign import foreign
from bench.plugins.kinds import EDITORS
from bench.plugins.options import check_options

if TYPE_CHECKING:
    from torch import Tensor

    from bench.batch import EditBatch
    from bench.edit import EditName
    from bench.scene import LabelSpace

__all__ = [
    "NEEDS",
    "Checking",
    "EditFailed",
    "Editor",
    "Movable",
    "Reading",
    "TaskFacts",
    "check_editor",
    "contract_faults",
    "counting_options",
    "create_editor",
    "declared_needs",
    "declared_places",
    "declared_variants",
    "untold_files",
]

NEEDS = frozenset({"original", "references", "instances"})
"""What an editor may declare that it needs beyond the masked image, the mask and the labels."""


@runtime_checkable
class Editor(Protocol):
    """Anything that carries out edits.

    Optional attributes which the harness reads where they are there:
        identity: a JSON-like mapping that tells this editor from others of its class (variant,
            hash of the weights' tensors); part of the method hash.
        training_recipe: a JSON-like mapping of how its network was trained; part of no hash. `siebench
            trainings` warns where trainings of one variant differ in it by more than `seed`, or variants
            by more than `seed` and `network`, and names the fields in the mapping's order.
        title: what tables and figures call a method that has the editor's name and no title of its own;
            that name where it is left out. What is registered has it, as the class does.
        network: a `torch.nn.Module`, for counting parameters and multiply-adds.
        dense: a context manager in which a network that leaves work out carries out all of its
            published form's, for counting that.
        keeps_known: whether its images are whole results, whose known pixels are the edit's own; the
            harness then says of how many they are not.
        places: names of options that are paths, in a tuple of the class; in a suite they count from
            the suite's file. Files that they name are part of the method hash where there is no `network`.
        anywhere: names of options that are paths which may lead anywhere: `identity` says what lies there,
            or no result follows from it. In a tuple; an absolute one is no part of the method hash, and
            no file that they name.
        close: called when a run ends, to let go of what must not outlive it (a process); an editor
            that is closed can still be asked for edits.
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
        batch_size: how many edits an editor is given at once.
        others: the other tasks of the suite that the method takes part in; theirs are empty.
        operation: what its edits ask for ("inpaint", "restyle", ...); empty where that is not known.
        edits: its edits by name, those that will turn out impossible among them.
    """

    space: LabelSpace
    size: tuple[int, int] | None
    whole: bool
    task: str = ""
    dataset: str = ""
    protocol: str = ""
    scenes: tuple[str, ...] = ()
    samples: int = 1
    batch_size: int = 1
    others: tuple[TaskFacts, ...] = ()
    operation: str = ""
    edits: tuple[EditName, ...] = ()


@runtime_checkable
class Reading(Protocol):
    """An editor that takes results from files: a file that changed is another result."""

    def source_of(self, name: EditName) -> str:
        """A hash of what an edit's result is made from; "" where there is nothing yet.

        Where it is another one than in an earlier call, the edit is carried out again.
        """
        ...


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


def declared_places(factory: object) -> frozenset[str]:
    """The options that an editor's class declares to name files or folders."""
    return _declared(factory, "places")


def counting_options(editor: object, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are part of the method hash: none that says where on this machine a file lies.

    Args:
        editor: what was made with them; None where it could not be, and so says of no path what lies there.
        options: as the suite has them.
    """
    anywhere = _declared(editor, "anywhere")
    return {
        name: value
        for name, value in options.items()
        if not (
            name == "trust"
            or (name in anywhere and isinstance(value, str) and Path(value).is_absolute())
        )
    }


def untold_files(editor: object, options: Mapping[str, Any]) -> dict[str, Path]:
    """The files that options name, where the editor does not say that its `identity` tells what they hold.

    Args:
        editor: what was made with them.
        options: with every path as it lies.
    """
    untold = _declared(editor, "places") - _declared(editor, "anywhere")
    named = {name: options[name] for name in sorted(untold & set(options))}
    paths = {name: Path(value) for name, value in named.items() if isinstance(value, str)}
    return {name: path for name, path in paths.items() if path.is_file()}


def _declared(editor: object, what: str) -> frozenset[str]:
    declared = getattr(editor, what, ())
    return (
        frozenset(map(str, declared)) if isinstance(declared, (tuple, frozenset)) else frozenset()
    )


def _takes(factory: Callable[..., object], option: str) -> bool:
    try:
        parameters = inspect.signature(factory).parameters.values()
    except ValueError:  # what is built in does not say
        return True
    return any(one.name == option or one.kind is one.VAR_KEYWORD for one in parameters)


def check_editor(
    name: str, options: Mapping[str, Any] | None = None, *, trust: bool = False
) -> None:
    """Looks an editor and its options up without making it.

    Raises:
        BadInput: unknown name, unknown or missing option.
    """
    _factory(name, dict(options or {}), trust)


def create_editor(
    name: str,
    options: Mapping[str, Any] | None = None,
    *,
    trust: bool = False,
    fetch: bool = False,
) -> Editor:
    """Makes the editor called `name` with a suite's options.

    Args:
        name: the registered name, or `package.module:attribute`.
        options: the factory's keyword arguments.
        trust: agreement to run foreign code, given to an editor that asks for it (one with an
            option `trust`); such an editor says what it would run where it is not trusted.
        fetch: agreement to fetch what is not here, given in the same way (an option `fetch`).

    Raises:
        BadInput: unknown name, unknown or missing option, or an editor that breaks the contract.
    """
    given = dict(options or {})
    factory = _factory(name, given, trust)
    agreed = {"trust": trust, "fetch": fetch}
    asked = inspect.signature(factory).parameters
    given |= {word: True for word, said in agreed.items() if said and word in asked}
    with foreign(f"editor {name!r}: its constructor"):
        editor = factory(**given)
    with foreign(f"editor {name!r}: reading its attributes"):
        fault = next(contract_faults(editor, factory if given else None), None)
    if fault is not None:
        raise BadInput(f"editor {name!r}: {fault}")
    return editor


def contract_faults(editor: object, factory: Callable[..., object] | None = None) -> Iterator[str]:
    """What an editor is or has that its contract does not allow, one sentence each.

    Args:
        editor: what a factory gave, or an object of the Python API; its `edit` is not called.
        factory: what gave it; None where that is not known, and so neither are its options.
    """
    if not (isinstance(editor, Editor) and callable(editor.edit)) or inspect.isclass(editor):
        yield (
            f"gave a {type(editor).__name__} that lacks `needs` or `edit(batch)`; see "
            "docs/extending.md"
        )
        return
    needs: object = editor.needs
    if not isinstance(needs, (set, frozenset)) or not all(isinstance(n, str) for n in needs):
        yield (
            "needs: must be a set of names, as in frozenset({'original'}) or frozenset(), but is "
            f"{needs!r}"
        )
    elif needs - NEEDS:
        yield f"needs {sorted(needs - NEEDS)}, which no batch has; it may need {sorted(NEEDS)}"
    for attribute, example in (("identity", {"radius": 8}), ("training_recipe", {"seed": 0})):
        fault = _record_fault(getattr(editor, attribute, {}), example)
        if fault is not None:
            yield f"{attribute}: {fault}"
    for attribute in ("places", "anywhere"):
        paths = getattr(editor, attribute, ())
        if not isinstance(paths, (tuple, frozenset)) or not all(isinstance(n, str) for n in paths):
            yield (
                f"{attribute}: must be a tuple of names of options, as in ('weights',) or (), but is "
                f"{paths!r}"
            )
            continue
        for name in sorted({*paths, *_declared(factory, attribute)}):
            if factory and not (_takes(factory, name) or _takes(type(editor), name)):
                yield f"{attribute}: names {name!r}, which is no option of the editor"
    for attribute in ("check", "to", "dense", "close"):
        value = getattr(editor, attribute, None)
        if value is not None and not callable(value):
            yield f"{attribute}: must be a method"
    network = getattr(editor, "network", None)
    if network is not None:
        from torch.nn import Module

        if not isinstance(network, Module):
            yield (
                f"network: must be a torch.nn.Module, but is a {type(network).__name__}; give what "
                "else it is another name"
            )


def _record_fault(record: object, example: Mapping[str, Any]) -> str | None:
    """Why what an editor says of itself can be no part of a run's record; None where it can."""
    if not isinstance(record, Mapping):
        return f"must be a mapping, as in {example!r}, but is a {type(record).__name__}"
    try:
        record_hash(dict(record))
    except (TypeError, ValueError, RecursionError) as error:
        reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        return (
            f"cannot be written as JSON ({reason}); give text, finite numbers, lists and mappings"
        )
    return None


def _factory(name: str, given: Mapping[str, Any], trust: bool) -> Callable[..., Editor]:
    """What makes the editor, once its options are known to fit."""
    for word in ("trust", "fetch"):
        if word in given:
            # A suite may come from anywhere: it cannot agree on its user's behalf.
            raise BadInput(
                f"editor {name!r}: options cannot say `{word}`; agree with --{word} instead"
            )
    found = EDITORS.get(name, trust=trust)
    finished = isinstance(found, Editor) and not inspect.isclass(found)
    factory: Callable[..., Editor] = (lambda: found) if finished else found
    check_options(f"editor {name!r}", factory, given)
    return factory
