"""Tables and the page's data of slices."""

from __future__ import annotations

import csv as tables
import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from bench.core.errors import BadInput
from bench.run.reader import Run, read_run
from reports.export import export
from reports.slices import slice_tables, slices_data
from tests.reports.made_run import make_run


def test_a_table_has_the_slices_in_columns_and_ranks_each(run: Run):
    (table,) = slice_tables(run, "class", ["psnr-hole"])
    assert table.title == "PSNR, masked region by class, Drawn scenes, object removal"
    assert [column.title for column in table.columns] == ["sky", "hill", "water", "house"]
    rows = run.slices("class", ["psnr-hole"]).set_index(["method", "slice"])
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells):
            assert cell.value == rows.loc[(row.name, column.title), "value"]
            assert cell.n == rows.loc[(row.name, column.title), "n"]
    assert "Slices are not judged: the best of one may be first by chance" in table.unequal
    for at in range(3):  # the last one is ranked on common edits: see below
        ranked = [(row.cells[at].value, row.cells[at].rank) for row in table.rows if row.ranked]
        assert max(value for value, _ in ranked) == next(v for v, rank in ranked if rank == 1)


def test_methods_that_failed_are_ranked_on_the_slices_common_edits(run: Run):
    (table,) = slice_tables(run, "class", ["psnr-hole"])
    house = next(at for at, column in enumerate(table.columns) if column.title == "house")
    assert table.common(house) == 1  # of two houses "nearest" failed at one
    assert any(text.startswith("house: ranked on 1 common edit") for text in table.unequal)


def test_slices_of_other_edits_for_each_method_are_not_ranked(run: Run):
    for table in slice_tables(run, "psnr-hole", ["l1-hole"]):
        assert {cell.rank for row in table.rows for cell in row.cells} == {0}
        assert table.unequal == ()


def test_every_form_of_a_table_takes_slices(made: Path):
    text = export(made, "markdown", by="coverage", columns=["psnr-hole"])
    assert "### PSNR, masked region by masked share, Drawn scenes, free-form" in text
    assert "0–10 % (dB) ↑" in text  # noqa: RUF001
    latex = export(made, "latex", by="operation", columns=["l1-hole"])
    assert r"\caption{L1, masked region by operation, All tasks ($n = 30$).}" in latex
    rows = list(tables.DictReader(io.StringIO(export(made, "csv", by="class", columns=["psnr"]))))
    assert {"slice", "value", "low", "high", "n", "clusters"} <= set(rows[0])
    with pytest.raises(BadInput, match="published values have no slices; leave out --by"):
        export(made, "published-csv", by="class")
    with pytest.raises(BadInput, match="nothing to slice by 'class'"):
        export(made, by="class", columns=["fid"])


def test_the_page_offers_the_ways_that_cut_a_task(run: Run):
    data = slices_data(run)
    ways = {(one["title"], one["by"]) for one in data}
    assert ("Drawn scenes, object removal", "class") in ways
    assert ("Drawn scenes, free-form", "class") not in ways
    assert ("All tasks", "operation") in ways
    psnr = next(one for one in data if one["by"] == "operation")["scores"][0]
    assert psnr["name"] == "psnr"
    copy = psnr["rows"][0]
    assert copy["method"] == 0
    assert [cell["n"] for cell in copy["cells"]] == [20, 10]
    assert {"value", "low", "high", "n", "text", "interval"} <= set(copy["cells"][0])


def test_bins_of_the_masked_share_lie_apart_where_some_between_them_are_empty(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=4, methods=1, tasks=1, size=16)
    file = folder / "samples" / "task-0" / "00000.parquet"
    pd.read_parquet(file).assign(coverage=[0.05, 0.15, 0.55, None]).to_parquet(file)
    one = next(one for one in slices_data(read_run(folder)) if one["by"] == "masked share")
    labels = ["0–10 %", "10–20 %", "50–60 %", "(none)"]  # noqa: RUF001
    assert list(zip(one["slices"], one["places"])) == list(zip(labels, [0, 1, 5, 11]))


def test_a_value_that_is_ranked_by_another_one_says_which(run: Run):
    found = next(one for one in slices_data(run) if one["by"] == "class")
    scores = next(one for one in found["scores"] if one["name"] == "psnr-hole")
    (table,) = slice_tables(run, "class", ["psnr-hole"])
    for row, whole in zip(scores["rows"], table.rows):
        house = row["cells"][3]
        assert house.get("ranked_by", "").endswith("on 1 common edit") == whole.ranked


def test_tasks_with_one_title_are_told_apart(made: Path, tmp_path: Path):
    copy = Path(shutil.copytree(made, tmp_path / "run"))
    header = json.loads((copy / "run.json").read_text())
    for task in header["tasks"]:
        task["title"] = "Scenes"
    (copy / "run.json").write_text(json.dumps(header))
    ways = [(one["task"], one["by"]) for one in slices_data(read_run(copy))]
    assert len(ways) == len(set(ways))
