"""What one method's edits take: a small run of one task, of which only the costs are kept."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.core.errors import BadInput
from bench.plugins.editors import Editor, Movable, create_editor
from bench.run.editing.batching import make_batch
from bench.run.editing.footprint import measured
from bench.run.plan import plan_run
from bench.run.prepare import prepare_shard
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from bench.suite.schema import DatasetEntry, MethodEntry, MetricEntry, Suite, TaskEntry

__all__ = ["measure_costs"]

_EDITS = 9
"""One to warm up, the others to measure."""


def measure_costs(
    editor: str,
    options: Mapping[str, Any],
    *,
    dataset: str,
    path: str | None,
    size: int,
    device: str,
    trust: bool,
) -> dict[str, str]:
    """Milliseconds, memory, parameters and multiply-adds of single free-form edits.

    Multiply-adds are given twice where the editor leaves work out: as carried out, and dense.

    Args:
        editor, options: the method.
        dataset, path: the scenes to edit; the path is left out for scenes drawn here.
        size: pixels a side.
        device: where the editor runs.
        trust: whether the editor may run foreign code.

    Raises:
        BadInput: where no edit was carried out, with the reason.
    """
    suite = Suite(
        name="costs",
        batch_size=1,
        datasets={
            "scenes": DatasetEntry(dataset=dataset, path=path, size=(size, size), limit=_EDITS)
        },
        tasks=[TaskEntry(name="costs", dataset="scenes", protocol="freeform@1")],
        methods=[MethodEntry(name=editor, editor=editor, options=dict(options))],
        metrics=[MetricEntry(name="l1")],
    )
    with tempfile.TemporaryDirectory(prefix="siebench-") as folder:
        run_suite(suite, out=Path(folder) / "run", device=device, workers=1, trust=trust)
        run = read_run(Path(folder) / "run")
        failed = run.samples("costs").query("status == 'failed'")
        problem = run.header.methods[0].problem
        if problem or len(failed):
            raise BadInput(f"editor {editor!r}: {problem or failed['reason'].iloc[0]}")
        row = run.costs.iloc[0]
    dense = _dense(create_editor(editor, options, trust=trust), suite, device)
    found = {
        "milliseconds (median)": _said(row["ms"], "{:.2f}"),
        "peak memory": _said(row["peak_mib"], "{:.1f} MiB"),
        "parameters": _said(row["parameters"], "{:,.0f}"),
        "multiply-adds": _said(row["macs"], "{:,.0f}"),
    }
    if dense is not None:
        found["multiply-adds of the dense network"] = _said(dense, "{:,.0f}")
    return found


def _dense(editor: Editor, suite: Suite, device: str) -> float | None:
    """Of the first edit, in the published form; None where the editor has no other."""
    dense = getattr(editor, "dense", None)
    if dense is None:
        return None
    if isinstance(editor, Movable):
        editor.to(device)
    task = plan_run(suite).tasks[0]
    first = prepare_shard(next(task.shards())).edits[0]
    batch = make_batch([first], suite.methods[0].name, task.dataset.space, editor.needs, device)
    with dense():
        return float(measured(lambda: editor.edit(batch), device)[1].macs)


def _said(value: float | None, form: str) -> str:
    return "none" if value is None or math.isnan(value) else form.format(value)
