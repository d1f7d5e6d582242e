"""One kind of look-up for everything that has a name: editors, metrics, datasets and the others.

A thing comes in by one of three doors, the same for every kind:

- an entry point of an installed distribution (group `siebench.editors` and the like). Our own things
  are entry points of our own distribution; the same table lies in `builtin.py`, so that a checkout
  that is not installed works;
- `package.module:attribute` in a suite, which imports foreign code and so asks for `--trust`;
- an object handed to the Python API, which is held as long as that call takes.

Nothing is imported before it is asked for. A plugin that cannot be imported, has the wrong type or
takes a name that is taken is listed with the reason, and hurts nothing else.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution, entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from bench import __version__
from bench.core.errors import BadInput, named_line, unknown
from bench.plugins.foreign import foreign

__all__ = ["FOREIGN", "HERE", "Plugin", "Registry"]

T = TypeVar("T")

HERE = "this process"
"""The source of an object that was handed to the Python API."""

FOREIGN = "a module"
"""The source of what a suite names as `package.module:attribute`."""

_OURS = "siebench"
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_WITH_ARGUMENT = re.compile(rf"({_TARGET.pattern}):(.*)")


@dataclass(frozen=True, eq=False)
class Plugin(Generic[T]):
    """One thing of a kind, imported or not.

    Attributes:
        kind: "editor", "metric", ...
        name: as a suite or a command names it.
        source: the distribution and version that registered it, `FOREIGN` or `HERE`.
        target: "package.module:attribute".
        value: what the registry holds under that name, or None where it cannot be used.
        problem: why it cannot be used, one sentence, or None.
        cause: what importing it raised, or None.
    """

    kind: str
    name: str
    source: str
    target: str
    value: T | None = None
    problem: str | None = None
    cause: BaseException | None = field(default=None, repr=False)

    @property
    def title(self) -> str:
        """What a reader calls it: its own `title`, the name where it has none."""
        own = getattr(self.value, "title", None)
        return own if isinstance(own, str) and own else self.name

    @property
    def summary(self) -> str:
        """The first line of its docstring, or of its `about`."""
        about = getattr(self.value, "about", None)
        if isinstance(about, str):
            return about
        if not (inspect.isclass(self.value) or inspect.isroutine(self.value)):
            return ""
        text = inspect.getdoc(self.value)
        return text.splitlines()[0] if text else ""

    def usable(self) -> T:
        """The value.

        Raises:
            BadInput: with the reason, where it cannot be used; from what its import raised.
        """
        if self.value is None:
            problem = f"{self.kind} {self.name!r} ({self.target}): {self.problem}"
            raise BadInput(problem) from self.cause
        return self.value


@dataclass(frozen=True)
class _Place:
    """Where a name points, before anything is imported."""

    source: str
    target: str

    def words(self) -> str:
        return f"{self.source} ({self.target})"


class Registry(Generic[T]):
    """The things of one kind by name.

    Args:
        kind: the kind in the singular, as messages say it ("feature network").
        group: the entry point group.
        builtin: "package.module:attribute" of our own things by name.
        wants: what is wrong with a value of the wrong type, one sentence, or None.
        check: "package.module:function" of the kind's conformance check.
        aliases: other names that people type, and the names that they mean.
        hints: names that people type for what is not here, and a sentence that says what is.
    """

    def __init__(
        self,
        kind: str,
        group: str,
        *,
        builtin: Mapping[str, str],
        wants: Callable[[object], str | None],
        check: str,
        aliases: Mapping[str, str] | None = None,
        hints: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self.group = group
        self.aliases = dict(aliases or {})
        self.hints = dict(hints or {})
        self._builtin = dict(builtin)
        self._wants = wants
        self._check = check
        self._offered: dict[str, T] = {}

    def names(self) -> list[str]:
        """Every name, sorted; imports nothing."""
        return sorted({*self._places(), *self._offered})

    def canonical(self, name: str) -> str:
        """The registered name that an alias means; any other name as it is."""
        return name if name in self._offered else self.aliases.get(name, name)

    def split(self, text: str) -> tuple[str, str]:
        """A name as `find` takes it, and the argument behind another colon; "" where there is none.

        Args:
            text: "NAME:ARGUMENT" with a registered name, "package.module:attribute:ARGUMENT"; any other
                text is a name.
        """
        name, _, argument = text.partition(":")
        if name in self.names():
            return name, argument
        module = _WITH_ARGUMENT.fullmatch(text)
        return (module[1], module[2]) if module else (text, "")

    def plugins(self) -> list[Plugin[T]]:
        """Every plugin by name, each imported or with the reason why it cannot be."""
        return [self._plugin(name) for name in self.names()]

    def find(self, name: str, *, trust: bool = False) -> Plugin[T]:
        """What is registered under `name`, or stands at `package.module:attribute`.

        Args:
            name: a registered name, an alias, or `package.module:attribute`.
            trust: agreement to import foreign code, which the last form asks for.

        Raises:
            BadInput: an unknown name (with the nearest known one), or a module without trust.
        """
        name = self.canonical(name)
        if name in self._offered or name in self._places():
            return self._plugin(name)
        if name in self.hints:
            raise BadInput(f"unknown {self.kind} {name!r}; {self.hints[name]}")
        if not _TARGET.fullmatch(name):
            raise unknown(self.kind, name, [*self.names(), *self.aliases])
        if not trust:
            raise BadInput(
                f"{self.kind} {name!r} imports code that is not an installed plugin; agree with "
                "--trust (trust=True in Python)"
            )
        _see_working_folder()
        return self._loaded(name, _Place(FOREIGN, name))

    def get(self, name: str, *, trust: bool = False) -> T:
        """The value that `find` gives.

        Raises:
            BadInput: as `find`, and where the plugin cannot be used, with the reason.
        """
        return self.find(name, trust=trust).usable()

    def check(self, value: object, **made: Any) -> list[str]:
        """What the conformance check of this kind finds wrong with a value; empty = it conforms.

        Args:
            value: what is registered, or a finished object.
            made: what the check's made inputs shall be like, where it lets one say so (`check_editor`);
                None leaves it to the check.

        Raises:
            BadInput: for what the check of this kind does not let one say.
            PluginFailed: where the value raises what its check does not expect.
        """
        check = _attribute(self._check)
        given = {name: one for name, one in made.items() if one is not None}
        odd = [name for name in given if name not in inspect.signature(check).parameters]
        if odd:
            raise BadInput(
                f"the check of {self.kind}s takes no {' and no '.join(odd)}; leave it out"
            )
        wrong = self._wants(value)
        if wrong is not None:
            return [wrong]
        with foreign(f"{self.kind}: the check of its contract"):
            found: list[str] = check(value, **given)
        return found

    @contextlib.contextmanager
    def offering(self, objects: Mapping[str, T] | None) -> Iterator[None]:
        """Holds objects of the Python API under their names for the length of a block.

        Raises:
            BadInput: an object of the wrong type, or a name that is taken.
        """
        places = self._places()
        for name, value in (objects or {}).items():
            if name in places:
                raise BadInput(
                    f"{self.kind} {name!r} is given here, and {places[name][0].words()} registers "
                    "that name; give yours another one"
                )
            wrong = self._wants(value)
            if wrong is not None:
                raise BadInput(f"{self.kind} {name!r}: {wrong}")
        before = self._offered
        self._offered = {**before, **(objects or {})}
        try:
            yield
        finally:
            self._offered = before

    @property
    def offered(self) -> Mapping[str, T]:
        """The objects of the Python API that are held at the moment."""
        return self._offered

    def _places(self) -> dict[str, list[_Place]]:
        """Where each name points; more than one place where distributions claim the same name."""
        found: dict[str, list[_Place]] = {}
        for name, place in _installed(self.group, tuple(sys.path)):
            if place not in found.setdefault(name, []):
                found[name].append(place)
        for name, target in self._builtin.items():
            places = found.setdefault(name, [])
            # An older installation of this project beside the checkout is not another plugin.
            ours = [place for place in places if not place.source.startswith(f"{_OURS} ")]
            found[name] = [_Place(f"{_OURS} {__version__}", target), *ours]
        return found

    def _plugin(self, name: str) -> Plugin[T]:
        if name in self._offered:
            value = self._offered[name]
            return Plugin(self.kind, name, HERE, type(value).__qualname__, value)
        first, *others = self._places()[name]
        if others:
            problem = (
                f"the name is registered twice, by {first.words()} and by {others[0].words()}; "
                "uninstall one, or write package.module:attribute"
            )
            return Plugin(self.kind, name, first.source, first.target, problem=problem)
        return self._loaded(name, first)

    def _loaded(self, name: str, place: _Place) -> Plugin[T]:
        facts = (self.kind, name, place.source, place.target)
        try:
            value = _attribute(place.target)
        except (Exception, SystemExit) as error:  # a broken plugin must hurt nothing else
            problem = f"cannot be imported ({named_line(error)})"
            module = place.target.partition(":")[0].partition(".")[0]
            not_found = isinstance(error, ModuleNotFoundError) and error.name == module
            if not_found and place.source == FOREIGN:
                problem += "; give the command in the module's folder, or install its package"
            return Plugin(*facts, problem=problem, cause=error)
        wrong = self._wants(value)
        return Plugin(*facts, value) if wrong is None else Plugin(*facts, problem=wrong)


@functools.lru_cache(maxsize=32)
def _installed(group: str, path: tuple[str, ...]) -> tuple[tuple[str, _Place], ...]:
    """The group's entry points; looked for once a search path, since it reads every distribution."""
    del path
    source = functools.cache(_source_of)  # of each distribution once: its README is parsed for it
    points = entry_points(group=group)
    return tuple((point.name, _Place(source(point.dist), point.value)) for point in points)


def _source_of(distribution: Distribution | None) -> str:
    if distribution is None:
        return "unknown"
    metadata = distribution.metadata
    return f"{metadata['Name']} {metadata['Version']}"


def _see_working_folder() -> None:
    """Modules of the working folder can be imported, behind all others.

    `python -m siebench` looks there by itself; the `siebench` command does not.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _attribute(target: str) -> Any:
    """What stands at "package.module:attribute"."""
    module, _, path = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found
