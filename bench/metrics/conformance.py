"""Does a metric keep the contract? Tried on six small made edits of three scenes.

For plugin authors: `siebench.testing.check("metric", MyMetric)`, or `siebench plugins check metrics NAME`.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from bench.core.errors import first_line
from bench.core.identity import record_hash
from bench.edit import KnownStyle
from bench.metrics.context import Context
from bench.metrics.facts import AGAINST, BETTER, MARGIN_KINDS, REGIONS, SUMMARIES
from bench.metrics.metric import Columns, Metric, References
from bench.plugins.foreign import Raised
from bench.scene import Int32, LabelSpace, UInt8
from masks import Operation

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_metric"]

_SIDE = 64
_SPACE = LabelSpace("made", ("thing", "other"), ((200, 0, 0), (0, 0, 200)))
_SEGMENTER = "procedural:procedural-rooms"


def check_metric(value: object) -> list[str]:
    """What is wrong with a metric, one sentence each; empty where it conforms.

    Args:
        value: what is registered (a class or function called with a `Context`), or a finished metric.

    Raises:
        Unavailable: where its weights or libraries are not here.
    """
    made = value if isinstance(value, Metric) else _made(value)
    if not isinstance(made, Metric):
        return [made]
    problems = list(_of_facts(made))
    if problems:
        return problems
    references, results = _edits(made)
    try:
        return [*_of_definition(made, value), *_of_passes(made, references, results)]
    except Exception as error:
        what = f"raises {type(error).__name__} on plain edits of 64x64 pixels"
        return [Raised(f"{what} ({first_line(error)})", error)]


def _made(value: Any) -> Metric | str:
    """The metric, or what is wrong with what was to make it."""
    context = Context(cache=None, segmenter=_SEGMENTER)
    try:
        inspect.signature(value).bind(context)
    except TypeError as error:
        return (
            f"cannot be called with a Context alone ({error}); give its options defaults, or check a "
            "finished metric"
        )
    made = value(context)
    if isinstance(made, Metric):
        return made
    return f"gives a {type(made).__name__}, which is no subclass of siebench.Metric"


def _of_facts(metric: Metric) -> Iterator[str]:
    if not isinstance(getattr(metric, "name", None), str) or not metric.name:
        yield "has no `name`; a suite and the scores table need one"
        return
    if not isinstance(getattr(metric, "title", None), str) or not metric.title:
        yield "has no `title`, the words that a reader sees"
        return
    if not metric.scores:
        yield "`scores` is empty; it must describe at least one score"
    if len(set(metric.score_names)) < len(metric.score_names):
        yield f"two of its scores have one name: {', '.join(metric.score_names)}"
    if metric.against not in AGAINST:
        yield f"`against` is {metric.against!r}, expected one of {', '.join(AGAINST)}"
    strange = sorted(set(metric.operations) - set(get_args(Operation)))
    if strange:
        yield (
            f"`operations` has {', '.join(map(repr, strange))}, expected some of "
            f"{', '.join(get_args(Operation))}"
        )
    for score in metric.scores:
        for field, known in (
            ("region", REGIONS),
            ("better", BETTER),
            ("summary", SUMMARIES),
            ("margin_kind", MARGIN_KINDS),
        ):
            if getattr(score, field) not in known:
                yield (
                    f"score {score.name!r}: `{field}` is {getattr(score, field)!r}, expected one of "
                    f"{', '.join(known)}"
                )
        if not (isinstance(score.margin, int | float) and score.margin >= 0):
            yield f"score {score.name!r}: `margin` is {score.margin!r}, expected a number from 0 on"


def _of_definition(metric: Metric, value: object) -> Iterator[str]:
    try:
        first = record_hash(metric.definition())
    except (TypeError, ValueError) as error:
        yield f"`definition()` is not a JSON-like mapping ({error})"
        return
    if record_hash(metric.definition()) != first:
        yield "`definition()` differs from call to call; hash nothing that changes"
    if not isinstance(value, Metric):
        again = _made(value)
        if isinstance(again, Metric) and record_hash(again.definition()) != first:
            yield "`definition()` differs between two metrics made alike"


def _of_passes(metric: Metric, references: References, results: UInt8) -> Iterator[str]:
    before = (references.images.copy(), references.mask.copy(), results.copy())
    prepared, columns = _pass(metric, references, results)
    after = (references.images, references.mask, results)
    if not all(np.array_equal(one, two) for one, two in zip(before, after)):
        yield "writes into the arrays that it is given; copy them first"
    wrong = [*_of_columns(metric, columns), *_of_columns(metric, prepared)]
    if wrong:
        yield from wrong
        return
    if not _same(columns, _pass(metric, references, results)[1]):
        yield "gives other values for the same edits the second time"
    if not _same(columns, _in_groups(metric, references, results)):
        yield "an edit's values depend on the edits of other scenes beside it"
    yield from _of_estimates(metric, references, prepared, columns)
    if metric.observes:
        return  # what only execution knows cannot be ranked here
    yield from _of_direction(metric, references, results)


def _pass(metric: Metric, references: References, results: UInt8) -> tuple[Columns, Columns]:
    """The columns of the reference side, and of the results."""
    prepared = metric.prepare(references)
    columns = dict(metric.measure(references, prepared, results))
    if metric.observes:
        columns.update(metric.observe(references, results.astype(np.float32)))
    return prepared.columns, columns


def _of_columns(metric: Metric, columns: Columns) -> Iterator[str]:
    names = (metric.name, *metric.score_names)
    for name, column in columns.items():
        if name not in names and not name.startswith(tuple(f"{one}." for one in names)):
            yield (
                f"column {name!r} is not named for it; call it {metric.name!r} or "
                f"'{metric.name}.{name}'"
            )
        elif len(column) != 6:
            yield f"column {name!r} has {len(column)} entries for 6 edits"
        elif "." not in name and not all(
            isinstance(one, int | float | np.number) for one in column
        ):
            yield f"column {name!r} must hold one number per edit; put lists into '{name}.state'"


def _in_groups(metric: Metric, references: References, results: UInt8) -> Columns:
    """The same edits, one group for each scene."""
    joined: dict[str, list[Any]] = {}
    for start in (0, 2, 4):
        part = slice(start, start + 2)
        few = references.part(part)
        for name, column in _pass(metric, few, results[part])[1].items():
            joined.setdefault(name, []).extend(column)
    return joined


def _same(one: Columns, two: Columns) -> bool:
    return one.keys() == two.keys() and all(
        np.allclose(
            np.asarray(a, float), np.asarray(b, float), rtol=1e-5, atol=1e-6, equal_nan=True
        )
        for name in one
        for a, b in zip(one[name], two[name])
    )


def _tables(
    references: References, prepared: Columns, columns: Columns
) -> tuple[pd.DataFrame, pd.DataFrame]:
    import pandas as pd

    names = {"edit": list(references.edits), "scene": list(references.scenes)}
    return pd.DataFrame({**names, **columns}), pd.DataFrame({**names, **prepared})


def _of_estimates(
    metric: Metric, references: References, prepared: Columns, columns: Columns
) -> Iterator[str]:
    samples, sides = _tables(references, prepared, columns)
    found = [one for one in metric.estimates(samples, sides) if one.of == "all"]
    if [one.metric for one in found] != list(metric.score_names):
        yield (
            f"`estimates` gives {', '.join(one.metric for one in found) or 'nothing'}, and `scores` "
            f"announces {', '.join(metric.score_names)}"
        )
        return
    for info, one in zip(metric.scores, found):
        if one.value is None and not one.reason:
            yield f"score {one.metric!r} has neither a value nor a reason"
        if info.summary == "mean" and one.value is not None:
            mean = float(np.nanmean(np.asarray(columns[one.metric], float)))
            if not math.isclose(mean, one.value, rel_tol=1e-6, abs_tol=1e-9):
                yield (
                    f"score {one.metric!r} is {one.value:.6g}, but the mean of its column is "
                    f'{mean:.6g}; say summary = "set"'
                )
    if metric.summarise(samples, sides) != metric.summarise(samples, sides):
        yield "gives other scores for the same table the second time"
    for one in metric.estimates(*_tables(references, {}, {})):
        if one.value is not None or not one.reason:
            yield f"score {one.metric!r} has a value, or no reason, where no edit was measured"


def _of_direction(metric: Metric, references: References, results: UInt8) -> Iterator[str]:
    """Unchanged images must not score worse than noise, where likeness is what is measured."""
    if not metric.orders_canaries:
        return
    equal = metric.summarise(*_tables(references, *_pass(metric, references, references.images)))
    other = metric.summarise(*_tables(references, *_pass(metric, references, results)))
    scores = {(one.metric, one.of): one.value for one in equal}
    for info in metric.scores:
        sign = {"higher": 1.0, "lower": -1.0, "neither": 0.0}[info.better]
        best = scores.get((info.name, "all"))
        for one in other:
            if one.metric == info.name and one.of == "all" and None not in (best, one.value):
                assert best is not None
                assert one.value is not None
                if sign * best < sign * one.value:
                    yield (
                        f"score {info.name!r}: noise scores {one.value:.6g} and the reference itself "
                        f"{best:.6g}, though {info.better} is better"
                    )


def _style(image: UInt8, labels: Int32) -> KnownStyle:
    """The style of an image without grain."""
    return KnownStyle(image.astype(np.float32), np.zeros(labels.shape, np.float32), labels)


def _edits(metric: Metric) -> tuple[References, UInt8]:
    """Six edits of three scenes, and results with noise where the masks are."""
    draw = np.random.default_rng(20)
    coarse = draw.integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    images = coarse.repeat(_SIDE // 8, axis=1).repeat(_SIDE // 8, axis=2).repeat(2, axis=0)
    mask = np.zeros((6, _SIDE, _SIDE), bool)
    for i in range(6):
        mask[i, 8 : 40 + i, 16 : 40 + 2 * i] = True
    noise = draw.integers(0, 256, images.shape, dtype=np.uint8)
    segmenter = getattr(metric, "segmenter", None)
    space = _SPACE if segmenter is None else segmenter.space
    labels = np.zeros(mask.shape, np.int32)
    if segmenter is not None:
        # What it sees in the images is what the edits ask for.
        labels = segmenter.segment(images)
    references = References(
        images=images,
        mask=mask,
        labels=labels,
        space=space,
        scenes=("a", "a", "b", "b", "c", "c"),
        edits=("a.0", "a.1", "b.0", "b.1", "c.0", "c.1"),
        regions=tuple(space.classes[int(plane[24, 32])] for plane in labels),
        truths=tuple(images),
        styles=tuple(
            functools.partial(_style, image, plane) for image, plane in zip(images, labels)
        ),
    )
    return references, np.where(mask[..., None], noise, images)
