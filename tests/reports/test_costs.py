"""The costs of a run as the page prints them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from bench.run.reader import Run, read_run
from bench.run.tables import COST_COLUMNS
from reports.costs import cost_table
from reports.destinations import export_to
from reports.report import report
from tests.reports.made_run import make_run


def costs_of(run: Run, method: str) -> dict[str, str]:
    table = cost_table(run)
    row = next(row for row in table.rows if row.method == method)
    return {column.name: cost.text for column, cost in zip(table.columns, row.costs)}


def test_there_is_a_row_for_each_task_and_method_that_ran(run: Run):
    rows = cost_table(run).rows
    assert len(rows) == 3 * 5
    assert [row.method for row in rows[:2]] == ["Copy (oracle)", "Diffusion"]


def test_times_have_a_decimal_and_counts_a_prefix(run: Run):
    assert costs_of(run, "SPADE, small") == {
        "ms": "13.9", "ms_p90": "18.0", "peak_mib": "190.0", "macs": "13.6 G",
        "parameters": "4.2 M",
    }  # fmt: skip


def test_a_short_time_is_not_printed_as_none(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=2, methods=2, tasks=1, size=16)
    costs = pd.read_parquet(folder / "costs.parquet")
    costs["ms"] = [120.0, 0.034]
    costs.to_parquet(folder / "costs.parquet")
    run = read_run(folder)
    titles = ("Copy (oracle)", "Diffusion")
    assert [costs_of(run, title)["ms"] for title in titles] == ["120.0", "0.0340"]


def test_a_method_without_a_network_has_no_counts(run: Run):
    assert costs_of(run, "Diffusion")["parameters"] == ""


def test_two_methods_of_one_title_keep_their_own_costs(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=2, methods=3, tasks=1, size=16)
    record = json.loads((folder / "run.json").read_text())
    for method in record["methods"]:
        method["title"] = "Ours"
    (folder / "run.json").write_text(json.dumps(record))
    run = read_run(folder)
    rows = cost_table(run).rows
    assert [(row.name, row.method) for row in rows[1:3]] == [
        ("diffusion", "Ours"),
        ("nearest", "Ours"),
    ]
    page = report(folder, single_file=True).read_text(encoding="utf-8")
    for name in ("diffusion", "nearest"):  # by which the page's plot pairs scores and costs
        assert page.count(f'data-name="{name}"') >= 2
    (card,) = export_to(run.folder, "hf-card", methods=["nearest"])
    costs = Path(card).read_text(encoding="utf-8").partition("## Costs")[2].partition("\n## ")[0]
    assert costs.count("| Drawn scenes, free-form |") == 1


def test_a_cost_that_nothing_has_is_no_column(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=2, methods=2, tasks=1, size=16)
    costs = pd.read_parquet(folder / "costs.parquet")
    costs["peak_mib"] = None
    costs.to_parquet(folder / "costs.parquet")
    names = [column.name for column in cost_table(read_run(folder)).columns]
    assert names == ["ms", "ms_p90"]


def test_columns_say_what_they_mean_as_the_run_declares_it(run: Run):
    assert set(cost_table(run).columns) <= set(COST_COLUMNS)
