"""The nine kinds of things that have a name, each with its registry.

| kind | what is registered |
| --- | --- |
| editors | a class or function called with a suite's options, that gives an `Editor` |
| metrics | a class or function called with a `Context` and a suite's options, that gives a `Metric` |
| datasets | a `DatasetInfo` |
| protocols | a class of `masks.Protocol`, a frozen dataclass of its parameters |
| segmenters | a function called with (argument, device, folders), that gives a `Segmenter` |
| networks | a function called with (device, folders), that gives a `FeatureNetwork` |
| executors | a class called with its settings, that gives an `Executor` |
| systems | a `System`: configuration, network, importer, trainer |
| commands | a function or a `typer.Typer`, as `siebench NAME` |

Objects of the Python API may also be finished: an editor, a metric, a dataset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.core.errors import unknown
from bench.plugins.builtin import BUILTIN
from bench.plugins.registry import Registry

__all__ = [
    "COMMANDS",
    "DATASETS",
    "EDITORS",
    "EXECUTORS",
    "METRICS",
    "NETWORKS",
    "PROTOCOLS",
    "REGISTRIES",
    "SEGMENTERS",
    "SYSTEMS",
    "registry_of",
]


def _callable_or(*attributes: str) -> Callable[[object], str | None]:
    """A class or function, or a finished object that has the attributes."""

    def wants(value: object) -> str | None:
        if callable(value) or (attributes and all(hasattr(value, name) for name in attributes)):
            return None
        also = f", nor has it {' and '.join(attributes)}" if attributes else ""
        return f"is a {type(value).__name__}: it cannot be called{also}"

    return wants


def _having(*attributes: str) -> Callable[[object], str | None]:
    def wants(value: object) -> str | None:
        missing = [name for name in attributes if not hasattr(value, name)]
        return f"is a {type(value).__name__} without {', '.join(missing)}" if missing else None

    return wants


def _protocol(value: object) -> str | None:
    from masks import Protocol

    if not (isinstance(value, type) and issubclass(value, Protocol)):
        said = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        return f"is {said}, not a class derived from masks.Protocol"
    missing = [name for name in ("key", "operation") if not hasattr(value, name)]
    if missing:
        return f"is the class {value.__name__} without {' and '.join(missing)}"
    key: object = value.key
    return None if isinstance(key, str) and key else f"has the key {key!r}; write a word, as box@1"


def _registry(
    kind: str,
    plural: str,
    wants: Callable[[object], str | None],
    check: str,
    *,
    aliases: Mapping[str, str] | None = None,
    hints: Mapping[str, str] | None = None,
) -> Registry[Any]:
    return Registry(
        kind,
        f"siebench.{plural}",
        builtin=BUILTIN[plural],
        wants=wants,
        check=check,
        aliases=aliases,
        hints=hints,
    )


EDITORS = _registry(
    "editor",
    "editors",
    _callable_or("needs", "edit"),
    "bench.run.conformance:check_editor",
)

METRICS = _registry(
    "metric",
    "metrics",
    _callable_or("measure", "estimates"),
    "bench.metrics.conformance:check_metric",
    aliases={"acc": "accuracy", "lpips": "lpips-alex", "mIoU": "miou"},
    hints={"mse": "rmse is its square root, in grey levels: write rmse"},
)

DATASETS = _registry(
    "dataset",
    "datasets",
    lambda value: None if _having("open")(value) is None else _having("ids", "read")(value),
    "bench.datasets.conformance:check_dataset_plugin",
)

PROTOCOLS = _registry(
    "protocol",
    "protocols",
    _protocol,
    "bench.suite.conformance:check_protocol",
)

SEGMENTERS = _registry(
    "segmenter",
    "segmenters",
    _callable_or("segment"),
    "bench.networks.conformance:check_segmenter",
)

NETWORKS = _registry(
    "feature network",
    "networks",
    _callable_or("features"),
    "bench.networks.conformance:check_network",
)

EXECUTORS = _registry(
    "executor",
    "executors",
    _callable_or("run"),
    "bench.run.conformance:check_executor",
)

SYSTEMS = _registry(
    "system",
    "systems",
    _having("name", "variants"),
    "bench.plugins.conformance:check_system",
)

COMMANDS = _registry(
    "command",
    "commands",
    _callable_or("registered_commands"),
    "bench.cli.conformance:check_command",
)

REGISTRIES: Mapping[str, Registry[Any]] = {
    "editors": EDITORS,
    "metrics": METRICS,
    "datasets": DATASETS,
    "protocols": PROTOCOLS,
    "segmenters": SEGMENTERS,
    "networks": NETWORKS,
    "executors": EXECUTORS,
    "systems": SYSTEMS,
    "commands": COMMANDS,
}
"""Every registry by its kind in the plural, as entry point groups and `plugins list` name it."""


def registry_of(kind: str) -> Registry[Any]:
    """The registry of a kind, named in the plural or the singular ("editors", "feature network").

    Raises:
        BadInput: for an unknown kind, with the nearest known one.
    """
    for plural, registry in REGISTRIES.items():
        if kind in (plural, registry.kind):
            return registry
    raise unknown("kind of plugin", kind, REGISTRIES)
