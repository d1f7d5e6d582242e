"""Scores made from arrays, without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.judge.margin import Margin
from bench.judge.scores import ScoreKey, ScoreSet, ScoreValues
from bench.metrics.facts import FORMER_METRICS, FORMER_SCORES, ScoreInfo

PROTOCOL = {"dataset": "drawn", "size": [64, 64], "seed": 0, "metric": {"name": "psnr"}}


def facts(name: str) -> dict:
    """What the metric says of its score; a score that no metric has is better lower."""
    info = FORMER_SCORES.get(name, ScoreInfo(name, name, better="lower"))
    return {
        "better": info.better,
        "title": info.title,
        "owner": FORMER_METRICS.get(name, name),
        "margin": Margin(info.margin, info.margin_kind),
    }


def per_edit(
    metric: str,
    values: Sequence[float],
    *,
    samples: int = 1,
    method: str = "ours",
    task: str = "rooms",
    protocol: str = "p" * 64,
) -> ScoreValues:
    """A score of per-edit values, `samples` edits a scene."""
    units = tuple(f"s{i // samples}.{i % samples}" for i in range(len(values)))
    array = np.asarray(values, dtype=np.float64)
    return ScoreValues(
        key=ScoreKey(task, method, metric),
        **facts(metric),
        protocol=protocol,
        value=float(array.mean()),
        n=len(array),
        kind="edits",
        units=units,
        scenes=tuple(unit.split(".")[0] for unit in units),
        values=array,
    )


def of_scenes(metric: str, value: float, pseudo: np.ndarray, of: str = "all") -> ScoreValues:
    """A score of the whole set with pseudo-values."""
    scenes = tuple(f"s{i}" for i in range(len(pseudo)))
    return ScoreValues(
        key=ScoreKey("rooms", "ours", metric, of),
        **facts(metric),
        protocol="p" * 64,
        value=value,
        n=len(pseudo),
        kind="scenes",
        units=scenes,
        scenes=scenes,
        values=pseudo,
    )


def score_set(
    *scores: ScoreValues, name: str = "made scores", protocols: Mapping | None = None, **rest
) -> ScoreSet:
    """Scores of the suite "made"."""
    edits: dict[str, dict[str, str]] = {}
    for one in scores:
        if one.kind == "edits":
            edits.setdefault(one.key.task, {}).update(zip(one.units, one.scenes))
        else:
            edits.setdefault(one.key.task, {})
    return ScoreSet(
        name=name,
        suite=rest.pop("suite", "made"),
        scores={one.key: one for one in scores},
        protocols=protocols or {"p" * 64: PROTOCOL},
        edits=edits,
        **rest,
    )
