"""Baselines: one small JSON file for git, without images, that a later run can be paired with.

    {"format": 2, "suite": ..., "commit": ..., "machine": {...}, "tasks": {TASK: {"edits": [...],
     "scenes": [...]}}, "protocols": {HASH: {...}}, "facts": {SCORE: {"metric": ..., "margin": ...,
     "margin_kind": ...}}, "costs": [...], "scores": [...]}

Format 1 has no `facts`; it is read with those of its time.

A score of per-edit values holds them in the order of its task's `edits`; a score of the whole set
(FID, mIoU and its classes) holds jackknife pseudo-values, one per scene: that is one per edit where
every scene has one edit. Most scenes do not hold a given class and have the same pseudo-value, which
is then written once: {"all": v, "but": {"INDEX": w}}. Nine significant digits, `null` for none, "inf"
for infinite; one score a line, so that git shows which moved; the same run gives the same bytes.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, ValidationError

from bench.core.atomic import json_number, write_text
from bench.core.documents import read_json
from bench.core.errors import BadInput, first_fault
from bench.judge.margin import Margin
from bench.judge.run_scores import scores_of_run
from bench.judge.scores import Costs, ScoreKey, ScoreSet, ScoreValues
from bench.metrics.facts import FORMER_METRICS, FORMER_SCORES, Better, MarginKind, ScoreInfo

__all__ = ["read_baseline", "read_scores", "save_baseline"]

FORMAT = 2

READ = (1, FORMAT)
"""The formats that are read."""

_Number = float | Literal["inf", "-inf"] | None
_Row = list[float | str | None]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Task(_Part):
    edits: tuple[str, ...]
    scenes: tuple[str, ...]


class _Mostly(_Part):
    """A list whose values are `all` but at a few indices."""

    all: _Number
    but: dict[NonNegativeInt, _Number]


class _Score(_Part):
    task: str
    method: str
    metric: str
    of: str
    title: str
    unit: str
    better: Better
    protocol: str
    n: int
    value: _Number
    reason: str
    kind: Literal["edits", "scenes", "none"]
    values: tuple[_Number, ...] | _Mostly


class _Cost(_Part):
    """A method's costs; beside the two names there is a field for each cost that is known."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, float | None]

    task: str
    method: str


class _Facts(_Part):
    metric: str
    margin: NonNegativeFloat
    margin_kind: MarginKind


class _File(_Part):
    format: Literal[1, 2]
    suite: str
    commit: str | None
    machine: dict[str, Any]
    tasks: dict[str, _Task]
    protocols: dict[str, dict[str, Any]]
    facts: dict[str, _Facts] = Field(default_factory=dict)
    costs: tuple[_Cost, ...]
    scores: tuple[_Score, ...] = Field(min_length=1)


def save_baseline(run: ScoreSet | Path | str, path: Path | str) -> None:
    """Writes a run's scores as a baseline file, whole or not at all.

    Raises:
        BadInput: where the run has failed edits or cannot be paired with anything.
    """
    kept = read_scores(run)
    for (task, method), failed in kept.failures.items():
        raise BadInput(
            f"{kept.name}: {task} / {method}: {failed}; a baseline needs every edit, so "
            "repair the method and run the suite again"
        )
    if not any(one.kind != "none" for one in kept.scores.values()):
        raise BadInput(f"{kept.name}: no score can be paired, so there is nothing to keep")
    tasks = {task: _task(kept, task) for task in kept.tasks}
    header = None if kept.run is None else kept.run.header
    git = None if header is None else header.git or header.harness
    head = {
        "format": FORMAT,
        "suite": kept.suite,
        "commit": None if git is None else git.commit,
        "machine": dict(kept.machine),
        "tasks": {name: task.model_dump() for name, task in tasks.items()},
        "protocols": dict(kept.protocols),
        "facts": {one.key.metric: _facts(one) for one in kept.scores.values()},
    }
    costs = [
        {"task": task, "method": method, **costs} for (task, method), costs in kept.costs.items()
    ]
    scores = [_score(one, tasks[one.key.task]) for one in kept.scores.values()]
    lines = [f"{_line(name)}:{_line(value)}," for name, value in head.items()]
    lines += [f'"costs":[\n{_lines(costs)}\n],', f'"scores":[\n{_lines(scores)}\n]']
    write_text(Path(path), "{\n" + "\n".join(lines) + "\n}\n")


