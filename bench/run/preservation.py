"""What methods did to the known pixels before compositing mended it; every run has it, asked for or not.

An editor is told to keep what is not masked. Compositing puts the known pixels back, so no score of the
results shows what it did to them. The raw outputs do, while they are in memory: `leak` and the PSNR of
the known pixels are stored beside each edit, and their means stand beside every table. They are no
metrics of the suite: they are in no hash, no baseline and no gate, and nothing is ranked by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.metrics.estimate import mean_estimate
from bench.metrics.leak import leak
from bench.metrics.pixel import psnr
from bench.run.schema import MetricColumn, TaskRow
from bench.run.table_files import read_tables
from bench.run.tables import OUTPUTS
from bench.scene import Bool, Float32, UInt8

if TYPE_CHECKING:
    import pandas as pd

    from bench.run.reader import Run

__all__ = ["PRESERVATION", "preservation", "preserved"]

PRESERVATION = (
    MetricColumn(
        name="leak",
        metric="preservation",
        title="Leak",
        family="preservation",
        region="known",
        unit="grey levels",
        better="lower",
        against="original",
        floor=0.0,
    ),
    MetricColumn(
        name="psnr-known",
        metric="preservation",
        title="PSNR, known pixels",
        family="preservation",
        region="known",
        unit="dB",
        better="higher",
        against="original",
        floor=0.0,
    ),
)
"""How to read the two; the column of the outputs table is the name with "_" for "-"."""

_COLUMNS = {column.name: column.name.replace("-", "_") for column in PRESERVATION}


def preserved(original: UInt8, raw: Float32, mask: Bool) -> dict[str, float | None]:
    """What the outputs table keeps of one raw output; None where no pixel is known.

    Args:
        original: uint8 [H,W,3], the image before the edit.
        raw: float32 [H,W,3] in [-1,1], before clipping and compositing.
        mask: bool [H,W], True = edited.
    """
    if mask.all():
        return dict.fromkeys(_COLUMNS.values())
    grey = (raw + 1) * np.float32(127.5)
    written: UInt8 = np.floor(np.clip(grey, 0, 255) + 0.5).astype(np.uint8)
    return {"leak": leak(original, grey, mask), "psnr_known": psnr(original, written, ~mask)}


def preservation(run: Run) -> pd.DataFrame:
    """One row per (task, method, metric) like a run's scores, with intervals over scenes.

    A run that was made before they were kept has no rows; neither has a method without a result, or a
    task whose edits leave nothing known. A score that the suite asks for itself is among the scores.
    """
    import pandas as pd

    rows = [row for task in run.header.tasks for row in _of_task(run, task)]
    names = [
        "task", "method", "metric", "value", "low", "high", "n", "clusters", "of", "level",
        "interval", "reason",
    ]  # fmt: skip
    found: pd.DataFrame = pd.DataFrame(rows, columns=names)
    return found


def _of_task(run: Run, task: TaskRow) -> Iterator[dict[str, Any]]:
    outputs = read_tables(run.layout.shards("outputs", task.slug), OUTPUTS)
    if outputs[list(_COLUMNS.values())].isna().to_numpy().all():
        return
    samples = run.samples(task.name)
    done = samples.loc[samples["status"] == "ok", ["method", "edit", "scene"]]
    both = done.merge(outputs, on=["method", "edit"])
    asked = {metric.name for metric in run.header.metrics}
    for method in run.header.methods:
        mine = both[both["method"] == method.name]
        scenes = [str(scene) for scene in mine["scene"]]
        for column in PRESERVATION:
            name = column.name
            values = mine[_COLUMNS[name]].to_numpy(dtype=np.float64, na_value=np.nan)
            if name not in asked and not np.isnan(values).all():
                score = mean_estimate(name, values, scenes, column.floor, column.ceiling).score()
                yield {"task": task.name, "method": method.name, **asdict(score)}
