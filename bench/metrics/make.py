"""Metrics by name, made with a suite's options, or the reason why one cannot be."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bench.core.device_faults import device_failure
from bench.core.errors import BadInput, PluginFailed, Unavailable
from bench.metrics.context import Context
from bench.metrics.foreign import check_foreign_metric
from bench.metrics.metric import Metric, Missing
from bench.plugins.builtin import BUILTIN
from bench.plugins.foreign import foreign
from bench.plugins.kinds import METRICS
from bench.plugins.options import check_options

__all__ = [
    "look_up_metric",
    "make_metric",
    "metric_names",
    "refuse_shared_scores",
]


def metric_names() -> list[str]:
    """The registered names, sorted; imports no metric."""
    return METRICS.names()


def look_up_metric(
    name: str, options: Mapping[str, Any] | None = None, *, trust: bool = False
) -> None:
    """Looks a metric and its options up without making it.

    Raises:
        BadInput: an unknown name, or an unknown or missing option.
    """
    _factory(name, dict(options or {}), Context(cache=None, trust=trust))


def make_metric(
    name: str, options: Mapping[str, Any] | None = None, context: Context | None = None
) -> Metric | Missing:
    """The metric of a name, or why it cannot be computed here (weights or a segmenter are missing).

    Networks are found now, so that the reason is known before the run, but loaded on first use. A
    metric from elsewhere that cannot be made is missing too, with what went wrong.

    >>> make_metric("psnr").scores[1].title
    'PSNR, masked region'

    Args:
        name: a registered name, an alias, "NAME:ARGUMENT" for one that takes an argument ("iqa:musiq"), or
            `package.module:attribute` with `context.trust`.
        options: the metric's keyword arguments.
        context: what the suite knows; all by default where None.

    Raises:
        BadInput: for an unknown name or option, or a value that an option does not take.
        DeviceFailed: the device's memory does not suffice for its network, or it cannot go on.
    """
    given = dict(options or {})
    factory = _factory(name, given, context or Context())
    ours = METRICS.canonical(METRICS.split(name)[0]) in BUILTIN["metrics"]
    try:
        if ours:
            return factory(**given)
        with foreign(f"metric {name!r}: its constructor"):
            made = factory(**given)
    except (BadInput, RuntimeError, MemoryError) as error:
        failure = device_failure(
            error,
            doing=f"metric {name!r}, its network",
            device="cpu" if context is None else context.device,
            lower="close what else uses it, or give --device cpu",
            kept="nothing is lost: give the same command again",
        )
        if failure is not None:
            raise failure from error
        if isinstance(error, Unavailable):
            return Missing(str(error))
        if isinstance(error, PluginFailed):  # a metric from elsewhere must hurt nothing else
            return Missing(str(error), error.__cause__)
        raise
    check_foreign_metric(name, made)
    if given:
        object.__setattr__(made, "suite_options", given)  # it may be a frozen dataclass
    return made


def _factory(name: str, given: Mapping[str, Any], context: Context) -> Callable[..., Metric]:
    """What makes the metric, once its options are known to fit."""
    kind, argument = METRICS.split(name)
    registered = METRICS.get(kind, trust=context.trust)
    if hasattr(registered, "measure") and not inspect.isclass(registered):
        # A finished metric of the Python API.
        factory: Callable[..., Metric] = lambda: registered  # noqa: E731
    else:
        factory = functools.partial(registered, context)
    if argument:
        option = getattr(registered, "takes_argument", None)
        if option is None:
            raise BadInput(f"metric {name!r}: {kind!r} takes no argument; leave {argument!r} out")
        if option in given:
            raise BadInput(f"metric {name!r}: {option!r} is given too; leave one of the two out")
        factory = functools.partial(factory, **{option: argument})
    check_options(f"metric {name!r}", factory, given)
    return factory


def refuse_shared_scores(metrics: Iterable[tuple[str, Metric]]) -> None:
    """Refuses two metrics of one task whose scores have the same name, for one would hide the other.

    Args:
        metrics: each with the name that the suite gives it.

    Raises:
        BadInput: with both metrics and the name.
    """
    owners: dict[str, str] = {}
    for name, metric in metrics:
        for score in dict.fromkeys((metric.name, *metric.score_names)):
            if score in owners:
                raise BadInput(
                    f"metrics {owners[score]!r} and {name!r} both call a score {score!r}; leave one of "
                    "them out, or give a metric of your own another name"
                )
            owners[score] = name
