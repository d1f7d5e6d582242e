"""Sides made from arrays, without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.judge.compare import Evidence, Key, Side

PROTOCOL = {"dataset": "drawn", "size": [64, 64], "seed": 0, "metric": {"name": "psnr"}}
HIGHER = ("psnr", "ssim", "miou", "accuracy")


def per_edit(
    metric: str,
    values: Sequence[float],
    *,
    samples: int = 1,
    method: str = "ours",
    task: str = "rooms",
    protocol: str = "p" * 64,
) -> Evidence:
    """A score of per-edit values, `samples` edits a scene."""
    units = tuple(f"s{i // samples}.{i % samples}" for i in range(len(values)))
    array = np.asarray(values, dtype=np.float64)
    return Evidence(
        key=Key(task, method, metric),
        better="higher" if metric.startswith(HIGHER) else "lower",
        protocol=protocol,
        value=float(array.mean()),
        n=len(array),
        kind="edits",
        units=units,
        scenes=tuple(unit.split(".")[0] for unit in units),
        values=array,
        title=metric.upper(),
    )


def of_scenes(metric: str, value: float, pseudo: np.ndarray, of: str = "all") -> Evidence:
    """A score of the whole set with pseudo-values."""
    scenes = tuple(f"s{i}" for i in range(len(pseudo)))
    return Evidence(
        key=Key("rooms", "ours", metric, of),
        better="higher" if metric.startswith(HIGHER) else "lower",
        protocol="p" * 64,
        value=value,
        n=len(pseudo),
        kind="scenes",
        units=scenes,
        scenes=scenes,
        values=pseudo,
        title=metric.upper(),
    )


def side(*evidence: Evidence, name: str = "side", protocols: Mapping | None = None, **rest) -> Side:
    """A side of the suite "made"."""
    edits: dict[str, dict[str, str]] = {}
    for one in evidence:
        if one.kind == "edits":
            edits.setdefault(one.key.task, {}).update(zip(one.units, one.scenes))
        else:
            edits.setdefault(one.key.task, {})
    return Side(
        name=name,
        suite=rest.pop("suite", "made"),
        evidence={one.key: one for one in evidence},
        protocols=protocols or {"p" * 64: PROTOCOL},
        edits=edits,
        **rest,
    )