def read_baseline(path: Path) -> ScoreSet:
    """The scores of a baseline file.

    Raises:
        BadInput: no such file, damaged, or of another format; with the field.
    """
    if not path.exists():
        raise BadInput(
            f"{path}: there is no such baseline; `siebench baseline save RUN` writes one"
        )
    try:
        content = read_json(path)
    except BadInput as error:
        raise BadInput(f"{error}; restore it, or save it again") from error
    if not isinstance(content, dict) or not {"format", "scores"} <= content.keys():
        raise BadInput(f"{path}: is no baseline; `siebench baseline save RUN` writes one")
    if content["format"] not in READ:
        raise BadInput(
            f"{path}: baseline format {content['format']!r}, but this siebench reads formats "
            f"{' and '.join(map(str, READ))}; use the version that saved it, or save it again"
        )
    try:
        file = _File.model_validate(content)
        found = [
            _values_of(score, file.tasks[score.task], file.facts.get(score.metric))
            for score in file.scores
        ]
    except ValidationError as error:
        field, why = first_fault(error)
        raise BadInput(f"{path}: damaged at {field!r} ({why}); save it again") from None
    except (KeyError, ValueError) as error:
        raise BadInput(f"{path}: damaged ({error}); save it again") from None
    counts = Counter(one.key for one in found)
    for key in (key for key, count in counts.items() if count > 1):
        raise BadInput(f"{path}: holds {key} more than once, as after a merge; save it again")
    return ScoreSet(
        name=str(path),
        suite=file.suite,
        scores={one.key: one for one in found},
        protocols=file.protocols,
        edits={name: dict(zip(task.edits, task.scenes)) for name, task in file.tasks.items()},
        costs={(one.task, one.method): _costs(one) for one in file.costs},
        machine=file.machine,
    )


def read_scores(source: ScoreSet | Path | str) -> ScoreSet:
    """The scores of a run directory or of a baseline file; a `ScoreSet` is given back as it is.

    Raises:
        BadInput: neither is there, or it is damaged.
    """
    if isinstance(source, ScoreSet):
        return source
    path = Path(source)
    if path.is_file():
        return read_baseline(path)
    if not path.exists():
        raise BadInput(
            f"{path}: there is no such run or baseline; `siebench run` makes a run, `siebench baseline "
            "save RUN` a baseline file"
        )
    return scores_of_run(path)


def _task(known: ScoreSet, task: str) -> _Task:
    scenes = known.edits[task]
    return _Task(edits=tuple(scenes), scenes=tuple(scenes.values()))


def _score(one: ScoreValues, task: _Task) -> dict[str, Any]:
    at = dict(zip(one.units, one.values))
    units: tuple[str, ...] = ()
    if one.kind != "none":
        units = task.edits if one.kind == "edits" else tuple(dict.fromkeys(task.scenes))
    return {
        **one.key._asdict(),
        "title": one.title,
        "unit": one.unit,
        "better": one.better,
        "protocol": one.protocol,
        "n": one.n,
        "value": json_number(one.value),
        "reason": one.reason,
        "kind": one.kind,
        "values": _shortened([json_number(float(at.get(unit, math.nan))) for unit in units]),
    }


def _costs(one: _Cost) -> Costs:
    return {name: cost for name, cost in one.__pydantic_extra__.items() if cost is not None}


def _facts(one: ScoreValues) -> dict[str, Any]:
    return {"metric": one.owner, "margin": one.margin.size, "margin_kind": one.margin.kind}


def _former_facts(score: str) -> _Facts:
    """What format 1 left to be known by name."""
    info = FORMER_SCORES.get(score, ScoreInfo(score, score))
    metric = FORMER_METRICS.get(score, score)
    return _Facts(metric=metric, margin=info.margin, margin_kind=info.margin_kind)


def _shortened(values: _Row) -> _Row | dict[str, Any]:
    """The list, or its commonest value and the others where half of them are that."""
    if not values:
        return values
    common, count = Counter(values).most_common(1)[0]
    if 2 * count < len(values):
        return values
    return {"all": common, "but": {str(i): v for i, v in enumerate(values) if v != common}}


def _in_full(values: tuple[_Number, ...] | _Mostly, count: int) -> tuple[_Number, ...]:
    if not isinstance(values, _Mostly):
        return values
    if any(i >= count for i in values.but):
        raise ValueError(f"an index of `but` is beyond the {count} values")
    return tuple(values.but.get(i, values.all) for i in range(count))


def _values_of(score: _Score, task: _Task, facts: _Facts | None) -> ScoreValues:
    known = facts or _former_facts(score.metric)
    units, scenes = task.edits, task.scenes
    if score.kind == "scenes":
        units = scenes = tuple(dict.fromkeys(task.scenes))
    if score.kind == "none":
        units = scenes = ()
    row = _in_full(score.values, len(units))
    values = np.asarray([_read(value) for value in row], dtype=np.float64)
    if not len(units) == len(scenes) == len(values):
        raise ValueError(f"{score.metric} has {len(values)} values for {len(units)} {score.kind}")
    there = ~np.isnan(values)
    return ScoreValues(
        key=ScoreKey(score.task, score.method, score.metric, score.of),
        better=score.better,
        protocol=score.protocol,
        value=None if score.value is None else _read(score.value),
        n=score.n,
        kind=score.kind,
        units=tuple(unit for unit, keep in zip(units, there) if keep),
        scenes=tuple(scene for scene, keep in zip(scenes, there) if keep),
        values=values[there],
        title=score.title,
        unit=score.unit,
        owner=known.metric,
        margin=Margin(known.margin, known.margin_kind),
        reason=score.reason,
    )


def _read(value: _Number) -> float:
    return math.nan if value is None else float(value)


def _line(value: Any) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError as error:  # only a damaged table can have brought such a number here
        raise BadInput(f"a baseline has no word for a number of this run ({error})") from error


def _lines(rows: list[Mapping[str, Any]] | list[dict[str, Any]]) -> str:
    return ",\n".join(_line(row) for row in rows)
