"""What a method's raw outputs show of how it was wired: their range, their channels, their variety.

An editor that gives grey levels, values of 0..1 or BGR still gets scores, which say nothing of the
method. Here no score is changed: the raw outputs are looked at while they are in memory, and what is odd
about all of a method's edits is said in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.run.prepare import PreparedEdit
from bench.run.preservation import preserved
from bench.run.schema import RunNotice
from bench.run.tables import OUTPUTS
from bench.scene import Float32

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["output_columns", "output_notices"]

_OUTSIDE = 1.05
"""Beyond this a value is out of range; rounding and overshoot of a network without tanh stay within."""

_MANY = 0.01
"""The share of values out of range from which on a reader is told."""

_ENOUGH = 8
"""Edits that have to agree before values that are never negative are called a range of 0..1."""

_CLEARLY = 0.5
"""Another reading of the known pixels fits clearly better where its error is below this much of ours."""

_FITS = 0.1
"""A mean error of known pixels, in [-1,1], up to which an editor can be said to give them back."""

_EXACT = 1e-6
"""A mean error of known pixels, in [-1,1], up to which they are given back but for their rounding."""


def output_columns(
    method: str, edits: Sequence[PreparedEdit], raw: Mapping[int, Float32]
) -> dict[str, list[Any]]:
    """Rows of the outputs table, one for every edit that has a raw output.

    Args:
        method: its name.
        edits: those of a shard.
        raw: float32 [H,W,3] raw outputs, meant to be RGB in [-1,1], by index among `edits`.
    """
    columns: dict[str, list[Any]] = {name: [] for name in OUTPUTS.names}
    for i, image in sorted(raw.items()):
        row = {"method": method, "edit": edits[i].edit.id, **_row(edits[i], image)}
        for name, column in columns.items():
            column.append(row[name])
    return columns


def _row(one: PreparedEdit, image: Float32) -> dict[str, float | None]:
    mask = one.edit.mask
    region, known = image[mask], image[~mask]
    row: dict[str, float | None] = {
        "lowest": float(region.min()),
        "highest": float(region.max()),
        "outside": float((np.abs(region) > _OUTSIDE).mean()),
        "as_rgb": None,
        "as_bgr": None,
        "as_unit": None,
        **preserved(one.original, image, mask),
    }
    if len(known):
        true = one.original[~mask].astype(np.float32) / np.float32(127.5) - 1
        row["as_rgb"] = _error(known, true)
        row["as_bgr"] = _error(known[:, ::-1], true)
        row["as_unit"] = _error(known * 2 - 1, true)
    return row


def _error(given: Float32, true: Float32) -> float:
    return float(np.abs(given - true).mean())


def output_notices(outputs: Mapping[str, pd.DataFrame]) -> list[RunNotice]:
    """One notice, for each of its tasks, of every method whose raw outputs are odd.

    Args:
        outputs: the outputs table of every task, by the task's name.
    """
    import pandas as pd

    every = [rows.assign(task=task) for task, rows in outputs.items() if len(rows)]
    if not every:
        return []
    return [
        RunNotice(kind="bad", task=str(task), what="method", name=str(method), text=text)
        for method, mine in pd.concat(every).groupby("method", sort=False)
        for text in _sentences(str(method), mine)
        for task in mine["task"].unique()
    ]


def _sentences(method: str, mine: pd.DataFrame) -> Iterator[str]:
    scale = _scale(mine)
    if scale is not None:
        yield f"{method} gives {scale}, where values of [-1,1] are asked for: its scores say nothing"
    elif mine["outside"].mean() > _MANY:
        yield (
            f"{method} gives values beyond [-1,1] ({100 * mine['outside'].mean():.2g} % beyond "
            f"{_OUTSIDE}, up to {mine[['lowest', 'highest']].abs().to_numpy().max():.3g}), which are "
            "cut off: check its last layer"
        )
    rgb, bgr = mine["as_rgb"].astype(float).mean(), mine["as_bgr"].astype(float).mean()
    if scale is None and bgr < _FITS and bgr < _CLEARLY * rgb:
        yield (
            f"{method} gives the known pixels back as BGR (error {bgr:.2g}; as RGB {rgb:.2g}): "
            "turn its channels round"
        )
    # Known pixels given back that are their own BGR are those of a grey image: a grey mean has one value.
    grey = mine[["as_rgb", "as_bgr"]].astype(float).max(axis=1) < _EXACT
    flat = int(((mine["lowest"] == mine["highest"]) & ~grey).sum())
    if flat:
        yield (
            f"{method} gives one and the same value for the whole masked region in {flat} of "
            f"{len(mine)} edits: check its weights and its input"
        )


def _scale(mine: pd.DataFrame) -> str | None:
    """The range that the values seem to be in, in words, where it is a known other one."""
    lowest, highest = mine["lowest"].min(), mine["highest"].max()
    if lowest >= -1 and 30 < highest < 256:
        return "grey levels of 0..255"
    if lowest < 0 or highest > 1 or (mine["lowest"] == mine["highest"]).all():
        return None
    rgb, unit = mine["as_rgb"].astype(float).mean(), mine["as_unit"].astype(float).mean()
    textured = (mine["highest"] - mine["lowest"] > 0.3).mean() > 0.5
    if (unit < _FITS and unit < _CLEARLY * rgb) or (
        textured and not rgb < _FITS and len(mine) >= _ENOUGH
    ):
        return "values of 0..1"
    return None
