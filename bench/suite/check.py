"""What a suite names, looked up before anything runs: datasets, protocols, editors, metrics, executor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from bench.core.errors import BadInput, unknown
from bench.core.text import slug
from bench.datasets import describe
from bench.metrics import look_up_metric
from bench.plugins.editors import check_editor
from bench.plugins.kinds import EXECUTORS
from bench.plugins.options import check_options
from bench.suite.explain import line_of
from bench.suite.protocols import make_protocol
from bench.suite.schema import Suite

__all__ = ["refuse_alike", "suite_problems"]

Place = tuple[str | int, ...]


def suite_problems(suite: Suite, text: str, source: str, *, trust: bool = False) -> list[str]:
    """Everything wrong with the names and parameters of a suite, each with its line; empty = good.

    Args:
        suite, text, source: as `read_suite` gives them; a suite made in Python has no text.
        trust: agreement to import the modules that the suite names (`package.module:attribute`).
    """
    problems = []
    for place, look in _looks(suite, trust):
        try:
            look()
        except BadInput as error:
            where = f"{source}, line {line_of(text, place)}" if text else source
            problems.append(f"{where}: {'.'.join(map(str, place))}: {error}")
    return problems


def refuse_alike(names: Iterable[str]) -> None:
    """Refuses names whose files would lie in one folder where a disk does not tell capitals apart.

    Those of macOS and Windows do not.

    Raises:
        BadInput: with the first two such names.
    """
    folders: dict[str, str] = {}
    for name in names:
        other = folders.setdefault(slug(name).lower(), name)
        if other != name:
            raise BadInput(
                f"{other!r} and {name!r} differ in capitals alone, and would share a folder on macOS and "
                "Windows; rename one"
            )


def _looks(suite: Suite, trust: bool) -> Iterator[tuple[Place, Callable[[], object]]]:
    for name, entry in suite.datasets.items():
        yield ("datasets", name, "dataset"), partial(describe, entry.dataset, trust=trust)
        if entry.split is not None:
            yield (
                ("datasets", name, "split"),
                partial(_split, entry.dataset, entry.split, trust),
            )
    for i, task in enumerate(suite.tasks):
        keys = task.protocol if isinstance(task.protocol, list) else [task.protocol]
        for key in keys:
            if key is not None:
                yield (
                    ("tasks", i, "protocol"),
                    partial(make_protocol, key, task.parameters, trust=trust, home=suite.home),
                )
    yield ("tasks",), lambda: refuse_alike(str(task.name) for task in suite.single_tasks())
    yield ("methods",), partial(refuse_alike, [method.name for method in suite.methods])
    for i, method in enumerate(suite.methods):
        yield (
            ("methods", i),
            partial(check_editor, method.editor, method.options, trust=trust),
        )
    for i, metric in enumerate(suite.metrics):
        yield ("metrics", i), partial(look_up_metric, metric.name, metric.options, trust=trust)
    if suite.executor is not None:
        yield ("executor",), partial(_executor, suite.executor, trust)


def _executor(given: str | Mapping[str, Any], trust: bool) -> None:
    ((name, settings),) = ((given, {}),) if isinstance(given, str) else given.items()
    check_options(f"executor {name!r}", EXECUTORS.get(name, trust=trust), settings)


def _split(dataset: str, split: str, trust: bool) -> None:
    known = describe(dataset, trust=trust).splits
    if known and split not in known:
        raise unknown(f"split of {dataset!r}:", split, known)
