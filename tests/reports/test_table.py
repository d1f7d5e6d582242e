from __future__ import annotations

import csv as reader
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from bench.run.reader import Run, read_run
from bench.run.table_files import write_table
from bench.run.tables import OUTPUTS
from reports.export.csv_table import csv
from reports.table import Cell, Table, class_tables, task_table
from tests.reports.made_run import make_run


def ranks(table: Table, column: str) -> dict[str, int]:
    index = [c.name for c in table.columns].index(column)
    return {row.name: row.cells[index].rank for row in table.rows if not row.real}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", edits=3, methods=4, tasks=1)


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


def test_a_score_that_is_best_at_0_says_so_beside_its_unit(small: Path):
    content = json.loads((small / "run.json").read_text())
    for metric in content["metrics"]:
        if metric["metric"] == "psnr":
            metric.update(better="neither", zero_is_best=True)
    (small / "run.json").write_text(json.dumps(content))
    run = read_run(small)
    units = {c.name: (c.unit, c.arrow) for c in task_table(run, run.header.tasks[0]).columns}
    assert units["psnr"] == ("dB, 0 is best", "")
    assert units["l1-hole"] == ("grey levels", "↓")


def test_values_that_all_print_alike_lie_in_one_place(small: Path):
    rounded = {"diffusion": 22.0002, "nearest": 22.0, "mean-colour": 22.0001}
    for values, places in ((rounded, {50.0}), ({**rounded, "nearest": 21.0}, {0.0, 99.99, 100.0})):
        table = set_values(small, "psnr", values)
        (column,) = [column for column in table.columns if column.name == "psnr"]
        assert {column.place(value) for value in values.values()} == places


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
    ((reason, count),) = table.reasons.items()
    assert "weights" in reason
    assert count == 5  # methods
    assert table.rows[0].cells[4].value is None


def test_scores_stand_by_region_the_masked_ones_first_under_short_titles(run: Run):
    table = task_table(run, run.header.tasks[0])
    assert [column.short for column in table.columns] == [
        "PSNR", "L1", "PSNR", "LPIPS (AlexNet)", "FID", "mIoU",
    ]  # fmt: skip
    assert table.groups == (("Masked region", 2), ("Whole image", 4))


def test_the_n_of_a_column_is_that_of_most_methods(run: Run):
    table = task_table(run, run.header.tasks[0])
    at = [column.name for column in table.columns].index("miou")
    assert table.n_of(at) == 10
    assert [table.common(0), table.common(at)] == [9, 0]


def test_a_method_that_failed_at_edits_shows_its_own_n(run: Run):
    table = task_table(run, run.header.tasks[0])
    by_name = {row.name: row for row in table.rows}
    assert by_name["nearest"].cells[0].n == 9
    assert table.n == 10


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """Of eight edits, nearest has the five easy ones, mean-colour and diffusion have all."""
    folder = make_run(tmp_path / "run", edits=8, methods=4, tasks=1)
    samples = pd.read_parquet(folder / "samples/task-0")
    fail(samples, "nearest", hard=[5, 6, 7])
    write(folder, samples)
    return folder


def fail(samples: pd.DataFrame, method: str, hard: list[int]) -> None:
    """PSNR is 30 at easy edits and 10 at hard ones, nearest is 1 below and fails at the hard ones."""
    place = samples.groupby("method").cumcount()
    samples["status"] = "ok"
    samples["psnr"] = 30.0
    samples.loc[place.isin(hard), "psnr"] = 10.0
    samples.loc[samples["method"] == method, "psnr"] -= 1
    gone = (samples["method"] == method) & place.isin(hard)
    samples.loc[gone, ["status", "psnr"]] = ["failed", None]


def write(folder: Path, samples: pd.DataFrame) -> None:
    samples.to_parquet(folder / "samples/task-0/00000.parquet")
    scores = pd.read_parquet(folder / "scores.parquet")
    for method, own in samples[samples["status"] == "ok"].groupby("method"):
        mine = scores["method"] == method
        here = mine & (scores["metric"] == "psnr")
        scores.loc[here, ["value", "low", "high"]] = own["psnr"].mean()
        scores.loc[mine & scores["value"].notna(), "n"] = len(own)
    scores.to_parquet(folder / "scores.parquet")


def table_of(folder: Path) -> Table:
    opened = read_run(folder)
    return task_table(opened, opened.header.tasks[0])


def by_psnr(table: Table) -> dict[str, Cell]:
    at = [column.name for column in table.columns].index("psnr")
    return {row.name: row.cells[at] for row in table.rows}


def test_a_method_that_fails_at_hard_edits_is_not_best_by_its_easy_ones(failing: Path):
    table = table_of(failing)
    cells = by_psnr(table)
    assert cells["nearest"].text == "29.00"  # above the others' 22.50, of all eight
    assert cells["diffusion"].text == "22.50"
    assert ranks(table, "psnr") == {"copy": 0, "diffusion": 1, "nearest": 2, "mean-colour": 1}


