"""Metrics from elsewhere: what they say of themselves, and what they give, is looked at first."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from bench.core.errors import BadInput, PluginFailed
from bench.core.identity import Record, record_hash
from bench.metrics.estimate import Estimate
from bench.metrics.facts import Against, Better, MarginKind, Region, ScoreInfo, Summary
from bench.metrics.metric import Metric
from bench.plugins.builtin import BUILTIN
from bench.plugins.foreign import foreign
from bench.plugins.origin import is_ours, said_by, setting_of, source_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "check_columns",
    "check_foreign_metric",
    "checked_estimates",
    "doubts",
    "from_elsewhere",
    "full_definition",
    "guarded",
    "made_elsewhere",
]

_NAME = re.compile(r"[^\s/\\\x00-\x1f\x7f]{1,100}")
_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "region": get_args(Region),
    "better": get_args(Better),
    "against": get_args(Against),
    "summary": get_args(Summary),
    "margin_kind": get_args(MarginKind),
}


def guarded(metric: Metric, what: str) -> contextlib.AbstractContextManager[None]:
    """A block in which a metric is asked something.

    Args:
        metric: whose code runs; what goes wrong in one of our own is a fault of ours.
        what: what is asked, as in "measure()".

    Raises:
        PluginFailed: in the block, for anything but a `BadInput`, of a metric from elsewhere.
    """
    if is_ours(metric):
        return contextlib.nullcontext()
    return foreign(f"metric {metric.name!r}: {what}")


def check_foreign_metric(name: str, made: object) -> None:
    """Refuses what is no metric, or says of itself what no table and no record can hold.

    Args:
        name: as the suite has it.
        made: what its factory gave.

    Raises:
        BadInput: naming what is wrong.
        PluginFailed: where an attribute raises.
    """
    if not isinstance(made, Metric):
        raise BadInput(
            f"metric {name!r} gave a {type(made).__name__}, which is no subclass of "
            "siebench.Metric; see docs/extending.md"
        )
    with foreign(f"metric {name!r}: reading its attributes"):
        scores, definition = made.scores, made.definition()
        names = made.score_names
    for one in (made.name, *names):
        if not isinstance(one, str) or not _NAME.fullmatch(one):
            raise BadInput(f"metric {name!r}: name: {one!r} can be no column; write a short word")
    _check_definition(name, definition)
    for score in scores:
        _check_score(name, score)
    taken = {made.name, *names} & (set(BUILTIN["metrics"]) - {name})
    for other in sorted(taken):
        raise BadInput(
            f"metric {name!r} calls its score {other!r}, and siebench has a metric of that name; "
            "give yours another one"
        )


def _check_definition(name: str, definition: object) -> None:
    if not isinstance(definition, Mapping) or not all(isinstance(key, str) for key in definition):
        raise BadInput(
            f"metric {name!r}: definition() gave {definition!r:.60}; give a mapping with words as keys, "
            "as in {'formula': '1'}"
        )
    try:
        record_hash(dict(definition))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(
            f"metric {name!r}: definition() cannot be written as JSON ({error}); give text, finite "
            "numbers, lists and mappings"
        ) from None


def _check_score(name: str, score: ScoreInfo) -> None:
    for field, known in _CHOICES.items():
        value = getattr(score, field)
        if value not in known:
            raise BadInput(
                f"metric {name!r}: {field}: is {value!r}; expected one of "
                f"{', '.join(map(repr, known))}"
            )
    if not isinstance(score.title, str) or not score.title:
        raise BadInput(f"metric {name!r}: title: is {score.title!r}; write what a reader shall see")
    margin: object = score.margin
    if isinstance(margin, bool) or not isinstance(margin, (int, float)) or not margin >= 0:
        raise BadInput(f"metric {name!r}: margin: is {margin!r}; expected a number from 0")
    for field in ("floor", "ceiling"):
        bound = getattr(score, field)
        if bound is not None and not (_is_number(bound) and np.isfinite(bound)):
            raise BadInput(
                f"metric {name!r}: {field}: is {bound!r}; expected a number, or None for no bound"
            )


def check_columns(metric: Metric, columns: Mapping[str, Any], count: int) -> None:
    """Refuses columns that no table can hold, of a metric from elsewhere.

    Args:
        metric: that gave them.
        columns: by name.
        count: how many edits they are of.

    Raises:
        BadInput: a column that is not the metric's own, of another length, or with something else than
            numbers (under a score's name) and lists of numbers (under "NAME.state").
    """
    if is_ours(metric):
        return
    own = (metric.name, *metric.score_names)
    for name, values in columns.items():
        what = f"metric {metric.name!r}: column {name!r}"
        if not isinstance(name, str) or (name not in own and name.partition(".")[0] not in own):
            raise BadInput(
                f"{what} is not named for it; write {own[0]!r}, or '{own[0]}.' and a word"
            )
        if not isinstance(values, (list, tuple, np.ndarray)) or len(values) != count:
            size = len(values) if hasattr(values, "__len__") else type(values).__name__
            raise BadInput(
                f"metric {metric.name!r} gave {size} values for {count} edits (column {name!r})"
            )
        fits = _is_number if name in own else _is_numbers
        wrong = [value for value in values if not (value is None or fits(value))]
        if wrong:
            wanted = "numbers" if name in own else "numbers and lists of numbers"
            raise BadInput(f"{what}: holds {wrong[0]!r:.60}; expected {wanted}")


def checked_estimates(metric: Metric, found: list[Estimate]) -> list[Estimate]:
    """The estimates as they are.

    Raises:
        PluginFailed: where a metric from elsewhere gives something else than estimates of its scores.
    """
    if is_ours(metric):
        return found
    what = f"metric {metric.name!r}: estimates()"
    if not isinstance(found, (list, tuple)) or not all(isinstance(one, Estimate) for one in found):
        raise PluginFailed(f"{what} gave {found!r:.60}; expected a list of siebench.Estimate")
    for one in found:
        if one.metric not in metric.score_names:
            raise PluginFailed(
                f"{what} gave a score {one.metric!r}, which `scores` does not name; they are "
                f"{', '.join(metric.score_names)}"
            )
        if not (one.value is None or _is_number(one.value)):
            raise PluginFailed(
                f"{what} gave the value {one.value!r:.60}; expected a number or None"
            )
    return found


def full_definition(metric: Metric) -> Record:
    """The metric's definition, and the options of a suite that it has under no key.

    Two settings of a metric from elsewhere are told apart even where its `definition` forgets one. Where on
    this machine a file lies is no setting.
    """
    definition = dict(metric.definition())
    if not metric.suite_options:
        return definition
    said = json.dumps(definition)
    untold = {
        name: setting
        for name, value in metric.suite_options.items()
        if f'"{name}":' not in said and (setting := setting_of(value)) is not None
    }
    return {**definition, "options": untold} if untold else definition


def from_elsewhere(metric: Metric) -> bool:
    """Whether code of others runs in a metric: its own, its segmenter's or its network's."""
    return not all(map(is_ours, _parts(metric).values()))


def made_elsewhere(metric: Metric) -> dict[str, Any]:
    """The source of what is from elsewhere in a metric: its own, its segmenter's, its network's.

    With its own stand its options, files by what they hold: its definition may leave them out.

    Returns:
        the hashes under "elsewhere"; empty where all of it is ours.
    """
    sources = {name: dict(source_of(part)) for name, part in _parts(metric).items()}
    found: dict[str, Any] = {name: source for name, source in sources.items() if source}
    if metric.suite_options:
        found["options"] = {name: said_by(value) for name, value in metric.suite_options.items()}
    return {"elsewhere": found} if found else {}


def _parts(metric: Metric) -> dict[str, object]:
    """What may be from elsewhere in a metric."""
    inside = {name: getattr(metric, name, None) for name in ("segmenter", "network")}
    return {"metric": metric, **{name: part for name, part in inside.items() if part is not None}}


def doubts(metrics: Iterable[Metric], references: pd.DataFrame) -> dict[str, str]:
    """Why scores say nothing, as `Metric.doubt` tells: the sentences, each with the first metric's name.

    Args:
        metrics: those which were computed.
        references: their reference side. A metric that fails on it has no doubt; that it fails is told
            where its scores are made.
    """
    found: dict[str, str] = {}
    for metric in metrics:
        with contextlib.suppress(PluginFailed), guarded(metric, "doubt()"):
            text = metric.doubt(references)
            if text is not None:
                found.setdefault(text, metric.name)
    return found


def _is_number(value: object) -> bool:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        return False
    return isinstance(value, (float, np.floating)) or abs(int(value)) < 2**53


def _is_numbers(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_number, value))
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and value.dtype.kind in "iuf"
    return _is_number(value)
