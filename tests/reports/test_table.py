from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.run.reader import Run, read_run
from reports.table import Table, class_tables, task_table
from tests.reports.made_run import make_run


def ranks(table: Table, column: str) -> dict[str, int]:
    index = [c.name for c in table.columns].index(column)
    return {row.name: row.cells[index].rank for row in table.rows if not row.real}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", edits=4, methods=4, tasks=1)


def set_values(run: Path, metric: str, values: dict[str, float]) -> Table:
    scores = pd.read_parquet(run / "scores.parquet")
    for method, value in values.items():
        here = (scores["metric"] == metric) & (scores["method"] == method) & (scores["of"] == "all")
        scores.loc[here, ["value", "low", "high"]] = [value, value, value]
    scores.to_parquet(run / "scores.parquet")
    opened = read_run(run)
    return task_table(opened, opened.header.tasks[0])


def test_higher_is_best_where_higher_is_better(small: Path):
    table = set_values(small, "psnr", {"diffusion": 20.0, "nearest": 22.0, "mean-colour": 21.0})
    assert ranks(table, "psnr") == {"copy": 0, "diffusion": 0, "nearest": 1, "mean-colour": 2}


def test_lower_is_best_where_lower_is_better(small: Path):
    table = set_values(small, "l1-hole", {"diffusion": 2.0, "nearest": 9.0, "mean-colour": 5.0})
    assert ranks(table, "l1-hole") == {"copy": 0, "diffusion": 1, "nearest": 0, "mean-colour": 2}


def test_values_that_print_alike_share_their_rank(small: Path):
    table = set_values(small, "psnr", {"diffusion": 22.0001, "nearest": 22.0, "mean-colour": 20.0})
    assert ranks(table, "psnr") == {"copy": 0, "diffusion": 1, "nearest": 1, "mean-colour": 2}


def test_a_method_that_sees_the_hidden_pixels_is_not_ranked(run: Run):
    table = task_table(run, run.header.tasks[0])
    assert table.rows[0].sees_hidden
    assert [cell.rank for cell in table.rows[0].cells] == [0] * len(table.columns)


def test_methods_that_all_see_the_hidden_pixels_are_ranked_among_themselves(small: Path):
    text = (small / "run.json").read_text().replace('"needs": []', '"needs": ["original"]')
    (small / "run.json").write_text(text)
    opened = read_run(small)
    assert ranks(task_table(opened, opened.header.tasks[0]), "psnr")["copy"] == 1


def test_the_real_images_stand_last_and_unranked(run: Run):
    table = task_table(run, run.header.tasks[0])
    assert table.rows[-1].real
    assert table.rows[-1].cells[-1].rank == 0
    assert table.rows[-1].cells[-1].text == "0.9300"


def test_a_missing_value_keeps_its_reason_once(run: Run):
    table = task_table(run, run.header.tasks[0])
    assert len(table.reasons) == 1
    assert "weights" in table.reasons[0]
    assert table.rows[0].cells[4].value is None


def test_a_method_that_failed_at_edits_shows_its_own_n(run: Run):
    table = task_table(run, run.header.tasks[0])
    by_name = {row.name: row for row in table.rows}
    assert by_name["nearest"].cells[0].n == 9
    assert table.n == 10


def test_classes_stand_in_columns_of_a_table_of_their_own(run: Run):
    (table,) = class_tables(run, run.header.tasks[0])
    assert table.title == "mIoU"
    assert [column.title for column in table.columns] == ["sky", "hill", "water", "house", "sun"]


def test_a_run_without_scores_has_a_table_without_columns(small: Path):
    (small / "scores.parquet").unlink()
    record = json.loads((small / "run.json").read_text())
    (small / "run.json").write_text(json.dumps({**record, "state": "running"}))
    opened = read_run(small)
    assert task_table(opened, opened.header.tasks[0]).columns == ()