def test_means_of_different_edits_are_ranked_and_shown_on_those_that_all_have(failing: Path):
    table = table_of(failing)
    cells = by_psnr(table)
    assert cells["nearest"].ranked_by == "29.00 on 5 common edits"
    assert cells["diffusion"].ranked_by == "30.00 on 5 common edits"
    assert cells["copy"].ranked_by == ""  # it sees the hidden pixels
    assert [cells[name].n for name in ("diffusion", "nearest")] == [8, 5]
    assert any(
        one.startswith("PSNR: ") and "ranked on 5 common edits" in one for one in table.unequal
    )


def test_a_score_of_a_whole_set_is_ranked_only_where_it_is_of_every_edit(failing: Path):
    table = set_values(failing, "miou", {"nearest": 0.99})
    assert ranks(table, "miou") == {"copy": 0, "diffusion": 1, "nearest": 0, "mean-colour": 2}
    said = "mIoU: Nearest is not ranked, since it has 5 edits and others have 8"
    assert said in table.unequal


def test_equally_many_edits_are_not_the_same_edits(failing: Path):
    samples = pd.read_parquet(failing / "samples/task-0")
    place = samples.groupby("method").cumcount()
    gone = (samples["method"] == "diffusion") & place.isin([0, 1, 2])
    samples.loc[gone, ["status", "psnr"]] = ["failed", None]
    write(failing, samples)
    cells = by_psnr(table_of(failing))
    assert cells["diffusion"].n == cells["nearest"].n == 5
    assert cells["diffusion"].ranked_by == "30.00 on 2 common edits"


def test_a_method_with_less_than_half_of_the_edits_does_not_narrow_the_others(failing: Path):
    samples = pd.read_parquet(failing / "samples/task-0")
    fail(samples, "nearest", hard=[1, 2, 3, 4, 5, 6, 7])
    write(failing, samples)
    table = table_of(failing)
    assert ranks(table, "psnr") == {"copy": 0, "diffusion": 1, "nearest": 0, "mean-colour": 1}
    assert all(cell.ranked_by == "" for cell in by_psnr(table).values())
    assert any("Nearest is not ranked, since it has 1 edit and" in one for one in table.unequal)


def test_where_methods_have_the_same_edits_nothing_is_said(small: Path):
    table = table_of(small)
    assert table.unequal == ()
    assert all(cell.ranked_by == "" for row in table.rows for cell in row.cells)


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


def with_outputs(run: Path, known: dict[str, tuple[float, float]]) -> Run:
    """The run with a leak and a PSNR of the known pixels for every edit of some methods."""
    edits = pd.read_parquet(run / "samples" / "task-0" / "00000.parquet")["edit"].unique()
    rows = [
        dict.fromkeys(OUTPUTS.names)
        | {"method": method, "edit": edit, "leak": leak, "psnr_known": psnr}
        for method, (leak, psnr) in known.items()
        for edit in edits
    ]
    file = run / "outputs" / "task-0" / "00000.parquet"
    file.parent.mkdir(parents=True)
    write_table(file, OUTPUTS, {name: [row[name] for row in rows] for name in OUTPUTS.names})
    return read_run(run)


def test_what_became_of_the_known_pixels_stands_last_and_is_not_ranked(small: Path):
    run = with_outputs(small, {"diffusion": (0.0, float("inf")), "nearest": (11.5, 24.25)})
    table = task_table(run, run.header.tasks[0])
    assert [column.name for column in table.columns][-2:] == ["leak", "psnr-known"]
    assert table.groups[-1] == ("Known pixels", 2)
    cells = {row.name: [cell.text for cell in row.cells[-2:]] for row in table.rows}
    assert cells["diffusion"] == ["0.00", "∞"]
    assert cells["nearest"] == ["11.50", "24.25"]
    assert cells["mean-colour"] == ["", ""]
    assert set(ranks(table, "leak").values()) == {0}
    assert table.columns[-1].arrow == "↑"


def test_they_are_left_out_where_other_columns_are_asked_for_and_can_be_asked_for(small: Path):
    run = with_outputs(small, {"nearest": (11.5, 24.25)})
    chosen = task_table(run, run.header.tasks[0], ["psnr"])
    assert [column.name for column in chosen.columns] == ["psnr"]
    chosen = task_table(run, run.header.tasks[0], ["leak", "psnr"])
    assert [column.name for column in chosen.columns] == ["leak", "psnr"]


def test_csv_has_them_below_the_scores_without_a_protocol(small: Path):
    run = with_outputs(small, {"nearest": (11.5, 24.25)})
    rows = list(reader.DictReader(io.StringIO(csv(run))))
    assert len(rows) == len(run.scores) + 2
    assert [(row["metric"], float(row["value"]), row["protocol"]) for row in rows[-2:]] == [
        ("leak", 11.5, ""),
        ("psnr-known", 24.25, ""),
    ]
